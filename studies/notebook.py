"""A study for notebooks and scripts: trials as a table, importance, effects, recipe, figures, answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError, one_of, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import optuna
    import pandas as pd
    from matplotlib.figure import Figure

    from objectives.recipe import Recipe
    from studies.report.answer import Answer
    from studies.schedule.study import OpenStudy

_EFFECTS: dict[str, type] = {
    "factor": str,
    "equal": str,
    "first": object,
    "second": object,
    "difference": float,
    "low": float,
    "high": float,
    "low_among_all": float,
    "high_among_all": float,
    "significant": bool,
}
"""Columns of a table of effects without rows."""


def load(
    space: str = "nb201",
    *,
    scale: str = "mini",
    study: str | None = None,
    storage: str | None = None,
    rounds: int = 200,
) -> LoadedStudy:
    """Open a study to look at it; nothing is trained and nothing is changed.

    Args:
        space: Search space; with the scale it names the study where `study` does not.
        scale: How big its runs are: tiny, mini, gpu or paper.
        study: Name of the study; ``SPACE-SCALE`` by default.
        storage: Where it is kept; ``$WSNAS_STORAGE``, or ``sqlite:///runs/wsnas.db``, by default.
        rounds: Bootstrap and permutation rounds of the analysis of factors, at least 20.

    Returns:
        The study. What is computed once is kept; `LoadedStudy.reload` looks again.

    Raises:
        InputError: no such storage or study; the message names what there is.
    """
    from studies.config.places import study_name
    from studies.schedule.study import open_study
    from studies.storage.address import chosen_address

    if rounds < 20:
        raise InputError(f"rounds {rounds}: at least 20 are wanted")
    address, name = chosen_address(storage), study or study_name(space, scale)
    return LoadedStudy(opened=open_study(address, name), rounds=rounds)


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedStudy:
    """A study as it stood when it was first looked at."""

    opened: OpenStudy
    """Its trials in the storage, and what it is about."""
    rounds: int
    """Bootstrap and permutation rounds of the analysis of factors."""

    def reload(self) -> LoadedStudy:
        """Return the study as it is now."""
        from studies.schedule.study import open_study

        return LoadedStudy(opened=open_study(self.opened.address, self.name), rounds=self.rounds)

    @property
    def name(self) -> str:
        """The study's name."""
        return self.opened.name

    @cached_property
    def study(self) -> optuna.Study:
        """The Optuna study of tune and screen; its sibling ``NAME-confirm`` holds what was run again."""
        import optuna

        return optuna.load_study(study_name=self.name, storage=self.opened.storage)

    @cached_property
    def answer(self) -> Answer:
        """Everything that the report shows, as dataclasses."""
        from studies.report.gather import gather

        return gather(self.opened, rounds=self.rounds)

    @property
    def headline(self) -> str:
        """What to do, in a few sentences."""
        from studies.report.words.wording import headline

        return headline(self.answer)

    @property
    def confirmed(self) -> bool:
        """Whether `best_recipe` was measured with fresh seeds on fresh architectures."""
        return self.answer.winner is not None

    @property
    def best_recipe(self) -> Recipe | None:
        """The confirmed recipe, else that of the best trial so far; None before any trial is complete."""
        from studies.report.words.recommend import best_recipe

        return best_recipe(self.answer)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of `wsnas export` by its name: trials, curves, measured, ranking and so on.

        Raises:
            InputError: there is no such table, or pandas is not installed.
        """
        from studies.report.tables.catalogue import TABLES, columns

        if name not in TABLES:
            raise InputError(f"table {show(name)}: {one_of(name, TABLES)}")
        rows = TABLES[name](self.opened, self.answer)
        return _frame(rows, None if rows else columns(name, self.opened))

    @cached_property
    def trials(self) -> pd.DataFrame:
        """Finished trials of tune and screen: a row each, with ``value`` (s-KdT) and a column a factor.

        The value of a pruned trial is missing, its last rungs are in columns such as ``at_50``. A diverged
        trial has the value -1 and ``diverged`` set.
        """
        return self._trials_of(self.opened.study.study_name)

    @cached_property
    def confirmations(self) -> pd.DataFrame:
        """Finished runs of selection, recheck and confirmation, with the columns of `trials`."""
        return self._trials_of(self.opened.confirm.study_name)

    @cached_property
    def screen(self) -> pd.DataFrame:
        """What each single change of the reference recipe does to s-KdT, the most important first.

        ``effect`` with ``low`` and ``high``, which hold for all changes at once, and the ``call``: helps,
        hurts, negligible or undecided. Where ``can_act`` is false a change shows what chance looks like.
        Empty before there is a reference, and in a wide screen.
        """
        return self.table("screen")

    @cached_property
    def importance(self) -> pd.DataFrame:
        """Factors by their share of what the main effects explain, largest first, with 95 % intervals.

        This and the next three are of a wide screen (`--screen sobol`), and empty in one of single changes.
        """
        found = self.table("importance")
        return found.set_index("name")

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Differences in s-KdT between two values of a factor, with 95 % intervals.

        ``difference`` is s-KdT at ``first`` minus s-KdT at ``second``; ``equal`` says what is held equal
        beside the other factors; ``significant`` whether the factor stands out from inert ones. ``low`` and
        ``high`` are of the difference alone, ``low_among_all`` and ``high_among_all`` hold for all
        differences at once: they include 0 wherever the factor is not significant.
        """
        found = self.table("effects")
        # Without rows there would be no columns to select by.
        return found if len(found) else _frame([], _EFFECTS).astype(_EFFECTS)

    @cached_property
    def interactions(self) -> pd.DataFrame:
        """The pairs of factors that most clearly act together; empty where the screen is too small.

        ``spread`` is the standard deviation of what they do beyond the sum of both, in s-KdT, and
        ``significant`` whether the pair stands out among all pairs.
        """
        return self.table("interactions")

    @cached_property
    def divergence(self) -> pd.DataFrame:
        """How often the screen's trials diverged, by factor and level; empty where none did."""
        return self.table("divergence")

    @cached_property
    def architectures(self) -> pd.DataFrame:
        """What the final search found, the super-nets' favourite first; empty before it ran."""
        return self.table("search")

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """Every picture of the report that there is data for, by name, as matplotlib figures."""
        return {name: self.figure(name) for name in self._pictures()}

    def figure(self, name: str) -> Figure:
        """Draw one picture; `InputError` where there is none of this name, or no data for it yet."""
        ready = self._pictures()
        if name not in ready:
            raise InputError(f"figure {show(name)}: study {self.name!r} has {', '.join(ready) or 'none yet'}")
        return ready[name](self.answer)

    def __str__(self) -> str:
        """Return the study's name and what to do."""
        return f"{self.name}: {self.headline}"

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(self.name)}</b></p><p>{escape(self.headline)}</p>"

    def _pictures(self) -> dict[str, Callable[[Answer], Figure]]:
        from studies.report.figures import PICTURES

        return {picture.name: picture.draw for picture in PICTURES if picture.ready(self.answer)}

    def _trials_of(self, study: str) -> pd.DataFrame:
        from studies.report.tables.trial_rows import trial_columns, trial_rows

        rows = [row for row in trial_rows(self.opened) if row["study"] == study]
        found = _frame(rows, None if rows else trial_columns(self.opened))
        return found.drop(columns="study")


def _frame(rows: Sequence[dict[str, Any]], columns: Iterable[str] | None = None) -> pd.DataFrame:
    try:
        import pandas as pd
    except ImportError as error:
        raise InputError(
            "pandas is not installed, and tables need it: pip install 'wsnas[pandas]'"
        ) from error
    return pd.DataFrame(list(rows), columns=None if columns is None else list(columns))
