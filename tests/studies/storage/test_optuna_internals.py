"""What `studies.storage.optuna_internals` takes for granted: where one fails, a new Optuna changed that."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.artifacts import FileSystemArtifactStore, get_all_artifact_meta, upload_artifact
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import TrialState

from studies.storage import open_storage
from studies.storage import optuna_internals as internals

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
PRIVATE = {"_storage", "_trial_id", "_study_id", "_thread_local", "_backend", "system_attrs"}

pytestmark = [
    pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning"),
    pytest.mark.filterwarnings("ignore:Heartbeat of storage is supposed:UserWarning"),
]


@pytest.fixture
def study(tmp_path: Path) -> optuna.Study:
    return optuna.create_study(storage=open_storage(f"sqlite:///{tmp_path}/x.db"), study_name="x")


def test_optuna_still_keeps_a_trials_key_in_trial_id(study: optuna.Study) -> None:
    trial = study.ask()
    storage = internals.backend_of(study)
    assert internals.trial_key(trial) == internals.trial_key(study.trials[0])
    assert storage.get_trial(internals.trial_key(trial)).number == trial.number


def test_optuna_still_keeps_a_studys_key_in_study_id(study: optuna.Study) -> None:
    assert internals.backend_of(study).get_study_name_from_id(internals.study_key(study)) == "x"


def test_optuna_still_puts_a_cache_before_the_storage_and_keeps_that_in_backend(study: optuna.Study) -> None:
    storage = internals.backend_of(study)
    assert isinstance(storage, RDBStorage)
    assert storage is not study._storage


def test_optuna_still_asks_the_storage_itself_which_trials_are_stale(tmp_path: Path) -> None:
    asked: list[int] = []

    class Storage(internals.HeartbeatStorage):
        def stale_trials(self, study_id: int) -> list[int]:
            asked.append(study_id)
            return super().stale_trials(study_id)

    storage = Storage(f"sqlite:///{tmp_path}/x.db", heartbeat_interval=60)
    study = optuna.create_study(storage=storage)
    optuna.storages.fail_stale_trials(study)
    assert asked == [internals.study_key(study)]


@pytest.mark.parametrize("name", internals.UNLISTED_CALLS)
def test_optunas_storage_still_has_the_calls_that_its_cache_makes(name: str) -> None:
    assert callable(getattr(RDBStorage, name))
    source = Path(str(optuna.storages._cached_storage.__file__)).read_text()
    assert f"_backend.{name}" in source


def test_optuna_still_reads_one_trial_from_the_storage(study: optuna.Study) -> None:
    trial = study.ask()
    trial.set_user_attr("seen", 1)
    assert internals.read_trial(study, trial).user_attrs == {"seen": 1}


def test_optuna_still_starts_a_chosen_waiting_trial_once(study: optuna.Study) -> None:
    for value in (0.25, 0.75):
        study.enqueue_trial({"x": value})
    chosen = study.trials[1]
    started = internals.start_trial(study, chosen)
    assert started is not None
    assert started.suggest_float("x", 0, 1) == 0.75
    assert internals.start_trial(study, chosen) is None
    assert [trial.state for trial in study.trials] == [TrialState.WAITING, TrialState.RUNNING]


def test_optuna_still_reads_what_a_waiting_trial_was_enqueued_with_when_it_starts(
    study: optuna.Study,
) -> None:
    study.enqueue_trial({"x": 0.25})
    internals.set_enqueued_parameters(study, study.trials[0], {"x": 0.75})
    assert internals.enqueued_parameters(study.trials[0]) == {"x": 0.75}
    assert study.ask().suggest_float("x", 0, 1) == 0.75


def test_optunas_sampler_still_sees_the_trials_that_ended_since_the_last_start(study: optuna.Study) -> None:
    study.enqueue_trial({})
    study.enqueue_trial({})
    first, second = study.trials
    assert internals.start_trial(study, first) is not None
    assert len(study._get_trials(deepcopy=False, use_cache=True)) == 2
    optuna.load_study(study_name="x", storage=internals.backend_of(study)).add_trial(
        optuna.trial.create_trial(value=0.5)
    )
    assert internals.start_trial(study, second) is not None
    assert len(study._get_trials(deepcopy=False, use_cache=True)) == 3


def test_optuna_still_ends_a_waiting_trial_as_failed(study: optuna.Study) -> None:
    study.enqueue_trial({})
    internals.fail_trial(study, study.trials[0])
    assert study.trials[0].state is TrialState.FAIL
    with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):
        internals.fail_trial(study, study.trials[0])


def test_optuna_still_lets_any_process_set_a_trials_attribute(study: optuna.Study) -> None:
    study.enqueue_trial({})
    internals.set_attribute(study, study.trials[0], "owner", "me")
    assert study.trials[0].user_attrs == {"owner": "me"}


def test_optuna_still_keeps_what_was_enqueued_in_fixed_params(study: optuna.Study) -> None:
    study.enqueue_trial({"x": 0.25})
    assert study.trials[0].params == {}
    assert internals.enqueued_parameters(study.trials[0]) == {"x": 0.25}


def test_optuna_still_knows_a_retry_by_failed_trial_and_retry_history(study: optuna.Study) -> None:
    study.enqueue_trial({"x": 0.25})
    internals.fail_trial(study, study.trials[0])
    for last in (0, 1):
        internals.add_retry(
            study, study.trials[last], first=0, parameters={"x": 0.25}, user_attrs={"ticket": 7}
        )
    retry = study.trials[-1]
    assert RetryHeartbeatStaleTrialCallback.retried_trial_number(retry) == 0
    assert RetryHeartbeatStaleTrialCallback.retry_history(retry) == [0, 1]
    assert internals.enqueued_parameters(retry) == {"x": 0.25}
    assert (retry.state, retry.user_attrs) == (TrialState.WAITING, {"ticket": 7})


def test_optuna_still_finds_artifacts_under_the_prefix_of_its_uploads(
    study: optuna.Study, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text("x")
    store = FileSystemArtifactStore(tmp_path)
    upload_artifact(study_or_trial=study, file_path=str(tmp_path / "page.html"), artifact_store=store)
    (uploaded,) = get_all_artifact_meta(study)
    mine = type(uploaded)(artifact_id="mine", filename="page.html", mimetype="text/html", encoding=None)
    address = internals.record_artifact(study, mine)
    assert address == f"/artifacts/{internals.study_key(study)}/mine"
    assert {one.artifact_id for one in get_all_artifact_meta(study)} == {uploaded.artifact_id, "mine"}


def _uses(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and node.attr in PRIVATE:
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if not own or node.attr == "system_attrs":
                yield f"{file.relative_to(ROOT)}:{node.lineno} .{node.attr}"
        names = []
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            first, *rest = name.split(".")
            if first == "optuna" and any(part.startswith("_") for part in rest):
                yield f"{file.relative_to(ROOT)}:{node.lineno} {name}"


def test_no_other_module_uses_optunas_private_parts() -> None:
    files = [file for package in ("studies", "objectives") for file in (ROOT / package).rglob("*.py")]
    allowed = Path(internals.__file__).resolve()
    assert [use for file in files if file.resolve() != allowed for use in _uses(file)] == []
    assert list(_uses(allowed)), "the scan finds what there is"
