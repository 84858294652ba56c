from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studies.cli import COMMANDS
from tests.processes import FORKS, run_command
from tests.studies.commands import Commands

STUDY = ("study", "--space", "nb201", "--scale", "tiny")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("study --space nb999", ("nb999", "nb201")),
        ("study --scale huge", ("huge", "mini", "paper")),
        ("study --data imagenet", ("imagenet", "fashion-clutter", "cifar10")),
        ("study --storage redis://x", ("redis://x", "sqlite:///FILE")),
        ("study --trials -3", ("trials -3", "above 0")),
        ("study --trials 0", ("trials 0", "above 0")),
        ("study --trials many", ("--trials", "many")),
        ("study --screen wide", ("wide", "changes", "sobol")),
        ("study --screen sobol --trials 12", ("trials 12", "4 points", "--trials 96")),
        ("study --screen sobol --scale tiny", ("trials 6", "4 points", "--trials 96")),
        ("study --tune-more 5", ("tune_more 5", "new", "--trials")),
        ("study --tune-more -1", ("tune_more -1",)),
        ("study --workers 0", ("workers 0",)),
        ("study --hours -1", ("hours -1.0",)),
        ("study --seed -1", ("seed -1",)),
        ("study --study ../x", ("../x",)),
        ("study --study a\x1bb", ("a\\x1bb", "letters")),
        (f"study --study {'x' * 300}", ("xxx", "too long by 45 bytes")),
        (f"study --study {'é' * 128}", ("éé", "too long by 1 bytes")),
        (f"study --study {'x' * 250} --storage postgresql://me@host/db", ("too long by 4 bytes",)),
        (f"study --study {'x' * 250} --storage sqlite:///other.db", ("too long by 1 bytes",)),
        ("study --study artifacts", ("artifacts", "something else")),
        ("study --study overview.html", ("overview.html", "something else")),
        ("study --study wsnas.db", ("wsnas.db", "something else")),
        ("study --study wsnas.db-wal", ("wsnas.db-wal", "something else")),
        ("study --study wsnas.lock --storage sqlite:///other", ("other-wsnas.lock", "something else")),
        ("study --storage sqlite:///runs/x.db-journal", ("x.db-journal", "-wsnas.lock")),
        (f"study --storage sqlite:///runs/{'x' * 250}", ("xxx", "too long by 6 bytes")),
        ("study --table nowhere.csv", ("nowhere.csv",)),
        ("study --fix learning_rate=fast", ("learning_rate=fast",)),
        ("study --study x-confirm", ("x-confirm",)),
        ("study --fix batch_size=20000", ("batch_size 20000", "images")),
        ("study --factors colour", ("colour", "learning_rate")),
        ("study --domains nowhere.toml", ("nowhere.toml",)),
        ("study --data cifar10 --data-dir nowhere", ("nowhere",)),
        ("study --device tpu9", ("tpu9", "cpu")),
        ("study --trails 3", ("--trails",)),
        ("stduy", ("stduy", "study")),
        ("report", ("runs/wsnas.db", "no such file")),
        ("train --recipe nowhere.toml", ("nowhere.toml",)),
        ("train --fix epochs=0", ("epochs",)),
        ("groundtruth info nb201 --table nb101", ("nb101",)),
        ("groundtruth --space nb201", ("info", "build", "import")),
        ("data --data mnist", ("mnist", "fashion")),
        ("dashboard --port 0", ("port 0",)),
        (f"groundtruth info nb201 --table {'x' * 5000}", ("xxx", "File name too long")),
        ("groundtruth info nb\r\x1b[31m201", (r"nb\r\x1b[31m201",)),
        ("groundtruth import nb201 a\n\x1b\u2028.csv", (r"a \x1b .csv",)),
        ("groundtruth info nb999", ("nb999", "nb201")),
        ("groundtruth info nb201 --table nowhere", ("nowhere", "nb201-analog")),
        ("groundtruth info", ("space",)),
        ("groundtruth build nb999", ("nb999", "nb201")),
        ("groundtruth build ../nb201", ("../nb201",)),
        ("groundtruth build nb201 --size 0", ("size 0", "above 0")),
        ("groundtruth build nb201 --size 1", ("1 architectures",)),
        ("groundtruth build nb201 --size 9000", ("9000", "15,625")),
        ("groundtruth build nb201 --seeds 0", ("seeds 0",)),
        ("groundtruth build nb201 --repeated 500", ("500",)),
        ("groundtruth build nb201 --seed -1", ("seed -1",)),
        ("groundtruth build nb201 --workers 0", ("workers 0",)),
        ("groundtruth build nb201 --hours -1", ("hours -1.0",)),
        ("groundtruth build nb201 --device tpu9", ("tpu9", "cpu")),
        ("groundtruth build nb201 --data-dir nowhere", ("nowhere",)),
        ("groundtruth build nb201 --only 0", ("job.json",)),
        ("groundtruth build nb201 --set epochs", ("'epochs'", "name=value")),
        ("groundtruth build nb201 --set momentum=0.5", ("momentum", "learning_rate")),
        ("groundtruth build nb201 --set epochs=many", ("epochs 'many'",)),
        ("groundtruth build nb201 --set epochs=0", ("epochs 0",)),
        ("groundtruth build nb201 --set data=imagenet", ("imagenet", "fashion-clutter")),
        ("groundtruth build nb201 --set resolution=2", ("resolution 2",)),
        ("groundtruth build nb201 --set batch_size=20000", ("batch_size 20000", "images")),
        ("groundtruth build nb101 --set channels=1", ("channels 1",)),
        ("groundtruth join nowhere", ("nowhere", "job.json")),
        ("groundtruth import nb201 nowhere.csv", ("nowhere.csv",)),
        ("groundtruth import nb999 nowhere.csv", ("nb999",)),
        ("groundtruth import nb201 [/b].csv", ("[/b].csv",)),
        ("launch --study x --workers 0", ("workers 0",)),
        ("launch --study x --gpus -1 --dry-run", ("gpus -1",)),
        ("launch --study x --slurm --storage sqlite:///runs/x.db", ("serves one machine",)),
        ("launch --study x --slurm --storage embedded-postgres", ("serves one machine",)),
    ],
    ids=lambda part: repr(part)[:60] if isinstance(part, str) else "",
)
def test_bad_input_ends_with_2_and_one_line_that_names_it_and_writes_nothing(
    command: str, words: tuple[str, ...], wsnas: Commands, tmp_path: Path
) -> None:
    error = wsnas.refused(*command.split(" "))
    for word in words:
        assert word in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("runs/nb201-tiny/report.html", "report --scale tiny"),
        ("runs/nb201-tiny/notes/a.txt", "study --scale tiny"),
        ("runs/nb201-tiny/verdicts.md", "verdicts --scale tiny"),
        ("runs/nb201-tiny/jobs", "launch --scale tiny"),
        ("runs/nb201-tiny/mine", "worker --scale tiny"),
        ("runs/overview.html", "report --all"),
        ("figures/ranking.png", "report --scale tiny --figures figures"),
        ("tables/trials.csv", "export --scale tiny --into tables"),
    ],
)
def test_a_file_that_stands_where_ours_would_go_is_named_and_keeps_its_bytes(
    file: str, command: str, wsnas: Commands, tmp_path: Path, invented_study: Path
) -> None:
    assert invented_study == tmp_path / "runs"
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("somebody's")
    assert "wsnas did not make" in wsnas.refused(*command.split(" "))
    assert (tmp_path / file).read_text() == "somebody's"


