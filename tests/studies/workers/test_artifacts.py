from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.artifacts.exceptions import ArtifactNotFound
from optuna.trial import TrialState
from optuna_dashboard import wsgi

from studies.config.places import ARTIFACTS
from studies.schedule.study import OpenStudy
from studies.storage import open_storage
from studies.storage.optuna_internals import attributes_of
from studies.workers.artifacts import Artifacts, artifact_folders, illustrate
from tests.studies.asking import ask
from tests.studies.pictures.reading import dots

Get = Callable[[str], tuple[str, dict[str, str], bytes]]
TRUTH = np.linspace(0.1, 0.9, 12)


@pytest.fixture
def get(small_study: Path) -> Get:
    """Asks a dashboard of the finished study for a path."""
    folder = small_study / "runs/nb201-mini" / ARTIFACTS
    storage = open_storage(f"sqlite:///{small_study}/runs/wsnas.db", create=False)
    application = wsgi(storage, artifact_store=Artifacts(lambda: [folder]))

    return partial(ask, application)


def test_every_trial_that_was_ranked_has_its_pictures_in_the_dashboard(get: Get, finished: OpenStudy) -> None:
    for study in (finished.study, finished.confirm):
        number = study._study_id
        trials = json.loads(get(f"/api/studies/{number}")[2])["trials"]
        assert trials
        for trial in trials:
            kept = {one["filename"]: one for one in trial["artifacts"]}
            assert set(kept) == {"ranking.svg", "curve.svg"}
            address = f"/artifacts/{number}/{trial['trial_id']}/{kept['ranking.svg']['artifact_id']}"
            status, headers, body = get(address)
            assert status.startswith("200")
            assert headers["Content-Type"] == "image/svg+xml"
            assert len(dots(body.decode())) == len(
                json.loads(attributes_of(study.trials[trial["number"]])["correct"])
            )


def test_the_dashboards_lists_stay_narrow_and_curves_end_at_the_value(get: Get, finished: OpenStudy) -> None:
    for study in (finished.study, finished.confirm):
        shown = json.loads(get(f"/api/studies/{study._study_id}")[2])
        for trial in shown["trials"]:
            lengths = {attribute["key"]: len(attribute["value"]) for attribute in trial["user_attrs"]}
            assert max(lengths.values()) <= 120, lengths
        for trial in study.trials:
            if trial.state is TrialState.COMPLETE:
                assert trial.intermediate_values[100] == trial.value
                assert set(attributes_of(trial)) - set(trial.user_attrs) == {"correct", "losses"}


def test_attributes_of_earlier_versions_are_read(finished: OpenStudy) -> None:
    old = optuna.create_study()
    old.set_user_attr("costs", "[]")
    old.add_trial(optuna.create_trial(value=0.5, user_attrs={"correct": "[3]", "losses": "[1.5]"}))
    assert attributes_of(old) == {"costs": "[]"}
    assert attributes_of(old.trials[0]) == {"correct": "[3]", "losses": "[1.5]"}
    assert "costs" in attributes_of(finished.study)
    assert "costs" not in finished.study.user_attrs


def test_the_dashboard_shows_metric_plots_and_a_note_with_a_link_to_the_report_as_it_was_written_last(
    get: Get, finished: OpenStudy, small_study: Path
) -> None:
    number = finished.study._study_id
    answer = json.loads(get(f"/api/studies/{number}")[2])
    assert answer["objective_names"] == ["sparse_kendall_tau"]
    assert answer["plotly_graph_objects"]
    assert "s-KdT" in answer["note"]["body"]
    (report,) = answer["artifacts"]
    address = f"/artifacts/{number}/{report['artifact_id']}"
    assert f"]({address})" in answer["note"]["body"]
    _, headers, body = get(address)
    assert headers["Content-Type"].startswith("text/html")
    assert body.decode() == (small_study / "runs/nb201-mini/report.html").read_text("utf-8")
    sibling = json.loads(get(f"/api/studies/{finished.confirm._study_id}")[2])
    assert "second half of `nb201-mini`" in sibling["note"]["body"]


def _run(folder: Path, value: float | None) -> tuple[optuna.Study, optuna.trial.FrozenTrial]:
    study = optuna.create_study(direction="maximize")

    def objective(trial: optuna.Trial) -> float:
        trial.set_user_attr("phase", "tune")
        trial.report(0.1, 50)
        if value is not None:
            trial.set_user_attr("correct", json.dumps(list(range(12))))
        illustrate(trial, value, truth=TRUTH, folder=folder)
        if value is None:
            raise optuna.TrialPruned
        return value

    study.optimize(objective, n_trials=1)
    return study, study.trials[0]


def test_a_pruned_trial_has_its_curve_alone(tmp_path: Path) -> None:
    study, trial = _run(tmp_path, None)
    kept = optuna.artifacts.get_all_artifact_meta(trial, storage=study._storage)
    assert [one.filename for one in kept] == ["curve.svg"]


def test_a_disk_that_takes_no_picture_costs_the_trial_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        _, trial = _run(tmp_path / "file", 0.5)
    assert trial.value == 0.5
    assert "trial 0 has no pictures" in caplog.text


def test_a_written_artifact_is_whole_and_what_is_elsewhere_says_so(tmp_path: Path) -> None:
    store = Artifacts(lambda: [tmp_path / "a", tmp_path / "b"])
    store.write("0a-1", io.BytesIO(b"text"))
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["0a-1"]
    assert store.open_reader("0a-1").read() == b"text"
    store.remove("0a-1")
    store.remove("0a-1")
    assert b"on this machine" in store.open_reader("0a-1").read()


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", "x"])
def test_no_identifier_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    store = Artifacts(lambda: [tmp_path])
    with pytest.raises(ArtifactNotFound):
        store.open_reader(name)
    with pytest.raises(ArtifactNotFound):
        store.write(name, io.BytesIO(b""))


def test_a_dashboard_reads_all_studies_folders_and_keeps_what_is_uploaded_apart(tmp_path: Path) -> None:
    (tmp_path / "one" / "artifacts").mkdir(parents=True)
    Artifacts(lambda: [tmp_path / "one" / "artifacts"]).write("aa", io.BytesIO(b"picture"))
    store = Artifacts(lambda: artifact_folders(tmp_path))
    assert store.open_reader("aa").read() == b"picture"
    store.write("bb", io.BytesIO(b"upload"))
    assert (tmp_path / "artifacts" / "bb").read_bytes() == b"upload"
