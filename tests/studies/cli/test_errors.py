from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from studies.cli import main

STUDY = ("study", "--space", "nb201", "--scale", "tiny")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("study", "--space", "nb999"), ("nb999", "nb201")),
        (("study", "--scale", "huge"), ("huge", "mini", "paper")),
        (("study", "--data", "imagenet"), ("imagenet", "fashion-clutter", "cifar10")),
        (("study", "--storage", "redis://x"), ("redis://x", "sqlite:///FILE")),
        (("study", "--trials", "-3"), ("trials -3", "above 0")),
        (("study", "--trials", "0"), ("trials 0", "above 0")),
        (("study", "--trials", "many"), ("--trials", "many")),
        (("study", "--workers", "0"), ("workers 0",)),
        (("study", "--hours", "-1"), ("hours -1.0",)),
        (("study", "--seed", "-1"), ("seed -1",)),
        (("study", "--study", "../x"), ("../x",)),
        (("study", "--table", "nowhere.csv"), ("nowhere.csv",)),
        (("study", "--fix", "learning_rate=fast"), ("learning_rate=fast",)),
        (("study", "--study", "x-confirm"), ("x-confirm",)),
        (("study", "--fix", "batch_size=20000"), ("batch_size 20000", "images")),
        (("study", "--factors", "colour"), ("colour", "learning_rate")),
        (("study", "--domains", "nowhere.toml"), ("nowhere.toml",)),
        (("study", "--data", "cifar10", "--data-dir", "nowhere"), ("nowhere",)),
        (("study", "--device", "tpu9"), ("tpu9", "cpu")),
        (("study", "--trails", "3"), ("--trails",)),
        (("stduy",), ("stduy", "study")),
        (("report",), ("runs/wsnas.db", "no such file")),
        (("train", "--recipe", "nowhere.toml"), ("nowhere.toml",)),
        (("train", "--fix", "epochs=0"), ("epochs",)),
        (("groundtruth", "info", "nb201", "--table", "nb101"), ("nb101",)),
        (("groundtruth", "--space", "nb201"), ("info", "build", "import")),
        (("data", "--data", "mnist"), ("mnist", "fashion")),
        (("dashboard", "--port", "0"), ("port 0",)),
        (("groundtruth", "info", "nb201", "--table", "x" * 5000), ("xxx", "File name too long")),
        (("groundtruth", "info", "nb\r\x1b[31m201"), (r"nb\r\x1b[31m201",)),
        (("groundtruth", "import", "nb201", "a\n\x1b\u2028.csv"), (r"a \x1b .csv",)),
    ],
)
def test_bad_input_ends_with_2_and_one_line_that_names_it(
    arguments: tuple[str, ...], words: tuple[str, ...], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("wsnas: ")
    for word in words:
        assert word in error
    assert not list(tmp_path.rglob("*.db"))


def test_a_table_of_another_space_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "table.csv").write_text("architecture,accuracy\ncell-of-another-space,0.9\n")
    assert main((*STUDY, "--table", "table.csv")) == 2
    assert "cell-of-another-space" in capsys.readouterr().err


def test_a_foreign_database_is_refused_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    before = (tmp_path / "other.db").read_bytes()
    assert main((*STUDY, "--storage", "sqlite:///other.db")) == 2
    assert "belongs to another program" in capsys.readouterr().err
    assert (tmp_path / "other.db").read_bytes() == before


def test_a_study_of_another_program_in_an_optuna_database_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import optuna

    study = optuna.create_study(storage=f"sqlite:///{tmp_path}/runs.db", study_name="theirs")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    assert main(("report", "--storage", "sqlite:///runs.db", "--study", "theirs")) == 2
    assert "not made by wsnas" in capsys.readouterr().err
    assert main((*STUDY, "--storage", "sqlite:///runs.db", "--study", "theirs")) == 2


def test_a_full_disk_is_a_failure_in_one_line(tmp_path: Path) -> None:
    def no_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    # A limit on the size of files stands in for a full disk; its signal is ignored, so writes fail.
    code = (
        "import signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from studies.cli import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *STUDY],
        capture_output=True,
        text=True,
        preexec_fn=no_space,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("wsnas: ")


@pytest.mark.parametrize("command", ["", "study", "train", "report"])
def test_help_needs_none_of_the_heavy_libraries(command: str) -> None:
    code = (
        "import sys\nfrom studies.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as stop:\n    assert not stop.code\n"
        "heavy = {'torch', 'optuna', 'scipy', 'matplotlib', 'plotly', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    arguments = [command, "--help"] if command else ["--help"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "wsnas" in done.stdout


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    from studies.cli import COMMANDS

    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code in (0, None)
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)
