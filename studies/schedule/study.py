"""Creating, opening and describing a study in a storage."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.objective import METRIC
from objectives.question.inputs import check_pools, load_pools, pool_costs
from objectives.space_objective import NOTE
from studies.config.fingerprint import from_fingerprint, refuse_difference
from studies.config.places import CONFIRM_SUFFIX, study_folder
from studies.config.settings import SETTINGS
from studies.schedule.ticket_study import TicketStudy
from studies.schedule.tune.tuning import PARTS, Tuning
from studies.storage import Address, StorageLock, open_storage, parse_address
from studies.storage.opening import GRACE_SECONDS
from wsnas.errors import InputError, did_you_mean, show, show_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import optuna
    from numpy.typing import NDArray

    from studies.config.settings import StudySettings
    from studies.storage.retry import RetryingStorage
    from wsnas.data.images import ImageSet

GRACE = "grace_seconds"
"""User attribute of a study: after what silence its workers count as dead."""
COSTS = "costs"
KEY = "key"
"""User attribute of a study: a random name, which no other study has."""
IMAGES = "images_sha256"
"""User attribute of a study: which images its trials see; absent until its first worker loads them."""


class ObjectiveAloneError(InputError):
    """The study was made with `objectives.objective_for` and not by `wsnas study`."""

    def __init__(self, name: str, study: optuna.Study) -> None:
        super().__init__(
            f"study {name!r} was made with the objective alone, without screen and confirmation:"
            " `wsnas report`, `importance` and `export` tell of it"
        )
        self.study = study
        """The study."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class OpenStudy:
    """A study and what it is about."""

    address: Address
    """Address of the storage."""
    storage: RetryingStorage
    """The storage, opened."""
    study: TicketStudy
    """The study of tune and screen trials."""
    confirm: TicketStudy
    """Its sibling with what is run again: selection, recheck and confirmation."""
    settings: StudySettings
    """What it is about."""
    costs: dict[str, NDArray[np.float64]]
    """Parameter counts and FLOPs of each pool's networks, shape (2, pool size), by pool."""
    tuning: Tuning = field(default_factory=Tuning)
    """Its sampler and pruner, and who hears of ended trials."""

    @property
    def name(self) -> str:
        """The study's name."""
        return self.study.study_name

    def lock(self) -> StorageLock:
        """Return the lock under which trials are planned, taken and returned to the queue."""
        return StorageLock(self.address, retry_seconds=self.storage.retry_seconds)

    @property
    def key(self) -> str:
        """A name of its own among all studies of all storages."""
        return str(self.study.user_attrs.get(KEY, self.study.study_name))


def create_or_open(
    address: Address | str,
    name: str,
    settings: StudySettings,
    *,
    grace: int | None = None,
    tuning: Tuning | None = None,
) -> OpenStudy:
    """Create the study, or open it where it exists and asks the same question.

    Args:
        address: Where studies are kept.
        name: The study's name.
        settings: Its question.
        grace: Seconds of silence after which a worker counts as dead, at least 2; the study's own where
            None. All workers of a study share it.
        tuning: Its sampler and pruner; this project's where None.

    Raises:
        InputError: it exists with other settings, sampler or pruner (the message names the difference), or
            the storage is bad.
    """
    import optuna

    tuning = tuning or Tuning()

    _refuse_half(name)
    address = parse_address(address)
    # A name that is stored must be one of a folder, too.
    study_folder(name, database=address.database, shown=address.shown)
    storage = open_storage(address)
    with StorageLock(address):
        _refuse_other_runs(storage, name, settings)
        study = optuna.create_study(
            storage=storage, study_name=name, direction="maximize", load_if_exists=True
        )
        kept = study.user_attrs.get(SETTINGS)
        if kept is None:
            if study.get_trials(deepcopy=False):
                raise InputError(f"study {name!r} in {address!r} was not made by wsnas; use another STUDY")
            pools = load_pools(settings)
            check_pools(settings, pools)
            _name_metric(study)
            create_half(storage, name, settings.fingerprint(), tuning.names())
            for key, text in tuning.describe(settings.sizes()).items():
                study.set_user_attr(key, text)
            study.set_user_attr(PARTS, tuning.names())
            costs = {name: pool_costs(settings, pool).tolist() for name, pool in pools.items()}
            study.set_user_attr(COSTS, json.dumps(costs))
            study.set_user_attr(KEY, new_key())
            # Last, since it marks the study as whole.
            study.set_user_attr(SETTINGS, settings.fingerprint())
        else:
            refuse_difference(kept=kept, asked=settings.fingerprint())
            tuning.refuse_others(study.user_attrs)
            # Earlier versions kept it in one of the two alone.
            if (half := find(storage, name + CONFIRM_SUFFIX)) and SETTINGS not in half.user_attrs:
                half.set_user_attr(SETTINGS, kept)
        if grace is not None:
            study.set_user_attr(GRACE, grace)
    return open_study(address, name, tuning=tuning)


def create_half(
    storage: RetryingStorage, name: str, settings: Mapping[str, Any], parts: Mapping[str, str]
) -> None:
    """Make a study's sibling where it is missing; it keeps what the study is, too, should that be deleted."""
    import optuna

    sibling = optuna.create_study(
        storage=storage, study_name=name + CONFIRM_SUFFIX, direction="maximize", load_if_exists=True
    )
    _name_metric(sibling)
    sibling.set_user_attr(PARTS, dict(parts))
    sibling.set_user_attr(SETTINGS, settings)


