from __future__ import annotations

import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from studies.cli import COMMANDS, main, parse
from studies.cli.groundtruth import GroundTruthCommand
from tests.processes import FORKS, run_command
from tests.studies.commands import Commands
from wsnas.errors import StoppedError
from wsnas.spaces import get_space

GROUNDTRUTH = GroundTruthCommand.COMMANDS
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
        ("worker --study x --parent 1", ("parent 1", "none of its children")),
        ("groundtruth join . --parent 1", ("parent 1", "none of its children")),
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
        ("study --trials 1000000000", ("trials 1000000000", "50 kB each", "free memory hold")),
        ("study --tune-more 1000000000", ("tune_more 1000000000", "free memory hold")),
        ("verdicts --more 1000000000", ("more 1000000000", "free memory hold")),
        ("importance --rounds 1000000000", ("rounds 1000000000", "free memory hold")),
        ("search --method evolve --cycles 1000000000", ("cycles 1000000000", "free memory hold")),
        ("search --draws 1000000000", ("draws 1000000000", "free memory hold")),
        ("groundtruth build nb201 --size 1000000000", ("size 1000000000", "free memory hold")),
        ("groundtruth build nb201 --seeds 1000000000", ("seeds 1000000000", "free memory hold")),
        ("groundtruth build nb201 --set channels=1000000", ("channels 1,000,000", "GB free")),
        ("study --fix channels=1000000", ("channels 1,000,000", "takes about", "GB free")),
        ("study --fix cells=1000000000", ("cells 1,000,000,000", "GB free")),
        ("train --fix channels=1000000", ("channels 1,000,000", "takes about", "GB free")),
        ("train --fix epochs=1000000000000", ("epochs 1,000,000,000,000", "GB free")),
        ("study --hours inf", ("hours inf", "above 0")),
        ("study --grace 1", ("grace 1", "at least 2")),
        ("study --grace 1000000000000000000000", ("grace 1000000000000000000000", "at most 604800")),
        ("status --every inf", ("every inf", "86400")),
        ("launch --hours inf --dry-run", ("hours inf", "above 0")),
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


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("stduy", "unknown command 'stduy': wsnas has study, .*; did you mean study?"),
        ("groundtruth buid nb201", "unknown command 'buid': wsnas groundtruth has .*; did you mean build?"),
        (
            "groundtruth --space nb201",
            "unknown option '--space': .* a command first: info, build, join, import",
        ),
        ("groundtruth", "the command is not whole: choose one of info, build, join, import"),
        ("groundtruth info", "wsnas groundtruth info: give space: see wsnas groundtruth info --help"),
        ("study --trails 3", "unknown option '--trails': wsnas study has .*; did you mean --trials?"),
        ("study --tune_mor 3", "unknown option '--tune-mor': .*; did you mean --tune-more?"),
        ("study --trials many", "--trials 'many': a whole number is wanted"),
        ("study --trials None", "--trials 'None': a whole number is wanted"),
        ("train --seed 1.5", "--seed '1.5': a whole number is wanted"),
        ("study --hours x", "--hours 'x': a number is wanted"),
        ("study --trials", "--trials: its value is missing"),
        ("study --fix", "--fix: its value is missing"),
        ("study --screen chnages", "--screen 'chnages': choose one of changes, sobol; did you mean changes?"),
        ("study repiar", "action 'repiar': choose one of run, plan, repair; did you mean repair?"),
        ("study --fix a=1 b=2", "action 'b=2': choose one of run, plan, repair"),
        ("report --json yes", "yes: no option stands before it that takes it.*"),
        ("study --space nb2001", "unknown space 'nb2001': choose one of .*; did you mean nb201?"),
        ("study --scale Mini", "unknown scale 'Mini': choose one of .*; did you mean mini?"),
        ("study --data fashon", "unknown data set 'fashon': choose one of .*; did you mean fashion?"),
        ("study --factors learning_rte", "--factors: unknown factor .*; did you mean learning_rate?"),
        ("study --fix path_sampling=fair", "path_sampling=fair: choose one of .*; did you mean fairnas?"),
        ("study --device cpuu", "device 'cpuu': .*; did you mean cpu?"),
        ("export --table tirals", "table 'tirals': choose one of .*; did you mean trials?"),
        ("groundtruth info nb201 --table nb201-analgo", "unknown table .*; did you mean nb201-analog?"),
        (
            "groundtruth build nb201 --set epoch=3",
            "protocol: unknown setting 'epoch': .*; did you mean epochs?",
        ),
    ],
)
def test_what_is_misspelt_is_told_in_our_words_with_what_is_closest(
    command: str, said: str, wsnas: Commands
) -> None:
    error = wsnas.refused(*command.split(" ")).removeprefix("wsnas: ").rstrip("\n")
    assert re.fullmatch(said.replace("?", "\\?"), error), error


ANEW = "no file is half-written, and the same command begins anew"
ON = "the same command goes on from here"
STOPPED = {
    "study": ON,
    "study repair": ON,
    "study --tune-more 5": "the same command without --tune-more goes on from here",
    "worker": ON,
    "launch": "workers that were submitted by then run on",
    "status": ANEW,
    "report": ANEW,
    "importance": ANEW,
    "search": "super-nets that were trained again are kept, and of a random search what whole super-nets have"
    " judged: the same command goes on from there",
    "verdicts": ANEW,
    "verdicts --more 9": ON,
    "train": ANEW,
    "groundtruth info nb201": ANEW,
    "groundtruth build nb201": ON,
    "groundtruth join folder": "what is measured is kept, and the training under way begins anew",
    "groundtruth import nb201 file": ANEW,
    "data": ANEW,
    "dashboard": ANEW,
    "export": ANEW,
}


