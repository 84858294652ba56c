"""A study's life: scales, storage, phases, workers, analysis, report, command line.

``studies.load("nb201")`` opens a study for a notebook or script, ``studies.run("nb201")`` works on one there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studies.analysis.wide.evaluator import ImportanceEvaluator
    from studies.in_process import run
    from studies.notebook import LoadedStudy, load
    from studies.report.own.study import OwnStudy, from_optuna

__all__ = ["ImportanceEvaluator", "LoadedStudy", "OwnStudy", "from_optuna", "load", "run"]

_MODULES = {
    "ImportanceEvaluator": "analysis.wide.evaluator",
    "LoadedStudy": "notebook",
    "OwnStudy": "report.own.study",
    "from_optuna": "report.own.study",
    "load": "notebook",
    "run": "in_process",
}


def __getattr__(name: str) -> Any:
    # Late, so that the import of any part of the package stays light.
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
