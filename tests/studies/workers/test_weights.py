from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from studies.workers.weights import load_weights, save_weights
from wsnas.errors import InputError, RunError
from wsnas.files import make_folder

if TYPE_CHECKING:
    from pathlib import Path


def network() -> Any:
    return torch.nn.Linear(3, 2)


def test_weights_come_back_as_they_were_saved(tmp_path: Path) -> None:
    first, second = network(), network()
    save_weights(first, tmp_path / "a/b/x.pt")
    load_weights(second, tmp_path / "a/b/x.pt")
    assert torch.equal(first.weight, second.weight)


@pytest.mark.parametrize("place", ["file/x.pt", "file/a/b/x.pt", "folder", "x" * 300])
def test_weights_that_cannot_be_written_are_a_failed_run_and_leave_what_was_there(
    place: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("somebody's")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RunError, match=r"weights .* cannot be written") as caught:
        save_weights(network(), tmp_path / place)
    assert "\n" not in str(caught.value)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "somebody's"


@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04", None])
def test_weights_that_are_damaged_or_another_networks_are_refused(
    content: bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "x.pt"
    if content is None:
        save_weights(torch.nn.Linear(4, 2), file)  # type: ignore[arg-type]
    else:
        file.write_bytes(content)
    with pytest.raises(InputError, match=r"damaged, or of another network .[A-Z]") as caught:
        load_weights(network(), file)
    assert "\n" not in str(caught.value)


def test_an_error_without_words_is_named_by_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise EOFError

    monkeypatch.setattr(torch, "load", fail)
    with pytest.raises(InputError, match=r"another network .EOFError"):
        load_weights(network(), tmp_path / "x.pt")


@pytest.mark.parametrize("place", ["file", "file/a", "file/a/b"])
def test_a_folder_in_whose_place_a_file_is_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("somebody's")
    with pytest.raises(InputError, match=rf"folder .*{place}: a file is in its place"):
        make_folder(tmp_path / place)
    assert (tmp_path / "file").read_text() == "somebody's"