def test_a_table_of_another_space_is_refused(tmp_path: Path, wsnas: Commands) -> None:
    (tmp_path / "table.csv").write_text("architecture,accuracy\ncell-of-another-space,0.9\n")
    assert "cell-of-another-space" in wsnas.refused(*STUDY, "--table", "table.csv")


def test_a_study_of_another_program_in_an_optuna_database_is_refused(tmp_path: Path, wsnas: Commands) -> None:
    import optuna

    study = optuna.create_study(storage=f"sqlite:///{tmp_path}/runs.db", study_name="theirs")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    choice = ("--storage", "sqlite:///runs.db", "--study", "theirs")
    for command in (("report",), STUDY):
        assert "not made by wsnas" in wsnas.refused(*command, *choice)


def _study_on_a_full_disk(folder: Path) -> None:
    # A limit on the size of files stands in for a full disk; its signal is ignored, so writes fail.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
    run_command(STUDY, folder, (folder / "out", folder / "err"))


def test_a_full_disk_is_a_failure_in_one_line(tmp_path: Path) -> None:
    process = FORKS.Process(target=_study_on_a_full_disk, args=(tmp_path,))
    process.start()
    process.join()
    error = (tmp_path / "err").read_text()
    assert process.exitcode == 1, error
    assert error.count("\n") == 1, error
    assert error.startswith("wsnas: ")


def test_help_needs_none_of_the_heavy_libraries_and_lists_every_command() -> None:
    code = """if True:
        import sys
        from studies.cli import main
        for command in ([], ["study"], ["train"], ["report"]):
            try:
                main([*command, "--help"])
            except SystemExit as stop:
                assert not stop.code, command
            heavy = {"torch", "optuna", "scipy", "matplotlib", "plotly", "sklearn"} & set(sys.modules)
            assert not heavy, (command, heavy)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in COMMANDS)
