"""Creating, opening and describing a study in a storage."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.objective import METRIC
from studies import sampling, tickets
from studies.context import TRIALS, load_pools, pool_costs
from studies.design import sobol_design
from studies.queue import TicketStudy
from studies.settings import StudySettings, from_fingerprint, refuse_difference
from studies.storage import Address, Exclusive, open_storage, parse_address
from studies.storage.opening import GRACE_SECONDS
from wsnas.errors import InputError

if TYPE_CHECKING:
    import optuna
    from numpy.typing import NDArray

    from objectives.recipe import Recipe
    from studies.storage.patience import PatientStorage

SETTINGS = "settings"
GRACE = "grace_seconds"
"""User attribute of a study: after what silence its workers count as dead."""
COSTS = "costs"
KEY = "key"
"""User attribute of a study: a random name, which no other study has."""
CONFIRM_SUFFIX = "-confirm"


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Handle:
    """A study and what it is about."""

    address: Address
    """Address of the storage."""
    storage: PatientStorage
    """The storage, opened."""
    study: TicketStudy
    """The study of screen and tune trials."""
    confirm: TicketStudy
    """Its sibling with the trials of selection and confirmation."""
    settings: StudySettings
    """What it is about."""
    costs: dict[str, NDArray[np.float64]]
    """Parameter counts and FLOPs of each pool's networks, shape (2, pool size), by pool."""

    @property
    def name(self) -> str:
        """The study's name."""
        return self.study.study_name

    @property
    def key(self) -> str:
        """A name of its own among all studies of all storages."""
        return str(self.study.user_attrs.get(KEY, self.study.study_name))

    @property
    def parameters(self) -> dict[str, NDArray[np.float64]]:
        """Parameter counts of each pool's networks, by pool."""
        return {pool: costs[0] for pool, costs in self.costs.items()}


def create_or_open(
    address: Address | str, name: str, settings: StudySettings, *, grace: int | None = None
) -> Handle:
    """Create the study, or open it where it exists and asks the same question.

    Args:
        address: Where studies are kept.
        name: The study's name.
        settings: Its question.
        grace: Seconds of silence after which a worker counts as dead, at least 2; the study's own where
            None. All workers of a study share it.

    Raises:
        InputError: it exists with other settings (the message names the difference), or the storage is bad.
    """
    import optuna

    if name.endswith(CONFIRM_SUFFIX):
        raise InputError(
            f"study name {name!r}: names that end in {CONFIRM_SUFFIX} are those of confirmations"
        )
    address = parse_address(address)
    storage = open_storage(address)
    with Exclusive(address):
        study = optuna.create_study(
            storage=storage, study_name=name, direction="maximize", load_if_exists=True
        )
        kept = study.user_attrs.get(SETTINGS)
        if kept is None:
            if study.get_trials(deepcopy=False):
                raise InputError(f"study {name!r} in {address!r} was not made by wsnas; use another STUDY")
            sibling = optuna.create_study(
                storage=storage, study_name=name + CONFIRM_SUFFIX, direction="maximize", load_if_exists=True
            )
            for named in (study, sibling):
                _name_metric(named)
            for key, text in sampling.describe(settings.sizes()).items():
                study.set_user_attr(key, text)
            costs = {
                pool: pool_costs(settings, members).tolist() for pool, members in load_pools(settings).items()
            }
            study.set_user_attr(COSTS, json.dumps(costs))
            study.set_user_attr(KEY, uuid.uuid4().hex[:12])
            # Last, since it marks the study as whole.
            study.set_user_attr(SETTINGS, settings.fingerprint())
        else:
            refuse_difference(kept=kept, asked=settings.fingerprint())
        if grace is not None:
            study.set_user_attr(GRACE, grace)
    return open_study(address, name)


def _name_metric(study: optuna.Study) -> None:
    import warnings

    from optuna.exceptions import ExperimentalWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        study.set_metric_names([METRIC])


def open_study(address: Address | str, name: str, *, patience: float = 0.0) -> Handle:
    """Open an existing study; `InputError` where there is none, or it is not ours.

    Args:
        address: Where studies are kept.
        name: The study's name.
        patience: Seconds to wait for a database that does not answer, now and later.
    """
    address = parse_address(address)
    storage = open_storage(address, create=False, patience=patience)
    try:
        study = TicketStudy(study_name=name, storage=storage)
        kept: dict[str, Any] | None = study.user_attrs.get(SETTINGS)
        if kept is None:
            raise InputError(f"study {name!r} in {address!r} was not made by wsnas")
        confirm = TicketStudy(study_name=name + CONFIRM_SUFFIX, storage=storage)
    except KeyError:
        names = [known for known in study_names(address) if not known.endswith(CONFIRM_SUFFIX)]
        there = f"it has {', '.join(names)}" if names else "it has none"
        raise InputError(f"unknown study {name!r} in {address!r}: {there}") from None
    storage.grace_period = int(study.user_attrs.get(GRACE, GRACE_SECONDS))
    # Several beats fit into the grace, so that one that is late costs nothing.
    storage.heartbeat_interval = max(1, storage.grace_period // 6)
    return Handle(
        address=address,
        storage=storage,
        study=study,
        confirm=confirm,
        settings=from_fingerprint(kept),
        costs={pool: np.array(costs) for pool, costs in json.loads(study.user_attrs[COSTS]).items()},
    )


def study_names(address: Address | str) -> list[str]:
    """Return the names of all studies in a storage."""
    import optuna

    return sorted(optuna.get_all_study_names(storage=open_storage(address, create=False)))


def plan_trials(handle: Handle, *, budget: int | None) -> None:
    """Settle the budget: enqueue the tickets that are missing, take back waiting ones beyond it.

    The baselines come first, then the screen, whose size was settled when the study was made; a raised
    budget adds tune trials. None keeps the study's budget, and gives a new study the scale's. Runs that were
    given up get another chance.
    """
    settings = handle.settings
    with Exclusive(handle.address):
        attributes = handle.study.user_attrs
        if budget is None:
            budget = attributes.get(tickets.BUDGET, settings.sizes().trials)
        if tickets.BUDGET not in attributes:
            handle.study.set_user_attr("screen", screen_size(budget - len(settings.baselines())))
        tickets.set_budget(handle.study, budget)
        design = sobol_design(
            settings.factors,
            size=handle.study.user_attrs["screen"],
            seed=tickets.run_seed(settings.seed, "screen", 0),
        )
        planned = [
            *(("baseline", recipe) for recipe in settings.baselines()),
            *(("screen", recipe) for recipe in design),
        ]
        tickets.enqueue(handle.study, (_ticket(settings, planned, number) for number in range(budget)))
        for study in (handle.study, handle.confirm):
            tickets.forgive(study)


def _ticket(settings: StudySettings, planned: list[tuple[str, Recipe]], number: int) -> tickets.Ticket:
    """Return a ticket of the budget; those after the planned recipes leave the recipe to the sampler."""
    phase, parameters = planned[number] if number < len(planned) else ("tune", {})
    return tickets.Ticket(
        number=number,
        phase=phase,
        parameters=dict(parameters),
        seed=tickets.run_seed(settings.seed, "trial", number),
        pool=TRIALS,
        prunable=phase == "tune",
    )


def screen_size(available: int) -> int:
    """Return the largest power of two that leaves a quarter of the available trials to tune."""
    size = 1
    while 2 * size <= 0.75 * available:
        size *= 2
    return size if available >= 1 else 0
