"""How much error a change may spend, by how many seeds it has.

Seeds are given where they decide, so how many a change has depends on what it showed. A change is therefore
judged at looks: at 2 seeds, at 4, at 8, at 16 and so on. Each look spends a share of the change's error, and
the shares of all looks have a finite sum, however many looks a continued study adds. A change's look follows
from its own number of seeds, so there is nothing to keep.

Were the sum 1, the union bound would hold for every rule of giving seeds, at a high price: looks lean on the
same runs, and few changes that do nothing reach the later ones, so the simulated rate of false calls was
a fifth of what is allowed. The sum is 1.5: the bound for the worst rule of giving seeds is 7.5 %, and the
rate with the rule that is used was simulated: below 3 % at each end of a study, 5 % for any of three ends
(`docs/screen.md`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.analysis.intervals import LEAST_SEEDS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SPENT = 1.5
"""Sum of the shares of all looks."""
_SHARES = (0.2, 0.4, 0.4)
"""What the first looks spend; each later one spends half of what is left then."""


def look(seeds: ArrayLike) -> NDArray[np.int64]:
    """Return which look a change is at, from 0; looks are at 2 seeds, 4, 8, 16 and so on."""
    several = np.maximum(np.asarray(seeds, dtype=np.float64), LEAST_SEEDS)
    return np.floor(np.log2(several / LEAST_SEEDS) + 1e-9).astype(np.int64)


def seeds_at(look: ArrayLike) -> NDArray[np.int64]:
    """Return with how many seeds a look begins."""
    return LEAST_SEEDS * 2 ** np.asarray(look, dtype=np.int64)


def share(seeds: ArrayLike) -> NDArray[np.float64]:
    """Return the share of its error that a change may spend with so many seeds."""
    number = look(seeds)
    first = np.array(_SHARES)
    later = (SPENT - first.sum()) * 0.5 ** (number - len(first) + 1.0)
    return np.where(number < len(first), first[np.minimum(number, len(first) - 1)], later)
