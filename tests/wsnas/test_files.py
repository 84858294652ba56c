from __future__ import annotations

from pathlib import Path

import pytest

from wsnas.errors import InputError
from wsnas.files import parse_toml, read_toml


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
