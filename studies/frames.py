"""Parts of an answer as pandas DataFrames."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from studies.analysis import FactorEffect
    from studies.answer import Answer


def frame(rows: Sequence[dict[str, Any]], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return rows as a DataFrame; `InputError` where pandas is not installed.

    Args:
        rows: Values by column.
        columns: The columns where there may be no rows; those of the rows where None.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise InputError(
            "pandas is not installed, and tables need it: pip install 'wsnas[pandas]'"
        ) from error
    return pd.DataFrame(list(rows), columns=None if columns is None else list(columns))


def importance_frame(answer: Answer) -> pd.DataFrame:
    """Return a row for each factor that varied, the largest share first, indexed by its name."""
    rows = [asdict(one) for one in answer.importance]
    return frame(rows, None if rows else ("name", "share", "low", "high", "told_apart")).set_index("name")


def effects_frame(answer: Answer) -> pd.DataFrame:
    """Return a row for each difference that was estimated.

    Columns: ``factor``; ``held``, which is ``recipe`` for other factors equal or ``recipe and seconds``;
    ``first`` and ``second``, the values compared; ``difference``, s-KdT at the first minus s-KdT at the
    second, with ``low`` and ``high``; ``told_apart``, whether the factor stands out from inert ones.
    """
    columns = ("factor", "held", "first", "second", "difference", "low", "high", "told_apart")
    rows = frame([row for effect in answer.effects for row in _differences(effect)], columns)
    # Without rows the columns would have no types to select by.
    return rows.astype({"told_apart": bool, **dict.fromkeys(("difference", "low", "high"), float)})


def architectures_frame(answer: Answer) -> pd.DataFrame:
    """Return a row for each architecture that the final search found."""
    found = () if answer.search is None else answer.search.found
    columns = ("architecture", "supernet_accuracy", "truth", "rank")
    return frame([asdict(one) for one in found], columns)


def _differences(effect: FactorEffect) -> Iterator[dict[str, Any]]:
    for held, comparison in (("recipe", effect.equal_recipe), ("recipe and seconds", effect.equal_compute)):
        if comparison is None:
            continue
        contrasts = {
            (one.first, one.second): one for one in (*comparison.from_best, *comparison.from_default)
        }
        for one in contrasts.values():
            yield {
                "factor": effect.name,
                "held": held,
                **asdict(one),
                "told_apart": comparison.told_apart,
            }
