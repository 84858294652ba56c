"""From an Optuna trial to a value: the catalogue of factors and the objective.

``objective_for("nb201")`` is the objective for an Optuna study of one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from objectives.space_objective import SpaceObjective, objective_for

__all__ = ["SpaceObjective", "objective_for"]


def __getattr__(name: str) -> Any:
    # Late, so that the import of any part of the package stays light.
    if name in __all__:
        from objectives import space_objective

        return getattr(space_objective, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
