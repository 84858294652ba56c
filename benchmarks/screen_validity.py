"""How often the screen's calls are false, and what it finds: whole studies with a known truth, simulated.

Run: python -m benchmarks.screen_validity [--repeats 400] [--seed 8] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest

from tests.studies.analysis.screen.simulation import SIZES, Screen, World, covered, false_calls

if TYPE_CHECKING:
    from tests.studies.analysis.screen.simulation import Kind, Policy

BUDGETS = (55, 80, 120, 240)
CHANGES = (16, 22, 26)


@dataclass(kw_only=True)
class Tally:
    """What repeats of one case gave."""

    changes: int
    runs: int
    kind: Kind
    policy: Policy
    repeats: int = 0
    false: int = 0
    missed: int = 0
    inside: int = 0
    intervals: int = 0
    factors: int = 0
    signs: int = 0
    negligible: int = 0
    rounds: int = 0
    found: dict[float, list[int]] = field(default_factory=lambda: {size: [0, 0] for size in SIZES})

    def add(self, screen: Screen) -> bool:
        """Count one screen; return whether a call is false."""
        truth, effects = screen.world.truth, screen.effects()
        inside = covered(effects, truth)
        wrong = false_calls(effects, truth) > 0
        signs = [effect.call in ("helps", "hurts") for effect in effects]
        self.repeats += 1
        self.false += wrong
        self.missed += not all(inside)
        self.inside += sum(inside)
        self.intervals += len(inside)
        self.signs += sum(signs)
        self.factors += len({name for name, one in zip(screen.world.factors, signs, strict=True) if one})
        self.negligible += sum(effect.call == "negligible" for effect in effects)
        self.rounds += screen.rounds
        for size, counts in self.found.items():
            at = np.flatnonzero(np.isclose(np.abs(truth), size, rtol=0.0, atol=1e-12))
            counts[0] += sum(effects[i].call == ("helps" if truth[i] > 0 else "hurts") for i in at)
            counts[1] += len(at)
        return wrong

    def row(self) -> dict[str, object]:
        """Return the figures of a table's row."""
        return {
            "changes": self.changes,
            "runs": self.runs,
            "truth": self.kind,
            "seeds": self.policy,
            "a false call": rate(self.false, self.repeats),
            "an interval that misses": rate(self.missed, self.repeats),
            "intervals that cover": f"{self.inside / self.intervals:.4f}",
            "signs called": f"{self.signs / self.repeats:.1f}",
            "factors called": f"{self.factors / self.repeats:.1f}",
            "called negligible": f"{self.negligible / self.repeats:.2f}",
            "rounds": f"{self.rounds / self.repeats:.1f}",
        }


def rate(count: int, number: int) -> str:
    """Return a rate with its 95 % interval (Wilson)."""
    if not number:
        return "-"
    ends = binomtest(count, number).proportion_ci(0.95, method="wilson")
    return f"{count / number:.3f} [{ends.low:.3f}, {ends.high:.3f}]"


def world(seed: int, repeat: int, changes: int, kind: Kind) -> World:
    """Return a truth that is the same for every budget and way of giving seeds."""
    return World(rng=np.random.default_rng([seed, repeat, changes]), changes=changes, kind=kind)


def measure(seed: int, repeats: int, changes: int, runs: int, kind: Kind, policy: Policy) -> Tally:
    """Run one case."""
    tally = Tally(changes=changes, runs=runs, kind=kind, policy=policy)
    for repeat in range(repeats):
        screen = Screen(world(seed, repeat, changes, kind), policy=policy)
        screen.spend(runs)
        tally.add(screen)
    return tally


def continued(seed: int, repeats: int, changes: int, runs: int, kind: Kind) -> dict[str, object]:
    """Return how often a study that is continued twice, its budget doubled each time, ends with a false call.

    The last figure counts studies with a false call at any of the three ends.
    """
    tallies = [Tally(changes=changes, runs=runs * 2**i, kind=kind, policy="adaptive") for i in range(3)]
    ever = 0
    for repeat in range(repeats):
        screen = Screen(world(seed, repeat, changes, kind))
        wrong = []
        for before, tally in zip([0, runs, 2 * runs], tallies, strict=True):
            screen.spend(tally.runs - before)
            wrong.append(tally.add(screen))
        ever += any(wrong)
    ends = {f"at {tally.runs} runs": rate(tally.false, repeats) for tally in tallies}
    covers = min(tally.inside / tally.intervals for tally in tallies)
    return {
        "changes": changes,
        "truth": kind,
        "first": runs,
        **{f"end {i + 1}": text for i, text in enumerate(ends.values())},
        "any of the ends": rate(ever, repeats),
        "intervals that cover, at least": f"{covers:.4f}",
    }


def power(tallies: list[Tally]) -> list[dict[str, object]]:
    """Return how often effects of each size are called with their sign, by budget."""
    rows = []
    for policy in ("adaptive", "even"):
        for runs in BUDGETS:
            ours = [one for one in tallies if (one.policy, one.runs, one.kind) == (policy, runs, "mixed")]
            row: dict[str, object] = {"seeds": policy, "runs": runs}
            for size in SIZES:
                counts = np.sum([one.found[size] for one in ours], axis=0)
                row[f"{size:g}"] = rate(int(counts[0]), int(counts[1]))
            rows.append(row)
    return rows


def show(title: str, rows: list[dict[str, object]]) -> None:
    """Print a table in Markdown."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
    sys.stdout.write(f"\n**{title}**\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines))
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=400, help="simulated studies of each case")
    parser.add_argument("--seed", type=int, default=8, help="not 0, 1 or 7, which chose the rule")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    # A first round is 8 runs of the reference and 2 of each change; smaller budgets are no screen.
    sized = [(number, runs) for number in CHANGES for runs in BUDGETS if runs >= 8 + 2 * number]
    cases: list[tuple[int, int, Kind, Policy]] = [(*one, "mixed", "adaptive") for one in sized]
    cases += [(22, runs, "nothing", "adaptive") for runs in BUDGETS]
    cases += [(26, 120, "nothing", "adaptive"), (16, 240, "border", "adaptive")]
    cases += [(number, runs, "mixed", "even") for number, runs in sized]
    cases += [(22, 120, "nothing", "even")]
    tallies = [measure(options.seed, options.repeats, *case) for case in cases]
    followed: list[tuple[Kind, int]] = [("nothing", 55), ("nothing", 80), ("mixed", 80)]
    tables = {
        "Validity": [tally.row() for tally in tallies],
        "Power": power(tallies),
        "Continued twice": [
            continued(options.seed, options.repeats, 22, runs, kind) for kind, runs in followed
        ],
    }
    for title, rows in tables.items():
        show(title, rows)
    if options.json is not None:
        options.json.write_text(json.dumps(tables, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
