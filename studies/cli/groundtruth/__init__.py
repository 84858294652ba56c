"""`wsnas groundtruth`: the tables that rankings are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import tyro

from studies.cli._options import BEGINS_ANEW
from studies.cli.groundtruth.build import BuildCommand
from studies.cli.groundtruth.imports import ImportCommand
from studies.cli.groundtruth.info import InfoCommand
from studies.cli.groundtruth.join import JoinCommand


@dataclass(frozen=True, kw_only=True)
class GroundTruthCommand:
    """Show, measure or import ground-truth tables."""

    COMMANDS: ClassVar[dict[str, type[Any]]] = {
        "info": InfoCommand,
        "build": BuildCommand,
        "join": JoinCommand,
        "import": ImportCommand,
    }
    command: (
        Annotated[InfoCommand, tyro.conf.subcommand(name="info", prefix_name=False)]
        | Annotated[BuildCommand, tyro.conf.subcommand(name="build", prefix_name=False)]
        | Annotated[JoinCommand, tyro.conf.subcommand(name="join", prefix_name=False)]
        | Annotated[ImportCommand, tyro.conf.subcommand(name="import", prefix_name=False)]
    )
    """What to do."""

    @property
    def after_stop(self) -> str:
        """What to do once it was stopped."""
        return getattr(self.command, "after_stop", BEGINS_ANEW)

    def run(self) -> int:
        """Do it."""
        return self.command.run()
