"""Commands in texts, and whether they can be run: they are parsed, and nothing of them is done."""

from __future__ import annotations

import ast
import html
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

from studies.cli import COMMANDS, parse

ROOT = Path(__file__).parents[2]
_MADE = (*COMMANDS, "repair")
_BEGIN = rf"(?:(?:\.venv/bin/)?wsnas|make) (?=(?:{'|'.join(_MADE)})\b)"
_NAME = re.compile(r"wsnas [a-z]+( (build|join|import|info|repair))?")
_CODE = (
    rf"(?<!`)`({_BEGIN}[^`]*)`",
    rf"`` ({_BEGIN}.*?) ``",
    rf"<(?:code|pre|span class=\"code\")>({_BEGIN}[^<]*)<",
    rf"(?:^|: )[ \"]*({_BEGIN}[^`\n\"]*?)(?: +#.*)?$",
)


def commands_in(text: str) -> list[str]:
    """Return the commands that a page in Markdown, in HTML (as its source) or on a terminal shows.

    What only names a command, such as "`wsnas groundtruth build` measures one", is left out.
    """
    found = [one for pattern in _CODE for one in re.findall(pattern, text, re.MULTILINE)]
    return [html.unescape(one) for one in found if not _NAME.fullmatch(one)]


def commands_of_source(path: Path) -> list[str]:
    """Return the commands that the texts of a module hold, with a 1 for what is filled in."""
    texts = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "1" for part in node.values)
            texts.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
    return [command for text in texts for command in commands_in(text)]


def parsed(line: str) -> Any:
    """Return what a line would run; placeholders, such as in ``TRIALS=..``, stand for a value that fits."""
    line = re.sub(r"\[([A-Z]+=[^\]]*|--[^\]]*)\]", r"\1", line).replace("..", "1")
    line = re.sub(r"(?<==)([\w-]+)(\|[\w-]+)+", r"\1", line)
    words = shlex.split(line)
    if words[0] == "make":
        words = shlex.split(made(*words[1:]))
    assert words[0].endswith("wsnas"), line
    return parse(words[1:])


def made(*words: str) -> str:
    """Return the last line that a call of make would run."""
    done = make(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def make(*words: str) -> subprocess.CompletedProcess[str]:
    """Ask make what it would run, whatever the make that runs the tests was told."""
    inherited = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ARGS", "PIP_ARGS")
    environment = {name: value for name, value in os.environ.items() if name not in inherited}
    call = ("make", "--dry-run", "--no-print-directory", *words)
    return subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True)
