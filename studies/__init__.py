"""A study's life: scales, storage, phases, workers, analysis, report, command line.

``studies.load("nb201")`` opens a study for a notebook or script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studies.notebook import LoadedStudy, load

__all__ = ["LoadedStudy", "load"]


def __getattr__(name: str) -> Any:
    # Late, so that the import of any part of the package stays light.
    if name in __all__:
        from studies import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
