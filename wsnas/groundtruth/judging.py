"""What accuracies must be like to be a ground truth; every table, and every seed of one, is held to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

_NO_CHANCE = 10
"""So many accuracies are not all equal by chance."""
_USELESS = 0.01
"""Networks that get no more right than this have learnt nothing."""


def fault(values: ArrayLike, *, of: str = "", architectures: Sequence[object] | None = None) -> str | None:
    """Say in words why architectures could not be ranked by these accuracies; None where they could.

    They must be finite, from 0 to 1, above 0.01 at best, and not all equal.

    Args:
        values: Accuracies as fractions, shape (n,), at least one.
        of: What all of them are of, such as ``seed 777``, where that is a part of the table.
        architectures: Whose they are, in the same order; the first one with a wrong accuracy is named.
    """
    found = np.asarray(values, dtype=np.float64)
    low, high = float(found.min()), float(found.max())
    these = f"{len(found):,} accuracies{of and ' of '}{of}"
    if not 0 <= low <= high <= 1:
        finite = np.isfinite(found)
        good = finite if not finite.all() else (found >= 0) & (found <= 1)
        row = int(np.argmin(good))
        return (
            f"{'one' if architectures is None else architectures[row]} has the accuracy {found[row]:g}, must"
            f" be a fraction from 0 to 1: of the {these} {np.count_nonzero(good):,} are"
            f" {'from 0 to 1' if finite.all() else 'finite'}"
        )
    if low == high and len(found) >= _NO_CHANCE:
        return f"the {these} are all {low:g}: there is nothing to rank by"
    if high <= _USELESS:
        return (
            f"the {these} range from {low:g} to {high:g}, the best must be above {_USELESS:g}: were fractions"
            " taken for percentages?"
        )
    return None
