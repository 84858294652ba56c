from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from wsnas.claim import claim_file
from wsnas.errors import InputError
from wsnas.files import MARKER, own_folder, parse_toml, read_toml, write_whole


@pytest.mark.parametrize("name", ["x.csv", "x" * 255, "é" * 127])
def test_a_file_is_written_whole_and_its_neighbours_keep_their_bytes(name: str, tmp_path: Path) -> None:
    neighbours = [f"{name[:9]}.{os.getpid()}.part", f"{name[:9]}.part", f"{name[:9]}.tmp"]
    for one in neighbours:
        (tmp_path / one).write_text("somebody's")
    for content in ("first", b"second"):
        write_whole(tmp_path / name, content)
    assert (tmp_path / name).read_text() == "second"
    (tmp_path / name).unlink()
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == dict.fromkeys(
        neighbours, "somebody's"
    )


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "folder", "text")
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_links_devices_and_pipes_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to("file")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()), daemon=True)
    reader.start()
    write_whole(tmp_path / "pipe", "text")
    reader.join(10)
    assert read == ["text"]
    assert (tmp_path / "pipe").is_fifo()
    write_whole(Path(os.devnull), "text")
    assert Path(os.devnull).is_char_device()


def test_a_lock_that_was_somebodys_file_keeps_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "unit.lock").write_text("somebody's")
    with claim_file(tmp_path / "unit.lock", done=lambda: False) as free:
        assert free
    assert (tmp_path / "unit.lock").read_text() == "somebody's"


@pytest.mark.parametrize(
    ("there", "names", "complaint"),
    [
        ((), ("*",), None),
        (("notes.txt",), ("*",), "holds notes.txt, which wsnas did not make"),
        (("notes.txt",), ("a.csv", "b.csv"), None),
        (("notes.txt", "b.csv"), ("a.csv", "b.csv"), "holds b.csv, which wsnas did not make"),
        (("notes.txt", "worker-0.log"), ("*",), None),
        (("notes.txt", MARKER), ("*",), None),
    ],
)
def test_a_folder_is_taken_where_nobody_elses_file_would_be_written_over(
    there: tuple[str, ...], names: tuple[str, ...], complaint: str | None, tmp_path: Path
) -> None:
    for name in there:
        (tmp_path / name).touch()
    if complaint is None:
        own_folder(tmp_path, *names, signs=("worker-*.log",))
        (tmp_path / "a.csv").touch()
        own_folder(tmp_path, *names)
    else:
        with pytest.raises(InputError, match=complaint):
            own_folder(tmp_path, *names)
        assert {file.name for file in tmp_path.iterdir()} == set(there)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=rf"folder .*{tmp_path}/file/x.*: a file is in its place"):
        own_folder(tmp_path / "file/x", "*")


def test_a_toml_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("[a]\nb = 'é'\n", "utf-8")
    assert read_toml(tmp_path / "x.toml", "file") == {"a": {"b": "é"}}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a = ", "no TOML (Invalid value"),
        (b"a = 1\na = 2", "no TOML (Cannot overwrite a value"),
        (b"a = " + b"[" * 3000, "no TOML (nested too deeply)"),
        (b"a = " + b"{a=" * 3000, "no TOML (nested too deeply)"),
        (b"a = " + b"9" * 5000, "no TOML (Exceeds the limit"),
        (b"\xff\xfe", "no TOML ('utf-8' codec"),
        (b"\xef\xbb\xbfa = 1", "no TOML (Invalid statement"),
        (b"a = 1\0", "no TOML ("),
    ],
)
def test_what_is_no_toml_is_refused_in_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_toml(tmp_path / "x.toml", "recipe file")
    assert str(caught.value).startswith(f"recipe file {tmp_path / 'x.toml'}: {reason}")
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_toml(tmp_path / "none", "file")
    with pytest.raises(InputError, match="Is a directory"):
        read_toml(tmp_path, "file")


def test_a_text_that_is_no_toml_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_toml("a = " + "[" * 3000)
