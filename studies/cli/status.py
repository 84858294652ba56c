"""`wsnas status`: where a study stands."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass

from studies.cli._options import StudyChoice


@dataclass(frozen=True, kw_only=True)
class StatusCommand(StudyChoice):
    """Show the stage that a study is in and its trials by state."""

    json: bool = False
    """Print JSON for programs."""

    def run(self) -> int:
        """Show the status."""
        from collections import Counter

        from rich.console import Console

        from studies.stages import look

        handle = self.open()
        progress = look(handle)
        states = Counter(trial.state.name.lower() for trial in handle.study.get_trials(deepcopy=False))
        if self.json:
            status = {
                "study": handle.name,
                **asdict(progress),
                "stage": progress.stage.value,
                "states": states,
            }
            sys.stdout.write(json.dumps(status) + "\n")
            return 0
        console = Console()
        console.print(f"Study [b]{handle.name}[/b] in {self.address}: stage [b]{progress.stage.value}[/b]")
        console.print(
            f"{progress.done} of {progress.total} runs of this stage done, {progress.running} running"
        )
        console.print("Trials: " + ", ".join(f"{count} {state}" for state, count in sorted(states.items())))
        return 0