@pytest.mark.parametrize(("command", "said"), STOPPED.items())
@pytest.mark.parametrize(
    ("stop", "code"), [(KeyboardInterrupt(), 130), (StoppedError(signal.SIGTERM), 128 + signal.SIGTERM)]
)
def test_what_is_said_at_ctrl_c_is_true_of_the_command(
    command: str, said: str, stop: BaseException, code: int, wsnas: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(_: object) -> int:
        raise stop

    for kind in (*COMMANDS.values(), *GROUNDTRUTH.values()):
        monkeypatch.setattr(kind, "run", stopped)
    assert wsnas(*command.split(" ")) == (code, "", f"wsnas: stopped; {said}\n")


def test_every_command_is_known_to_say_something_at_ctrl_c() -> None:
    named = {tuple(command.split(" ")[:2]) for command in STOPPED}
    assert {name[0] for name in named} == set(COMMANDS)
    assert {name[1] for name in named if name[0] == "groundtruth"} == set(GROUNDTRUTH)


def _kinds() -> list[tuple[str, ...]]:
    return [(), *((name,) for name in COMMANDS), *(("groundtruth", name) for name in GROUNDTRUTH)]


@pytest.mark.parametrize("command", _kinds(), ids=" ".join)
def test_help_has_no_words_of_the_option_parser(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*command, "--help"])
    shown = capsys.readouterr().out
    assert "usage: wsnas" in shown
    assert not re.search(r"None|\b(STR|INT|FLOAT)\b", shown)


def test_no_word_of_a_user_stands_for_nothing() -> None:
    assert parse(["report", "--study", "None"]).study == "None"
    assert parse(["report"]).study is None


def test_a_study_that_is_not_there_is_told_with_the_one_that_is_closest(
    invented_study: Path, wsnas: Commands
) -> None:
    assert "did you mean nb201-tiny?" in wsnas.refused("report", "--study", "nb201tiny")


def test_a_table_of_another_space_is_refused(tmp_path: Path, wsnas: Commands) -> None:
    (tmp_path / "table.csv").write_text("architecture,accuracy\ncell-of-another-space,0.9\n")
    assert "cell-of-another-space" in wsnas.refused(*STUDY, "--table", "table.csv")


def _cells(space: str, number: int, *, comparable: bool = True) -> list[str]:
    """Draw functions of a space, each once."""
    chosen, rng = get_space(space), np.random.default_rng(0)
    found: dict[object, str] = {}
    while len(found) < number:
        cell = chosen.sample(rng)
        if chosen.comparable(cell) == comparable:
            found.setdefault(chosen.identity(cell), chosen.format(cell))
    return list(found.values())


def _same_functions(space: str) -> list[str]:
    """Return 60 architectures of at most 30 functions."""
    if space == "nb201":  # nothing reaches the output
        operations = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
        first = [
            f"|{one}~0|+|{two}~0|{three}~1|"
            for one in operations
            for two in operations
            for three in operations
        ]
        return [f"{cell}+|none~0|none~1|none~2|" for cell in first[:60]]
    chain = "s3-0.s3-1|sk-0.d5-1|{}|{}"
    cells = []
    for one, two in [(f"{a}-0.{b}-2", f"{a}-1.{b}-3") for a in OPERATIONS for b in OPERATIONS][:30]:
        cells += [chain.format(one, two), chain.format(two, one)]
    return [f"n:{cell}+r:{cell}" for cell in cells]


OPERATIONS = ("mp", "ap", "sk", "s3", "s5", "d3", "d5")
LEVEL = tuple(f"0.900{number % 10}" for number in range(100))
"""Accuracies within 0.1 %."""
RISING = tuple(f"0.{10 + number}" for number in range(90))


@pytest.mark.parametrize(
    ("space", "cells", "accuracies", "words"),
    [
        (
            "nb101",
            _cells("nb101", 60, comparable=False) + _cells("nb101", 19),
            RISING,
            "has 19 architectures",
        ),
        (
            "nb101",
            _cells("nb101", 60, comparable=False),
            RISING,
            "has 0 architectures to compare (cells with",
        ),
        ("nb201", _same_functions("nb201"), RISING, "has 1 architectures to compare, each function once"),
        ("darts", _same_functions("darts"), RISING, "has 30 architectures to compare, each function once"),
        (
            "nb201",
            _cells("nb201", 39),
            RISING,
            "has 39 architectures to compare, each function once: at least 40",
        ),
        ("nb201", _cells("nb201", 1), RISING, "has 1 architectures"),
        ("nb201", _cells("nb201", 50), LEVEL, "within 0.1 %, 0.9 to 0.9009: they cannot be ranked"),
    ],
    ids=lambda part: part[:40] if isinstance(part, str) else "",
)
def test_a_table_whose_pools_would_not_do_is_refused_before_anything_is_trained(
    space: str, cells: list[str], accuracies: tuple[str, ...], words: str, tmp_path: Path, wsnas: Commands
) -> None:
    rows = [f"{cell},{accuracy}\n" for cell, accuracy in zip(cells, accuracies, strict=False)]
    (tmp_path / "own.csv").write_text("".join(["architecture,accuracy\n", *rows]))
    for command in (("study",), ("train",)):
        error = wsnas.refused(*command, "--space", space, "--scale", "tiny", "--table", "own.csv")
        assert "table 'own.csv': " in error
        assert words in error
    assert [file.name for file in tmp_path.iterdir()] == ["own.csv"]


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
