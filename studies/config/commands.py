"""Commands that are shown, as a person may run them: quoted for the shell and for make."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    Option = str | int | float | Path | tuple[str, ...] | None


def shell_command(*words: str, **options: Option) -> str:
    """Return `wsnas` with words and options for a shell.

    Args:
        words: What comes first, such as ``study`` and ``repair``.
        options: Values by the options' names, with underscores for dashes. None is left out, True is an
            option without a value, and a tuple gives its option once for each value.
    """
    parts = ["wsnas", *words]
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            parts.append(option)
            continue
        for one in value if isinstance(value, tuple) else (value,):
            text = str(one)
            if one is not None and one is not False:
                # What begins with a dash would be read as an option of its own.
                parts += [f"{option}={text}"] if text.startswith("-") else [option, text]
    return shlex.join(parts)


def make_command(target: str, **variables: Option) -> str:
    """Return `make` with a target and variables, which the Makefile hands on as they are."""
    given = [f"{name.upper()}={value}" for name, value in variables.items() if value is not None]
    return shlex.join(["make", target, *given])


def without_password(shown: str) -> str:
    """Return a storage's address, as it is shown, without the stars in place of its password.

    A server takes the password from where it is kept, such as ~/.pgpass, and would refuse the stars.
    """
    return re.sub(r":\*\*\*(?=@)|[?&]$", "", re.sub(r"(?<=[?&])[^=&?]*=\*\*\*(&|$)", "", shown))


def as_code(text: str) -> str:
    """Return text as code of Markdown: it stands between more backticks than it holds in a row."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{text}{fence}" if fence == "`" else f"{fence} {text} {fence}"
