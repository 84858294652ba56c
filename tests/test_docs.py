"""The pages under docs/ say what holds: made tables are in step, code runs, the site builds."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wsnas.data import data_names, load_images
from wsnas.errors import InputError
from wsnas.testing import strategy_checks

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def _blocks(page: str, language: str) -> list[str]:
    pattern = rf"^```{language}\n(.*?)^```"
    return re.findall(pattern, (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_the_page_of_results_is_in_step_with_the_answers() -> None:
    made = runpy.run_path(str(ROOT / "scripts/make_results_page.py"))
    text = (DOCS / "results/README.md").read_text("utf-8")
    assert made["page"]() == text, "run: python scripts/make_results_page.py"
    readme = (ROOT / "README.md").read_text("utf-8")
    assert made["readme"](readme) == readme, "run: python scripts/make_results_page.py"
    (row,) = re.findall(r"^\| nb201 \| 0 \| ([^|]*) \|", text, re.MULTILINE)
    assert f"| nb201 | {row} |" in readme
    assert len(readme.splitlines()) <= 100
    confirmed = made["answers"]()["nb201", "0"]["confirmed"]
    shown = dict(re.findall(r"^ ([\w+ -]+?) {2,}(-?\d[^\]]*\])", readme, re.MULTILINE))
    names = ("ensemble", "single", "joint", "parameters", "flops", "ceiling")
    assert list(shown.values()) == [made["_interval"](confirmed[name], sign=False) for name in names]


def test_the_table_of_factors_is_in_step_with_the_catalogue() -> None:
    made = runpy.run_path(str(ROOT / "scripts/make_factors_page.py"))
    text = (DOCS / "factors.md").read_text("utf-8")
    assert made["page"](text) == text, "run: python scripts/make_factors_page.py"
    assert made["OURS"] in text


def test_the_drawing_of_the_architecture_is_in_step_with_the_imports() -> None:
    made = runpy.run_path(str(ROOT / "scripts/draw_architecture.py"))
    rooms, arrows = made["rooms_and_arrows"]()
    text = (DOCS / "architecture.svg").read_text("utf-8")
    assert made["words"](arrows) in text, "run: python scripts/draw_architecture.py"
    page = (DOCS / "architecture.md").read_text("utf-8")
    named = {room.removeprefix("studies.") for room in rooms if room.startswith("studies.")}
    assert named == set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    for path in re.findall(r"`((?:studies|objectives|wsnas)/[\w/]+(?:\.py)?)`", page):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"`(\w+/[\w/]+\.py)`", page):
        assert (ROOT / path).exists() or (ROOT / "studies" / path).exists(), path


def test_the_code_of_the_page_on_optuna_is_that_of_the_examples_which_tests_run() -> None:
    examples = [file.read_text("utf-8") for file in (ROOT / "examples").glob("*.py")]
    blocks = _blocks("optuna.md", "python")
    assert len(blocks) >= 4
    for block in blocks:
        for part in block.split("\n\n"):
            assert any(part.strip("\n") in text for text in examples), part


def test_the_code_of_the_page_on_extending_runs() -> None:
    blocks = _blocks("extend.md", "python")
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)
    assert len(blocks) == 4
    for strategy in (names["Sandwich"], names["Smoothed"]):
        for check, space in strategy_checks(["nb201"]):
            check(strategy, space)


def test_the_glossary_has_at_most_25_words() -> None:
    text = (DOCS / "concepts.md").read_text("utf-8")
    assert 15 <= len(re.findall(r"^\| [\w-]", text, re.MULTILINE)) - 1 <= 25


def test_the_example_of_a_data_set_of_ones_own_is_found_and_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = _blocks("data.md", "python")
    (project,) = _blocks("data.md", "toml")
    (tmp_path / "my_data.py").write_text(code)
    ((group, points),) = tomllib.loads(project)["project"]["entry-points"].items()
    info = tmp_path / "my_data-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-data\nVersion: 1\n")
    lines = [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "mine.npz",
        images=rng.integers(256, size=(100, 9, 9, 3), dtype=np.uint8),
        labels=np.arange(100, dtype=np.uint8) % 4,
    )
    assert data_names()[-1] == "mine"
    images = load_images("mine", resolution=8, data_dir=tmp_path)
    assert images.train_images.shape == (70, 3, 8, 8)
    assert len(images.validation_labels) == len(images.test_labels) == 15
    assert images.num_classes == 4
    with pytest.raises(InputError, match="no file"):
        load_images("mine", resolution=8, data_dir=tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"'other'.*mine"):
        load_images("other", resolution=8)
    _damaged_archives_are_refused(tmp_path)
    sys.modules.pop("my_data", None)


def _damaged_archives_are_refused(folder: Path) -> None:
    file = folder / "mine.npz"
    with np.load(file) as archive:
        right = dict(archive)
    whole = file.read_bytes()
    middle = len(whole) // 2
    damaged = {
        b"": "EOFError",
        whole[:200]: "ValueError|BadZipFile",
        whole[:-100]: "BadZipFile",
        whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]: "BadZipFile",
        b"PK\x05\x06": "BadZipFile",
    }
    for content, kind in damaged.items():
        file.write_bytes(content)
        _refused(folder, rf"data set 'mine': its package cannot load it \(({kind}): .* are its files whole")
    labels = right["labels"].astype(np.int8)
    for changes, words in (
        ({"labels": None}, "cannot load it .KeyError: .*labels"),
        ({"labels": right["labels"].astype(object)}, "cannot load it .ValueError: Object arrays"),
        ({"labels": right["labels"].astype("S1")}, "cannot load it .UFuncTypeError"),
        ({"images": right["images"][:50]}, "cannot load it .IndexError"),
        ({"images": right["images"][..., 0]}, "cannot load it .ValueError"),
        (
            {"labels": labels[:4]},
            "its 0 validation images with 0 labels must have the shape .n, 3, 8, 8. and n",
        ),
        ({"labels": labels - 1}, "must have labels from 0 to 2"),
        ({"images": np.zeros_like(right["images"])}, "must have finite pixels"),
    ):
        np.savez(file, **{name: array for name, array in {**right, **changes}.items() if array is not None})
        _refused(folder, words)


def _refused(folder: Path, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        load_images("mine", resolution=8, data_dir=folder)
    assert "\n" not in str(caught.value)


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_of_every_page_is_whole_and_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for language, code in re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if language == "python":
            ast.parse(textwrap.dedent(code))
        elif language == "toml":
            tomllib.loads(code)
        else:
            assert language == "text", language
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert "://" in link or (page.parent / link).exists(), link


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    for needed in ("mkdocs", "material", "mkdocstrings"):
        pytest.importorskip(needed)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "factors/index.html").read_text("utf-8")
    assert "<table>" in page
    kept = any((DOCS / "verdicts").glob("*.json"))
    assert ("Tracked batch norm statistics hurt" in page) == kept, "verdicts are listed at build"
    commands = (tmp_path / "commands/index.html").read_text("utf-8")
    for option in ("--tune-more", "--replace", "--port", "--retrain"):
        assert option in commands
    assert "sparse_kendall_tau" in (tmp_path / "api/index.html").read_text("utf-8")
    assert (tmp_path / "search/search_index.json").exists()
    for html in tmp_path.rglob("index.html"):
        text = html.read_text("utf-8")
        assert not re.search(r"<p>(\||- |\d\. )", text), f"{html}: a table or a list was not seen as such"
