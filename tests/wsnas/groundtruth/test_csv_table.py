from __future__ import annotations

import hashlib

import pytest

from wsnas.errors import InputError
from wsnas.groundtruth import load
from wsnas.spaces.nb201 import NB201, NB201Architecture

FIRST = NB201Architecture((3, 1, 2, 0, 4, 1))
SECOND = NB201Architecture((0, 1, 2, 3, 4, 0))
HEADER = "architecture,accuracy\n"


@pytest.fixture
def write(save):
    return lambda text, encoding="utf-8": save(text.encode(encoding), "mine.csv")


def test_table_has_the_rows_of_the_file_in_their_order(write) -> None:
    path = write(f"{HEADER}{SECOND},0.75\n{FIRST},0.5\n")
    table = load("nb201", path)
    assert list(table.architectures()) == [SECOND, FIRST]
    assert table.accuracies.tolist() == [0.75, 0.5]
    assert table.accuracy(FIRST) == 0.5
    assert (table.name, table.space, len(table)) == ("mine.csv", "nb201", 2)
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_path_may_be_a_string(write) -> None:
    assert len(load(NB201(), str(write(f"{HEADER}{FIRST},0.5\n")))) == 1


def test_spreadsheet_dialect_is_read(write) -> None:
    text = f'accuracy,note,architecture\r\n1,"a, b",{FIRST}\r\n0,,{SECOND}\r\n'
    assert load("nb201", write(text, encoding="utf-8-sig")).accuracies.tolist() == [1, 0]


def test_architecture_outside_the_table_is_refused(write) -> None:
    table = load("nb201", write(f"{HEADER}{FIRST},0.5\n"))
    with pytest.raises(InputError, match=r"architecture \|none~0\|.*not among the 1 of table 'mine\.csv'"):
        table.accuracy(SECOND)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 0: its columns are"),
        (
            f"arch,accuracy\n{FIRST},0.5\n",
            "line 1: its columns are .* must include architecture and accuracy",
        ),
        (HEADER, "has no rows"),
        (f"architecture,accuracy,accuracy\n{FIRST},0.5,0.6\n", "line 1: .* must have accuracy once"),
        (f"{HEADER}{FIRST},0.5\n{FIRST},0.6\n", "line 3: .* is there a second time"),
        (f"{HEADER}{FIRST},93.5\n", "line 2: accuracy '93.5' must be a fraction from 0 to 1"),
        (f"{HEADER}{FIRST},-0.1\n", "line 2: accuracy '-0.1' must be"),
        (f"{HEADER}{FIRST},nan\n", "line 2: accuracy 'nan' must be"),
        (f"{HEADER}{FIRST},\n", "line 2: accuracy '' must be"),
        (f"{HEADER}{FIRST},high\n", "line 2: accuracy 'high' must be"),
        (f"{HEADER}{FIRST},0.5\n{SECOND}\n", "line 3: must have as many fields"),
        (f"{HEADER}{FIRST},0.5,1\n", "line 2: must have as many fields"),
        (f"{HEADER}{FIRST},0.5\n{SECOND},0.9", "cut short"),
        (f"{HEADER}conv3x3-conv1x1,0.5\n", "line 2: nb201 architecture 'conv3x3-conv1x1'"),
        (f'{HEADER}"{FIRST},0.5\n', "line 1: unexpected end of data"),
    ],
)
def test_bad_file_is_refused_with_one_line_that_says_where(write, text, message) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load("nb201", write(text))
    assert "mine.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_binary_file_is_refused(save) -> None:
    with pytest.raises(InputError, match="not UTF-8 text"):
        load("nb201", save(b"\xff\xfe\x00", "mine.csv"))


def test_folder_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="Is a directory"):
        load("nb201", tmp_path)
