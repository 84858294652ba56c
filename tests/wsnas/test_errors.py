from __future__ import annotations

import numpy as np
import pytest

from wsnas.errors import did_you_mean, one_of, show, show_text


def nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value


def test_a_value_is_shown_as_python_writes_it() -> None:
    assert show(["a", 0.5, None]) == "['a', 0.5, None]"
    assert show("a\nb\u2028") == r"'a\nb\u2028'"


@pytest.mark.parametrize(
    "value", [1 << 20_000, [1, 1 << 20_000], nested(50_000)], ids=["int", "in list", "deep"]
)
def test_a_value_that_python_does_not_write_is_told_by_its_type(value: object) -> None:
    assert show(value) == f"a value of type {type(value).__name__} that is too large to show"


def test_a_long_value_is_shown_by_its_ends() -> None:
    shown = show("x" * 100_000 + "end")
    assert len(shown) < 1020
    assert shown.startswith("'xxx")
    assert shown.endswith("xend'")


def test_an_array_is_shown_in_one_line() -> None:
    assert show(np.zeros((2, 2), int)) == "array([[0, 0], [0, 0]])"


def test_a_text_is_quoted_where_it_would_break_the_line() -> None:
    assert show_text("fast 'n' easy") == "fast 'n' easy"
    assert show_text("fast\r") == r"'fast\r'"


@pytest.mark.parametrize(
    ("value", "end"),
    [
        ("epoch", "; did you mean epochs?"),
        ("EPOCHS", "; did you mean epochs?"),
        ("colour", ""),
        ("", ""),
        (1 << 20_000, ""),
        ("epochs" * 100_000, ""),
    ],
    ids=["close", "case", "far", "empty", "huge number", "huge text"],
)
def test_a_name_that_is_not_known_is_told_with_the_closest(value: object, end: str) -> None:
    known = ("cells", "epochs", 3)
    assert did_you_mean(value, known) == end
    assert one_of(value, known) == f"choose one of cells, epochs, 3{end}"
