"""Put the help of every command into docs/commands.md while the site is built; mkdocs calls the hook."""

from __future__ import annotations

import contextlib
import io
import os
import re
from typing import Any

PLACE = "<!-- the commands' help -->"
NESTED = {"groundtruth": ("build", "join", "import", "info"), "study": ("repair",)}
"""Commands that have commands of their own."""


def help_of(*words: str) -> str:
    """Return what a command says of itself, without colour."""
    from studies.cli import main

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main([*words, "--help"])
    return re.sub(r"\x1b\[[0-9;]*m", "", said.getvalue()).strip()


def commands() -> str:
    """Return a section for each command."""
    from studies.cli import COMMANDS

    os.environ["COLUMNS"] = "80"
    return "\n\n".join(
        _section(words)
        for name in COMMANDS
        for words in ((name,), *((name, inner) for inner in NESTED.get(name, ())))
    )


def _section(words: tuple[str, ...]) -> str:
    level = "##" if len(words) == 1 else "###"
    return f"{level} wsnas {' '.join(words)}\n\n```text\n{help_of(*words)}\n```"


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put them into their page; mkdocs calls this for every page."""
    return markdown.replace(PLACE, commands()) if page.file.src_uri == "commands.md" else markdown
