"""Where code may lie and what it may import, beside the arrows that import-linter checks."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGES = ("wsnas", "objectives", "studies")
MODULES = 12
"""Most modules in a folder of studies, beside its `__init__`."""
LINES = 280
"""Most lines of a module of studies."""


def _files(*packages: str) -> list[Path]:
    return sorted(file for package in packages for file in (ROOT / package).rglob("*.py"))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _private_imports(file: Path) -> Iterator[str]:
    """Yield imports of our own names that begin with an underscore and belong to another folder."""
    folder = ".".join(file.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module or '.'}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            for place, part in enumerate(parts):
                module = ROOT.joinpath(*parts[:place]).with_suffix(".py").exists()
                owner = ".".join(parts[: place - module])
                if parts[0] in PACKAGES and _is_private(part) and not f"{folder}.".startswith(f"{owner}."):
                    yield f"{file.relative_to(ROOT)}:{node.lineno} {name}"


def test_no_module_imports_what_is_private_to_another_folder() -> None:
    assert [found for file in _files(*PACKAGES) for found in _private_imports(file)] == []


def test_every_folder_of_studies_says_what_it_is_for() -> None:
    folders = {file.parent for file in _files("studies")}
    for folder in folders:
        first = folder / "__init__.py"
        assert first.exists(), folder
        assert ast.get_docstring(ast.parse(first.read_text())), folder


def test_no_folder_of_studies_holds_too_many_modules() -> None:
    modules = [file for file in _files("studies") if file.name != "__init__.py"]
    counts = Counter(str(file.parent.relative_to(ROOT)) for file in modules)
    assert {folder: count for folder, count in counts.items() if count > MODULES} == {}


def test_no_module_of_studies_is_too_long() -> None:
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in _files("studies")}
    assert {file: count for file, count in lengths.items() if count > LINES} == {}
