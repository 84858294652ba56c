"""Make the tables and notes of docs/factors.md from the catalogue, and, for the site, the list of verdicts.

    python scripts/make_factors_page.py

`tests/test_docs.py` fails where the page and the catalogue differ. mkdocs calls `on_page_markdown`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from objectives.factors import catalogue
from objectives.question.scales import load_scale, scaled_catalogue
from studies.analysis.wide.contrasts import show
from wsnas.spaces import BUILT_IN

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- begin: made from the catalogue -->", "<!-- end -->"
OURS = "<!-- verdicts: listed here by make docs -->"
COLUMNS = (
    "factor",
    "what it is",
    "the paper's verdict",
    "spaces",
    "values, paper scale",
    "mini scale",
    "default",
    "source",
)
GROUPS = {
    "mapping": "Mapping: how an architecture maps to shared weights",
    "low-fidelity": "Low fidelity: how big the super-net and its training are",
    "hyper-parameter": "Hyper-parameters",
    "sampling": "Sampling",
}
ON_REQUEST = """## On request
Studies have these only where they ask for them by name, with `FACTORS=`, `FIX=` or `DOMAINS=`; all others \
train by the default, as they did before. The paper studied none of them.
"""


def tables() -> str:
    """Return a table for each group of factors, and under it what their files say further."""
    offered = {space: catalogue(space, on_request=True) for space in BUILT_IN}
    factors = {factor.name: factor for known in offered.values() for factor in known}.values()
    scale = load_scale("mini", "nb201")
    mini = {factor.name: factor for factor in scaled_catalogue("nb201", scale, on_request=True)}
    parts = []
    titles = {**{group: f"## {title}" for group, title in GROUPS.items()}, None: ON_REQUEST}
    for group, title in titles.items():
        head = COLUMNS if group else ("factor", "what it is", "what its source says", *COLUMNS[3:])
        lines = [title, "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
        chosen = [factor for factor in factors if group == (None if factor.on_request else factor.group)]
        for factor in chosen:
            spaces = [space for space in BUILT_IN if factor.name in {one.name for one in offered[space]}]
            smaller = mini.get(factor.name, factor).domain
            cells = (
                f"`{factor.name}`",
                factor.summary,
                factor.verdict,
                "all" if len(spaces) == len(BUILT_IN) else ", ".join(spaces),
                _domain(factor.domain),
                "the same" if smaller == factor.domain else _domain(smaller),
                show(factor.default),
                factor.source,
            )
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        parts.append("\n".join(lines))
        parts += [
            f"`{factor.name}`: {' '.join(paragraph.split())}"
            for factor in chosen
            for paragraph in filter(None, factor.notes.split("\n\n"))
        ]
    return "\n\n".join(parts)


def page(text: str) -> str:
    """Return the page with its tables made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


def verdicts() -> str:
    """Return the kept verdicts of every space, as a list for each."""
    parts = []
    for file in sorted((DOCS / "verdicts").glob("*.json")):
        judged: dict[str, Any] = json.loads(file.read_text("utf-8"))
        lines = [f"- {one['claim']} **{one['verdict']}**" for one in judged["claims"]]
        title = f"### {judged['space']}, {judged['scale']} scale"
        parts.append(f"{title}\n[Figures and intervals](verdicts/{file.stem}.md).\n\n" + "\n".join(lines))
    return "\n\n".join(parts) or "No verdicts of the present code are kept yet."


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put the verdicts into the page; mkdocs calls this for every page."""
    return markdown.replace(OURS, verdicts()) if page.file.src_uri == "factors.md" else markdown


def _domain(domain: Any) -> str:
    choices = getattr(domain, "choices", None)
    return str(domain) if choices is None else ", ".join(show(choice) for choice in choices)


if __name__ == "__main__":
    file = DOCS / "factors.md"
    file.write_text(page(file.read_text("utf-8")), "utf-8")
