"""Reads pickles of plain values without running anything: no class or function is ever imported.

A pickle is a program for a small machine. This one knows the instructions that build numbers, texts and
containers, works out the few calls that build nothing else, and ends at anything more. It lets its user
shrink what was read while it reads on, since NAS-Bench-201's file would take 28 GB of memory as a whole.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from wsnas.groundtruth.readers.pickle_names import (
    Name,
    PickleError,
    Unread,
    allow,
    call,
    check_keys,
    set_state,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    Shrink = Callable[[dict[Any, Any]], None]

# What each instruction is, with the bytes that its number or length takes; see Python's `pickletools`.
_DOUBLE, _MARK, _STOP, _PERSISTENT, _GLOBAL, _STACK_GLOBAL = b"G", b"(", b".", b"Q", b"c", b"\x93"
_SET_ITEM, _SET_ITEMS, _APPEND, _APPENDS, _ADD_ITEMS = b"s", b"u", b"a", b"e", b"\x90"
_REDUCE, _NEW_OBJECT, _BUILD = b"R", b"\x81", b"b"
_PUT = {b"q": 1, b"r": 4, b"\x94": 0}
_GET = {b"h": 1, b"j": 4}
_TEXT = {b"X": 4, b"\x8c": 1, b"\x8d": 8}
_BYTES = {b"C": 1, b"B": 4, b"\x8e": 8}
_UNSIGNED = {b"K": 1, b"M": 2}
_LONG = {b"\x8a": 1, b"\x8b": 4}
_EMPTY: dict[bytes, Callable[[], Any]] = {
    b"}": dict,
    b"]": list,
    b")": tuple,
    b"\x8f": set,
    b"N": lambda: None,
    b"\x88": lambda: True,
    b"\x89": lambda: False,
}
_FROM_MARK: dict[bytes, Callable[[list[Any]], Any]] = {b"t": tuple, b"\x91": frozenset}
_TUPLE = {b"\x85": 1, b"\x86": 2, b"\x87": 3}
_NO_VALUE = {b"\x80": 1, b"\x95": 8}
"""The protocol's number, and the size of a frame."""


def read_pickle(file: BinaryIO, *, shrink: Shrink | None = None) -> Any:
    """Read one pickle of protocol 2 or later.

    Args:
        file: Read from its position to the pickle's end.
        shrink: Called with each dictionary whenever items were put into it; it may drop what is not needed.

    Raises:
        PickleError: the pickle is cut short or damaged, or asks for more than plain values.
    """
    try:
        return _Machine(file, shrink).run()
    except PickleError:
        raise
    except (struct.error, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise PickleError("damaged or cut short") from error
    except (OverflowError, MemoryError) as error:
        raise PickleError("damaged, an impossible length") from error


class _Machine:
    def __init__(self, file: BinaryIO, shrink: Shrink | None) -> None:
        self.read = file.read
        self.line = file.readline
        self.shrink = shrink
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        """The stacks that marks have put aside."""

    def run(self) -> Any:
        """Carry out instructions until the end; the frequent ones stand first."""
        read, push = self.read, self.stack.append
        memo: list[Any] = []
        texts: dict[bytes, str] = {}  # each text once: a file repeats few of them millions of times
        double = struct.Struct(">d").unpack
        while True:
            code = read(1)
            if code == _DOUBLE:
                push(double(read(8))[0])
            elif code in _PUT:
                index = self.number(_PUT[code]) if _PUT[code] else len(memo)
                memo[index : index + 1] = [self.stack[-1]]
            elif code in _GET:
                push(memo[self.number(_GET[code])])
            elif code in _TEXT:
                content = self.sized(_TEXT[code])
                text = texts.get(content)
                if text is None:
                    text = texts[content] = content.decode()
                push(text)
            elif code in _UNSIGNED:
                push(self.number(_UNSIGNED[code]))
            elif code == _STOP:
                return self.stack.pop()
            else:
                self.step(code)
                push = self.stack.append

    def step(self, code: bytes) -> None:
        """Carry out one of the less frequent instructions."""
        if code == _MARK:
            self.below.append(self.stack)
            self.stack = []
        elif code == _SET_ITEMS:
            self.fill(self.unmark())
        elif code == _SET_ITEM:
            value, key = self.stack.pop(), self.stack.pop()
            self.fill([key, value])
        elif code in _EMPTY:
            self.stack.append(_EMPTY[code]())
        elif code in _FROM_MARK:
            items = self.unmark()
            if _FROM_MARK[code] is frozenset:
                check_keys(items)
            self.stack.append(_FROM_MARK[code](items))
        elif code in _TUPLE:
            self.stack.append(tuple(reversed([self.stack.pop() for _ in range(_TUPLE[code])])))
        elif code == _APPENDS:
            items = self.unmark()
            self.stack[-1].extend(items)
        elif code == _APPEND:
            value = self.stack.pop()
            self.stack[-1].append(value)
        elif code == _ADD_ITEMS:
            items = self.unmark()
            check_keys(items)
            self.stack[-1].update(items)
        elif code == b"J":
            self.stack.append(struct.unpack("<i", self.read(4))[0])
        elif code in _LONG:
            self.stack.append(int.from_bytes(self.sized(_LONG[code]), "little", signed=True))
        elif code in _BYTES:
            self.stack.append(self.sized(_BYTES[code]))
        elif code in _NO_VALUE:
            self.number(_NO_VALUE[code])
        else:
            self.name_or_call(code)

    def name_or_call(self, code: bytes) -> None:
        """Carry out the instructions that name something, or make something by a name."""
        if code == _GLOBAL:
            lines = [self.line(), self.line()]
            if not lines[1].endswith(b"\n"):
                raise PickleError("cut short")
            module, name = (line[:-1].decode() for line in lines)
            self.stack.append(allow(module, name))
        elif code == _STACK_GLOBAL:
            name, module = self.stack.pop(), self.stack.pop()
            self.stack.append(allow(module, name))
        elif code in (_REDUCE, _NEW_OBJECT):
            arguments, maker = self.stack.pop(), self.stack.pop()
            self.stack.append(call(maker, arguments))
        elif code == _BUILD:
            state = self.stack.pop()
            set_state(self.stack[-1], state)
        elif code == _PERSISTENT:
            self.stack[-1] = Unread(Name("torch", "storage"))
        elif code:
            raise PickleError(f"has the instruction {code!r}, which plain values do not need")
        else:
            raise PickleError("cut short")

    def number(self, size: int) -> int:
        content = self.read(size)
        if len(content) < size:
            raise PickleError("cut short")
        return int.from_bytes(content, "little")

    def sized(self, size: int) -> bytes:
        length = self.number(size)
        content = self.read(length)
        if len(content) < length:
            raise PickleError("cut short")
        return content

    def unmark(self) -> list[Any]:
        items = self.stack
        self.stack = self.below.pop()
        return items

    def fill(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict:
            raise PickleError("damaged")
        if tuple in set(map(type, items[::2])):
            check_keys(items[::2])
        target.update(zip(items[::2], items[1::2], strict=True))
        if self.shrink is not None:
            self.shrink(target)
