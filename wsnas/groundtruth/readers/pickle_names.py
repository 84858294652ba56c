"""What a pickle of plain values may name and call, and what comes of it without calling anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wsnas.errors import show, show_text

if TYPE_CHECKING:
    from collections.abc import Iterable

_BUILT_IN = {"bytes": bytes, "list": list, "set": set, "frozenset": frozenset, "tuple": tuple}
_PLAIN = {
    ("collections", "OrderedDict"),
    ("collections", "defaultdict"),
    ("_codecs", "encode"),
    ("numpy", "dtype"),
    *((module, name) for module in ("builtins", "__builtin__") for name in (*_BUILT_IN, "dict")),
    *((module, "scalar") for module in ("numpy.core.multiarray", "numpy._core.multiarray")),
}
_NUMBERS = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"})


class PickleError(ValueError):
    """The bytes are no pickle of plain values; the message says why."""


_DEEPEST, _MOST_PARTS = 8, 1000
"""Bounds of a key that is a tuple; benchmarks have pairs."""


class Name(NamedTuple):
    """A class or function that a pickle names; it is never looked up."""

    module: str
    name: str


class Unread(NamedTuple):
    """Stands for a value that is of no use here, such as a tensor."""

    maker: Name


def check_keys(keys: Iterable[Any]) -> None:
    """Refuse keys that are nested deeply: Python's hash of them overflows the stack or never ends."""
    for key in keys:
        waiting, parts = [(key, 0)] if isinstance(key, tuple) else [], 0
        while waiting:
            part, depth = waiting.pop()
            parts += 1
            if depth > _DEEPEST or parts > _MOST_PARTS:
                raise PickleError("damaged, a key is nested too deeply")
            if isinstance(part, tuple):
                waiting += [(inner, depth + 1) for inner in part]


def allow(module: Any, name: Any) -> Name:
    """Return the name where it stands for plain values or for parts of tensors."""
    if not isinstance(module, str) or not isinstance(name, str):
        raise PickleError("damaged")
    if (module, name) in _PLAIN or module == "torch" or module.startswith("torch."):
        return Name(module, name)
    named = show_text(f"{module}.{name}")
    raise PickleError(f"names {named}, which no table needs: it was not run, do not trust the file")


def call(maker: Any, arguments: Any) -> Any:
    """Return what the named function or class would make of its arguments."""
    if not isinstance(maker, Name) or not isinstance(arguments, tuple):
        raise PickleError("damaged")
    if maker.name == "OrderedDict" or maker.name == "dict":
        return _dictionary(*arguments)
    if maker.name == "defaultdict":
        return {}
    if maker.name == "encode":
        text, encoding = arguments
        if encoding != "latin1":
            raise PickleError("damaged")
        return text.encode(encoding)
    if maker.module == "numpy":
        return _number_type(arguments[0])
    if maker.name == "scalar":
        kind, content = arguments
        if not isinstance(kind, np.dtype):
            raise PickleError("damaged")
        return np.frombuffer(content, kind)[0].item()
    if maker.name in _BUILT_IN:
        # A number would make `bytes` fill the memory.
        if any(isinstance(argument, int) for argument in arguments):
            raise PickleError("damaged")
        if maker.name in ("set", "frozenset"):
            check_keys(item for argument in arguments for item in argument)
        return _BUILT_IN[maker.name](*arguments)
    return Unread(maker)


def set_state(value: Any, state: Any) -> None:
    """Accept the state of a number type of this machine's byte order, or of something unread."""
    if isinstance(value, Unread) or (isinstance(value, np.dtype) and state[1] in ("<", "|")):
        return
    raise PickleError("damaged")


def _dictionary(pairs: Any = ()) -> dict[Any, Any]:
    found = list(pairs.items() if isinstance(pairs, dict) else pairs)
    check_keys(key for key, _ in found)
    return dict(found)


def _number_type(text: Any) -> np.dtype[Any]:
    if not isinstance(text, str):
        raise PickleError("damaged")
    if text not in _NUMBERS:
        raise PickleError(f"has values of the type {show(text)}, which no table needs")
    return np.dtype(f"<{text}")
