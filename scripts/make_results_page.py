"""Make docs/results/README.md from the answers that are kept beside it.

    python scripts/make_results_page.py

An answer is what ``wsnas report --json`` printed: ``SPACE/answer.json`` of seed 0, and of other seeds
``SPACE/seed-N/answer.json``. `tests/test_docs.py` fails where the page and the answers differ.
"""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "docs/results"
SPACES = ("nb201", "nb101", "darts")
CALLED = ("helps", "hurts", "negligible")


def answers() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the answers by space and seed."""
    found = {}
    for space in SPACES:
        for file in sorted((RESULTS / space).glob("**/answer.json")):
            seed = file.parent.name.partition("seed-")[2] or "0"
            found[space, seed] = json.loads(file.read_text("utf-8"))
    return found


def page() -> str:
    """Return the page."""
    kept = answers()
    lines = [
        "# What default studies found",
        "",
        "Made by `scripts/make_results_page.py` from the answers in these folders, each of them a whole"
        " study by `make study SPACE=..`, with `SEED=1` where it says so. s-KdT with 95 % intervals on"
        " architectures that no trial had used, over six fresh seeds and architectures; counting parameters"
        " and FLOPs on the same. *Six and FLOPs* averages the ranks of the six together and of counting"
        " FLOPs, each with equal say: what training adds to counting"
        " ([how it was chosen](../signal.md#with-counting)).",
        "",
        *_confirmed(kept),
    ]
    for space in SPACES:
        of_space = {seed: answer for (name, seed), answer in kept.items() if name == space}
        if of_space:
            lines += ["", *_changes(space, of_space)]
    return "\n".join(lines) + "\n"


def _confirmed(kept: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    names = {
        "ensemble": "six together",
        "ensemble_minus_parameters": "above parameters",
        "joint": "six and FLOPs",
        "joint_minus_flops": "above FLOPs",
        "single": "one of them",
        "baseline": "baseline",
        "parameters": "parameters",
        "flops": "FLOPs",
        "ceiling": "noise ceiling",
    }
    lines = [f"| space | seed | {' | '.join(names.values())} | called |", f"|{'---|' * (len(names) + 3)}"]
    for (space, seed), answer in kept.items():
        figures = [_interval(answer["confirmed"][name], sign="minus" in name) for name in names]
        called = sum(one["call"] in CALLED for one in answer["factors"])
        total = len(answer["factors"])
        lines.append(f"| {space} | {seed} | {' | '.join(figures)} | {called} of {total} changes |")
    return lines


def _changes(space: str, kept: dict[str, dict[str, Any]]) -> list[str]:
    """Return the changes that a study of a space calls, with what the others found of the same change."""
    found = {seed: {_change(one): one for one in answer["factors"]} for seed, answer in kept.items()}
    called = dict.fromkeys(
        change for one in found.values() for change, effect in one.items() if effect["call"] in CALLED
    )
    lines = [f"## {space}", ""]
    if not called:
        return [*lines, "No change is called: all are undecided."]
    lines += [f"| change | {' | '.join(f'seed {seed}' for seed in found)} |", f"|{'---|' * (len(found) + 1)}"]
    for change in called:
        cells = [_effect(one.get(change)) for one in found.values()]
        lines.append(f"| {change} | {' | '.join(cells)} |")
    if len(found) > 1:
        same = [
            (first[change]["effect"] > 0) == (second[change]["effect"] > 0)
            for first, second in permutations(found.values(), 2)
            for change, effect in first.items()
            if effect["call"] in ("helps", "hurts") and _measured(second.get(change))
        ]
        lines += ["", f"Calls that have the same sign in the other study: {sum(same)} of {len(same)}."]
    return lines


def _change(one: dict[str, Any]) -> str:
    return f"{one['name']} {one['reference']} to {one['alternative']}"


def _measured(one: dict[str, Any] | None) -> bool:
    return one is not None and one["effect"] is not None


def _effect(one: dict[str, Any] | None) -> str:
    if one is None:
        return "-"
    if one["effect"] is None:
        return one["call"]
    return f"{one['effect']:+.2f} [{one['low']:.2f}, {one['high']:.2f}] {one['call']}, {one['seeds']} seeds"


def _interval(figure: dict[str, Any] | None, *, sign: bool) -> str:
    if figure is None:
        return "-"
    mean = f"{figure['value']:{'+' if sign else ''}.2f}"
    return f"{mean} [{figure['low']:.2f}, {figure['high']:.2f}]"


if __name__ == "__main__":
    (RESULTS / "README.md").write_text(page(), "utf-8")
