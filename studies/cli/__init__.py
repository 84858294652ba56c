"""The command line: one dataclass a command; heavy imports wait until a command runs."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from typing import TYPE_CHECKING, Annotated, Any, Union

import tyro

from studies.cli._options import BEGINS_ANEW
from studies.cli._words import in_our_words, plain_values, refuse_unknown
from studies.cli.dashboard import DashboardCommand
from studies.cli.data import DataCommand
from studies.cli.export import ExportCommand
from studies.cli.groundtruth import GroundTruthCommand
from studies.cli.importance import ImportanceCommand
from studies.cli.report import ReportCommand
from studies.cli.search import SearchCommand
from studies.cli.study import StudyCommand
from studies.cli.train import TrainCommand
from studies.cli.verdicts import VerdictsCommand
from studies.cli.workers.launch import LaunchCommand
from studies.cli.workers.status import StatusCommand
from studies.cli.workers.worker import WorkerCommand
from wsnas.errors import InputError, RunError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: dict[str, type[Any]] = {
    "study": StudyCommand,
    "worker": WorkerCommand,
    "launch": LaunchCommand,
    "status": StatusCommand,
    "report": ReportCommand,
    "importance": ImportanceCommand,
    "search": SearchCommand,
    "verdicts": VerdictsCommand,
    "train": TrainCommand,
    "groundtruth": GroundTruthCommand,
    "data": DataCommand,
    "dashboard": DashboardCommand,
    "export": ExportCommand,
}
"""What `wsnas` can do, in the order of its help."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells give it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, 1 for a run that failed, 2 for bad input."""
    for stream in (sys.stdout, sys.stderr):
        # A name that a terminal cannot show is written out.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    command = None
    try:
        command = parse(sys.argv[1:] if arguments is None else list(arguments))
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
        code: int = command.run()
        return code
    except InputError as error:
        return _fail(error, 2)
    except RunError as error:
        return _fail(error, 1)
    except StoppedError as error:
        return _fail(f"stopped; {_after_stop(command)}", 128 + error.signal)
    except OSError as error:
        # A full disk or a folder without rights is no mistake of the program.
        return _fail(error, 1)
    except Exception as error:
        # The storage's own errors, told by their module: importing it here would cost every command's start.
        if not type(error).__module__.startswith(("optuna.exceptions", "sqlalchemy")):
            raise
        from studies.storage.retry import reason_of

        return _fail(f"the storage failed: {reason_of(error)}", 1)
    except KeyboardInterrupt:
        return _fail(f"stopped; {_after_stop(command)}", INTERRUPTED)


def _after_stop(command: Any) -> str:
    """Return what a command that was stopped leaves, and what to do."""
    return getattr(command, "after_stop", BEGINS_ANEW)


def parse(arguments: list[str]) -> Any:
    """Return the command that arguments say, not yet run; `InputError` where they say none."""
    kinds = tuple(
        Annotated[kind, tyro.conf.subcommand(name=name, prefix_name=False)] for name, kind in COMMANDS.items()
    )
    refuse_unknown(arguments, COMMANDS)
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(  # type: ignore[call-overload]  # the union is made at run time
                Union[kinds],  # noqa: UP007
                args=arguments or ["--help"],
                prog="wsnas",
                description="Which super-net training heuristics matter, and what is the best recipe?",
                config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
                registry=plain_values(),
            )
    except SystemExit as stop:
        if stop.code in (0, None):
            raise
        commands = [*COMMANDS.values(), *GroundTruthCommand.COMMANDS.values()]
        raise InputError(in_our_words(complaint.getvalue(), commands)) from None


def _fail(message: object, code: int) -> int:
    line = " ".join(str(message).splitlines())
    # What else a terminal would act on is written out.
    shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)
    sys.stderr.write(f"wsnas: {shown}\n")
    return code
