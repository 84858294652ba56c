"""The option parser in our own words: what options take, and what it complains of, in one line."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args

from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec

from wsnas.errors import InputError, did_you_mean, one_of, show, show_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tyro.constructors import PrimitiveTypeInfo

_KINDS: dict[type, tuple[str, str]] = {
    str: ("TEXT", "a text"),
    Path: ("PATH", "a path"),
    int: ("N", "a whole number"),
    float: ("NUMBER", "a number"),
}
"""How help and complaints call what options take."""


def plain_values() -> ConstructorRegistry:
    """Return how the values of options are read; no word of a user means that there is none."""
    registry = ConstructorRegistry()

    @registry.primitive_rule
    def rule(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
        kinds = [kind for kind in get_args(info.type) or (info.type,) if kind is not NoneType]
        if len(kinds) != 1 or kinds[0] not in _KINDS:
            return None
        kind = kinds[0]
        metavar, wanted = _KINDS[kind]

        def read(words: list[str]) -> Any:
            try:
                return kind(words[0])
            except ValueError:
                raise ValueError(f"{show(words[0])}: {wanted} is wanted") from None

        return PrimitiveConstructorSpec(
            nargs=1,
            metavar=metavar,
            instance_from_str=read,
            is_instance=lambda value: value is None or isinstance(value, kind),
            str_from_instance=lambda value: ["none" if value is None else str(value)],
        )

    return registry


def refuse_unknown(arguments: Sequence[str], commands: Mapping[str, type[Any]]) -> None:
    """Raise `InputError` for a command or an option that is not known; it names the closest one."""
    said, kind = "wsnas", None
    rest = list(arguments)
    while commands and rest and not rest[0].startswith("-"):
        if rest[0] not in commands:
            raise InputError(
                f"unknown command {show(rest[0])}: {said} has {', '.join(commands)}"
                f"{did_you_mean(rest[0], commands)}"
            )
        word = rest.pop(0)
        said, kind = f"{said} {word}", commands[word]
        commands = {} if kind is None else getattr(kind, "COMMANDS", {})
    known = [] if kind is None or commands else _options(kind)
    for word in rest:
        name = word.partition("=")[0].replace("_", "-")
        if word.startswith("--") and len(word) > 2 and name not in (*known, "--help"):
            has = f"has {', '.join(known)}" if known else f"takes a command first: {', '.join(commands)}"
            raise InputError(f"unknown option {show(name)}: {said} {has}{did_you_mean(name, known)}")


def in_our_words(complaint: str, kinds: Iterable[type[Any]]) -> str:
    """Return what the parser complains of as one line; `kinds` are the classes of the commands."""
    # Its box is drawn by these, or by dashes where a terminal has none of them.
    text = " ".join(line.strip("│╭╮╰╯─|+ ") for line in complaint.splitlines())
    text = re.sub(r"\s+", " ", re.sub(r"-{4,}", " ", text)).strip()
    text = re.sub(r" For full helptext, (?:see|run):? ", ": see ", text)
    if found := re.search(r"invalid choice (.+) for argument '(.+?)'\. Expected one of \((.*?),?\)", text):
        value, name, choices = found[1].strip("'\""), found[2], found[3].replace("'", "").split(", ")
        return f"{name} {show(value)}: {one_of(value, choices)}"
    if found := re.search(r"Error parsing (\S+): (.*?)(?: Argument helptext:.*)?(?:: see .*)?$", text):
        return f"{found[1].strip('[]')} {found[2]}"
    if found := re.search(r"Missing value for argument '(.+?)'", text):
        return f"{found[1]}: its value is missing"
    if found := re.search(r"Missing from (wsnas[a-z ]*):", text):
        name = found[1].split()[-1]
        kind = next((one for one in kinds if _command_name(one) == name), None)
        missing = [] if kind is None else [one.name for one in fields(kind) if one.default is MISSING]
        return f"{found[1]}: give {' and '.join(missing)}: see {found[1]} --help"
    if found := re.search(r"Expected one of \{(.*?)\}", text):
        return f"the command is not whole: choose one of {found[1]}"
    if found := re.search(r"^Unrecognized options Unrecognized options: (.*?)(: see .*)?$", text):
        return f"{show_text(found[1])}: no option stands before it that takes it{found[2] or ''}"
    return re.sub(r"^(.+?) \1", r"\1", text)


def _options(kind: type[Any]) -> list[str]:
    named = [one for one in fields(kind) if not str(one.type).startswith("tyro.conf.Positional")]
    return [f"--{one.name.replace('_', '-')}" for one in named]


def _command_name(kind: type[Any]) -> str:
    return kind.__name__.removesuffix("Command").lower()
