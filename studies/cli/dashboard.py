"""`wsnas dashboard`: look at studies in optuna-dashboard."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from studies.cli._options import StorageChoice
from studies.config.places import HOST, PORT, dashboard_address


@dataclass(frozen=True, kw_only=True)
class DashboardCommand(StorageChoice):
    """Open optuna-dashboard on a storage."""

    host: str = HOST
    """Address to listen on; only this machine can reach the default."""
    port: int = PORT
    """Port to listen on."""

    def run(self) -> int:
        """Serve until Ctrl-C."""
        import optuna_dashboard
        from rich.console import Console

        from studies.storage import open_storage
        from studies.workers.artifacts import Artifacts, artifact_folders
        from wsnas.errors import InputError

        if not 0 < self.port < 65536:
            raise InputError(f"port {self.port}: a number from 1 to 65535 is wanted")
        self.warn_of_password()
        storage = open_storage(self.address, create=False)
        artifacts = Artifacts(lambda: artifact_folders(self.root))
        Console(highlight=False).print(f"{dashboard_address(self.host, self.port)} (Ctrl-C ends it)")
        # Ctrl-C is how it ends.
        with contextlib.suppress(KeyboardInterrupt):
            optuna_dashboard.run_server(storage, host=self.host, port=self.port, artifact_store=artifacts)
        return 0
