"""How often verdicts are false, and how many seeds they want: ablations with known effects, simulated.

Run it as `python -m benchmarks.verdicts [--rounds 1000] [--seeds 3 6 12] [--json FILE]`. A reference with
thrice the seeds and 17 recipes are drawn with a known truth, judged as `wsnas verdicts` judges them, and
the verdicts compared with the truth.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

from tests.studies.verdicts.simulation import FALSE_CONFIRMED, FALSE_REFUTED, SPREADS, at, simulate


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """Measure the error rates of verdicts."""

    rounds: int = 1000
    """Simulated ablations for each case."""
    seeds: tuple[int, ...] = (3, 6, 12)
    """Seeds of each recipe."""
    json: Path | None = None
    """Also write the figures here."""

    def run(self) -> None:
        """Measure and print."""
        rows = [
            self._row(seeds, spread, skewed)
            for seeds in self.seeds
            for spread in SPREADS
            for skewed in (False, True)
        ]
        names = list(rows[0])
        lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
        print("\n".join(f"| {' | '.join(line)} |" for line in lines))  # noqa: T201
        if self.json is not None:
            self.json.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")

    def _row(self, seeds: int, spread: str, skewed: bool) -> dict[str, object]:
        rng = np.random.default_rng([seeds, SPREADS.index(spread), skewed])
        missed = confirmed = refuted = 0
        widths: list[float] = []
        for _ in range(self.rounds):
            truth = at(FALSE_CONFIRMED)
            found, verdicts = simulate(rng, truth, seeds=seeds, spread=spread, skewed=skewed)
            confirmed += "confirmed" in verdicts
            missed += any(not one.low <= true <= one.high for one, true in zip(found, truth, strict=True))
            widths.append(float(np.median([(one.high - one.low) / 2 for one in found])))
            _found, verdicts = simulate(rng, at(FALSE_REFUTED), seeds=seeds, spread=spread, skewed=skewed)
            refuted += "refuted" in verdicts
        return {
            "seeds": seeds,
            "noise of the recipes": spread,
            "seeds scatter": "skewed" if skewed else "normally",
            "ablations with a false confirmation": confirmed / self.rounds,
            "with a false refutation": refuted / self.rounds,
            "with an interval that misses": missed / self.rounds,
            "half an interval, median": round(float(np.mean(widths)), 3),
        }


if __name__ == "__main__":
    tyro.cli(Verdicts).run()
