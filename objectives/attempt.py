"""One attempt at a run: where it saves its state, and whom it asks whether to go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class InterruptionError(Exception):
    """The run was asked to stop before its end; what it saved can be continued."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How far a run is, and how fast."""

    epoch: float
    """Epochs done."""
    epochs: float
    """Epochs in all."""
    images_per_second: float
    """Images trained on in a second, counted once for every architecture that they passed through."""


class Attempt:
    """An attempt that is never interrupted and keeps nothing; studies bring another kind."""

    def check(self) -> None:
        """Return at once, or raise `InterruptionError`; called before every step and every ranked network."""

    def restore(self) -> Mapping[str, Any] | None:
        """Return the state that an earlier attempt at the same run saved; None where there is none."""
        return None

    def save(self, state: Mapping[str, Any]) -> None:
        """Keep a state, at least once per epoch; its tensors change with the next step."""

    def advanced(self, pace: Pace) -> None:
        """Hear how far the run is, once per epoch."""
