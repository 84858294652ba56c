"""Made-up studies: pools without a table, and trials that are ended by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pytest

from objectives.question.choices import choose_factors
from objectives.question.scales import load_scale
from studies.schedule import study as study_module
from studies.schedule.plan import plan_trials
from studies.schedule.screen import measured
from studies.schedule.study import create_or_open
from tests.studies.made_runs import ARCHITECTURES, MadeStudy, made_pools
from tests.studies.made_settings import made_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from objectives.factors import Factor
    from objectives.recipe import Recipe

FEW = ("cells", "channels", "bn_affine", "learning_rate_schedule")
"""Factors with one alternative each at the known start, so that a first round has 8 + 4 * 2 + 2 runs."""
FIRST_ROUND = 18


def only(*names: str) -> tuple[Factor, ...]:
    """Return the factors of a study of some of them."""
    return choose_factors(space="nb201", scale=load_scale("mini", "nb201"), only=names)


class Make(Protocol):
    """Makes a study of nb201 at the scale mini, of the few factors above, whose trials are planned."""

    def __call__(
        self,
        quality: Callable[[Recipe], float | str] = ...,
        *,
        budget: int | None = ...,
        name: str = ...,
        scatter: float = ...,
        **changes: Any,
    ) -> MadeStudy: ...


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    for module in (study_module, measured):
        monkeypatch.setattr(module, "load_pools", made_pools)
    monkeypatch.setattr(study_module, "pool_costs", lambda *_: np.zeros((2, ARCHITECTURES)))

    def make(
        quality: Callable[[Recipe], float | str] = lambda _: 0.5,
        *,
        budget: int | None = None,
        name: str = "x",
        scatter: float = 0.1,
        **changes: Any,
    ) -> MadeStudy:
        settings = made_settings(**{"factors": only(*FEW), **changes})
        opened = create_or_open(f"sqlite:///{tmp_path}/wsnas.db", name, settings)
        plan_trials(opened, budget=budget)
        return MadeStudy(opened=opened, quality=quality, scatter=scatter)

    return make