def new_key() -> str:
    """Return a name that no other study has."""
    return uuid.uuid4().hex[:12]


def _refuse_half(name: str) -> None:
    if name.endswith(CONFIRM_SUFFIX):
        raise InputError(
            f"study name {name!r}: names that end in {CONFIRM_SUFFIX} are those of confirmations"
        )


def _refuse_other_runs(storage: RetryingStorage, name: str, settings: StudySettings) -> None:
    """Refuse a new name whose sibling holds runs that are not known to be those of this question."""
    study, half = find(storage, name), find(storage, name + CONFIRM_SUFFIX)
    if half is None or not half.get_trials(deepcopy=False) or (study and SETTINGS in study.user_attrs):
        return
    kept = half.user_attrs.get(SETTINGS)
    if kept is None:
        raise InputError(
            f"study {name!r}: {half.study_name!r} is there and holds other runs; use another STUDY"
        )
    refuse_difference(kept=kept, asked=settings.fingerprint())


def find(storage: RetryingStorage, name: str) -> TicketStudy | None:
    """Return a study of a storage; None where it has none of this name."""
    try:
        return TicketStudy(study_name=name, storage=storage)
    except KeyError:
        return None


def _name_metric(study: optuna.Study) -> None:
    import warnings

    from optuna.exceptions import ExperimentalWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        study.set_metric_names([METRIC])


def open_study(
    address: Address | str, name: str, *, retry_seconds: float = 0.0, tuning: Tuning | None = None
) -> OpenStudy:
    """Open an existing study; `InputError` where there is none, or it is not ours.

    Args:
        address: Where studies are kept.
        name: The study's name.
        retry_seconds: Seconds to wait for a database that does not answer, now and later.
        tuning: With which sampler and pruner its trials are run; they must be those that it was made with.
            None where none is run.
    """
    address = parse_address(address)
    storage = open_storage(address, create=False, retry_seconds=retry_seconds)
    _refuse_half(name)
    study, confirm = find(storage, name), find(storage, name + CONFIRM_SUFFIX)
    if study is None:
        if confirm is not None:
            raise InputError(
                f"study {name!r} in {address!r} is gone but for its half {confirm.study_name!r}:"
                " `wsnas study repair` makes it again"
            )
        names = [known for known in study_names(address) if not known.endswith(CONFIRM_SUFFIX)]
        there = f"it has {', '.join(names)}" if names else "it has none"
        raise InputError(f"unknown study {name!r} in {address!r}: {there}{did_you_mean(name, names)}")
    kept: dict[str, Any] | None = study.user_attrs.get(SETTINGS)
    if kept is None and NOTE in study.user_attrs:
        raise ObjectiveAloneError(name, study)
    if kept is None:
        raise InputError(f"study {name!r} in {address!r} was not made by wsnas")
    if confirm is None:
        raise InputError(
            f"study {name!r} in {address!r} has lost its half {name + CONFIRM_SUFFIX!r}:"
            " `wsnas study repair` makes it again"
        )
    if tuning is not None:
        tuning.refuse_others(study.user_attrs)
    storage.grace_period = int(study.user_attrs.get(GRACE, GRACE_SECONDS))
    # Several beats fit into the grace, so that one that is late costs nothing.
    storage.heartbeat_interval = max(1, storage.grace_period // 6)
    return OpenStudy(
        address=address,
        storage=storage,
        study=study,
        confirm=confirm,
        settings=from_fingerprint(kept),
        costs={pool: np.array(costs) for pool, costs in json.loads(study.user_attrs[COSTS]).items()},
        tuning=tuning or Tuning(),
    )


def refuse_other_images(opened: OpenStudy, images: ImageSet) -> None:
    """Raise `InputError` where a study's trials saw other images; the first worker's are the study's."""
    with opened.lock():
        kept = opened.study.user_attrs.get(IMAGES)
        if kept is None:
            opened.study.set_user_attr(IMAGES, images.sha256)
    if kept not in (None, images.sha256):
        raise InputError(
            f"data set {show(images.name)}: its files are not those that the study's trials saw (SHA-256 now"
            f" {images.sha256[:12]}.., then {show_text(str(kept)[:12])}..): bring those back, or use another"
            " STUDY"
        )


def study_exists(address: Address | str, name: str) -> bool:
    """Return whether a storage has a study; nothing is made where there is no storage."""
    try:
        return name in study_names(address)
    except InputError:
        return False


def kept_factors(address: Address | str, name: str) -> list[str] | None:
    """Return the names of the factors that a study was made with; None where there is no such study."""
    try:
        study = find(open_storage(address, create=False), name)
    except InputError:
        return None
    kept = None if study is None else study.user_attrs.get(SETTINGS)
    factors = kept.get("factors") if isinstance(kept, dict) else None
    return list(factors) if isinstance(factors, dict) else None


def study_names(address: Address | str) -> list[str]:
    """Return the names of all studies in a storage."""
    import optuna

    return sorted(optuna.get_all_study_names(storage=open_storage(address, create=False)))
