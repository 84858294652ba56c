"""Inputs that are nearly right: a right one with a few mistakes of the kinds that people and disks make."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

HUGE = "9" * 400
"""A whole number that no float can hold."""
ENDLESS = "9" * 5000
"""A whole number that Python refuses to read or write in decimal."""
LONG = 100_000

LOOK_ALIKES = ("\u0663", "\uff11\uff12", "\U0001d7db", "\u2177", "\u043e", "\uff1d")
"""An Arabic, full-width, ornate and Roman digit, a Cyrillic letter, a full-width sign."""

TOKENS = (
    *("", "0", "-1", "-0.0", "0.5", "3", "nan", "-inf", "inf", "1e999", "1e-999", HUGE, ENDLESS, "1_0"),
    *("0x" + "f" * 5000, "0o7", "1979-05-27T07:32:00Z", "1979-99-99", "true", "false", "null", "None"),
    *('""', "''", "[]", "{}", "[1, 1]", "[true, 1]", "{ low = 1, high = 1e999 }", '"fast"', '"\\u0000"'),
    *("[" * 3000, "(" * 3000, "{a=" * 3000, "[" * 500 + "]" * 500, "a." * 3000 + "a", "-" * 3000 + "1"),
    *("\0", "\r", "\n", "\r\n", "\x1b[31m", "\x85", "\u2028", "\ufeff", *LOOK_ALIKES),
    *("é" * 50, "x" * LONG, "../..", "/", "%s%n", "[/b]", "#", "=", ",", "|", "+", "-", "~", "\\", "\t"),
)
"""What a mistake may put into a text."""

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2.5, -0.0, float("nan"), float("inf"), 10**30, 10**400, 1 << 20_000),
    *(
        "",
        "x",
        "nan",
        "1e999",
        "\0",
        "a\nb",
        "\u0663",
        "x" * 5000,
        b"",
        b"\xff",
        [],
        {},
        [[]],
        [1, "a", None],
    ),
    *({"": None}, {"low": 1, "high": 0}, ()),
)
"""What a mistake may put in the place of a value."""

NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?")
VALUE = re.compile(r"(?<==)[^\n,{}]+")
"""What follows an equals sign in TOML."""
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def encoded(text: str) -> bytes:
    """Return the bytes of any text, also of one that no right file holds."""
    return text.encode("utf-8", "surrogatepass")


def as_json(value: Any) -> bytes:
    """Return JSON, in which what it does not know stands as a text."""
    try:
        return json.dumps(value, default=repr).encode()
    except ValueError:  # a number without end
        return ("[" + ENDLESS + "]").encode()


def mistaken_text(right: SearchStrategy[str], *, most: int = 3) -> SearchStrategy[str]:
    """Draw right texts with up to `most` mistakes."""
    return _mistaken(right, _text_mistakes(), most)


def one_mistake(right: SearchStrategy[str], pattern: re.Pattern[str]) -> SearchStrategy[str]:
    """Draw right texts in which one place that the pattern finds is wrong."""
    return st.builds(
        lambda text, token, share: _replace(pattern, token)(text, share, 0),
        right,
        st.sampled_from(TOKENS),
        st.floats(0, 1, exclude_max=True),
    )


def mistaken_bytes(right: SearchStrategy[bytes], *, most: int = 3) -> SearchStrategy[bytes]:
    """Draw right contents of files with up to `most` mistakes."""
    return _mistaken(right, st.sampled_from((_cut, _drop, _flip, _overwrite, _repeat_bytes)), most)


def text_files(right: SearchStrategy[str]) -> SearchStrategy[bytes]:
    """Draw files of text: nearly right ones, in right and wrong encodings, and nonsense."""
    nearly = mistaken_text(right)
    wrong_value = one_mistake(right, VALUE)
    return st.one_of(
        nearly.map(encoded),
        wrong_value.map(str.encode),
        wrong_value.map(str.encode),
        mistaken_bytes(right.map(str.encode)),
        st.builds(
            lambda text, encoding: text.encode(encoding, "replace"),
            nearly,
            st.sampled_from(["utf-8-sig", "utf-16", "latin-1", "utf-32-le"]),
        ),
        nearly.map(lambda text: text.replace("\n", "\r\n").encode("utf-8", "replace")),
        st.text(max_size=200).map(encoded),
        st.binary(max_size=200),
    )


@st.composite
def mistaken_values(draw: DrawFn, right: SearchStrategy[Any], most: int = 2) -> Any:
    """Draw nested lists and dictionaries with up to `most` values replaced, left out or given twice."""
    value = draw(right)
    for _ in range(draw(st.integers(0, most))):
        places = list(_places(value))
        if draw(st.integers(0, 9)):
            places = places[1:] or places  # seldom the whole
        place = places[draw(st.integers(0, len(places) - 1))]
        odd = draw(st.sampled_from(VALUES) | st.integers() | st.floats() | st.text(max_size=5))
        kind = draw(st.sampled_from(("replace", "replace", "replace", "remove", "rename", "wrap")))
        value = _changed(value, place, kind, odd)
    return value


def _mistaken(right: SearchStrategy[Any], mistakes: SearchStrategy[Any], most: int) -> SearchStrategy[Any]:
    def apply(whole: Any, chosen: list[tuple[Callable[[Any, float, float], Any], float, float]]) -> Any:
        for mistake, first, second in chosen:
            whole = mistake(whole, first, second)
        return whole

    share = st.floats(0, 1, exclude_max=True)
    return st.builds(apply, right, st.lists(st.tuples(mistakes, share, share), max_size=most))


def _text_mistakes() -> SearchStrategy[Callable[[str, float, float], str]]:
    tokens = st.sampled_from(TOKENS) | st.text(max_size=4)
    return st.one_of(
        st.sampled_from((_cut, _drop, _repeat_text, _swap_lines, _upper)),
        tokens.map(_insert),
        tokens.map(lambda token: _replace(NUMBER, token)),
        tokens.map(lambda token: _replace(_WORD, token)),
        st.sampled_from(TOKENS).map(lambda token: _replace(VALUE, token)),
        tokens.map(lambda token: _replace(re.compile(r"[^\w\s]"), token)),
    )


def _insert(token: str) -> Callable[[str, float, float], str]:
    def insert(text: str, first: float, second: float) -> str:
        place = int(first * (len(text) + 1))
        return text[:place] + token + text[place:]

    return insert


def _replace(pattern: re.Pattern[str], token: str) -> Callable[[str, float, float], str]:
    def replace(text: str, first: float, second: float) -> str:
        found = list(pattern.finditer(text))
        if not found:
            return text + token
        match = found[int(first * len(found))]
        return text[: match.start()] + token + text[match.end() :]

    return replace


def _cut(whole: Any, first: float, second: float) -> Any:
    return whole[: int(first * len(whole))]


def _drop(whole: Any, first: float, second: float) -> Any:
    place = int(first * len(whole))
    return whole[:place] + whole[place + 1 + int(second * 3) :]


def _repeat_text(text: str, first: float, second: float) -> str:
    lines = text.splitlines(keepends=True) or [""]
    place = int(first * len(lines))
    return "".join([*lines[:place], *lines[place : place + 1] * 2, *lines[place + 1 :]])


def _swap_lines(text: str, first: float, second: float) -> str:
    lines = text.splitlines(keepends=True) or [""]
    one, other = int(first * len(lines)), int(second * len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def _upper(text: str, first: float, second: float) -> str:
    place = int(first * len(text))
    return text[:place] + text[place : place + 10].swapcase() + text[place + 10 :]


def _flip(whole: bytes, first: float, second: float) -> bytes:
    if not whole:
        return whole
    place = int(first * len(whole))
    return whole[:place] + bytes([whole[place] ^ 1 << int(second * 8)]) + whole[place + 1 :]


def _overwrite(whole: bytes, first: float, second: float) -> bytes:
    place = int(first * len(whole))
    return whole[:place] + bytes([int(second * 256)]) * 4 + whole[place + 4 :]


def _repeat_bytes(whole: bytes, first: float, second: float) -> bytes:
    place, end = sorted((int(first * len(whole)), int(second * len(whole))))
    return whole[:end] + whole[place : place + 64] + whole[end:]


def _places(value: Any, here: tuple[Any, ...] = ()) -> Any:
    yield here
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*here, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _places(inner, (*here, index))


def _changed(value: Any, place: tuple[Any, ...], kind: str, odd: Any) -> Any:
    """Return a copy with a mistake at a place; other parts are shared."""
    if not place:
        return [value] if kind == "wrap" else odd
    key, rest = place[0], place[1:]
    if isinstance(value, dict):
        copy = dict(value)
        if rest or kind in ("replace", "wrap"):
            copy[key] = _changed(value[key], rest, kind, odd)
        else:
            inner = copy.pop(key)
            if kind == "rename":
                copy[str(key) + "s"] = inner
        return copy
    items = list(value)
    if rest or kind in ("replace", "wrap"):
        items[key] = _changed(value[key], rest, kind, odd)
    elif kind == "remove":
        del items[key]
    else:
        items.insert(key, items[key])
    return type(value)(items)
