"""What tune is made of: a sampler, a pruner and callbacks that a user brings, or this project's own."""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studies.schedule.tune.samplers import describe, tune_pruner, tune_sampler
from wsnas.errors import InputError, did_you_mean, show, show_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import optuna

    from objectives.question.scales import Scale

    Callback = Callable[[optuna.Study, optuna.trial.FrozenTrial], None]

PARTS = "parts"
"""User attribute of a study: the names of the sampler and the pruner that its user brought."""
SAMPLER, PRUNER = "sampler", "pruner"


class Tuning:
    """Which sampler looks for recipes, which pruner ends their runs, and who hears of ended trials."""

    def __init__(
        self,
        *,
        sampler: str | optuna.samplers.BaseSampler | Callable[..., Any] | None = None,
        pruner: str | optuna.pruners.BasePruner | Callable[..., Any] | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        """Prepare it; nothing is imported yet.

        Args:
            sampler: ``package.module:factory``, a factory, or the sampler itself. A factory with a parameter
                ``seed`` gets one of its own in each process.
            pruner: Likewise.
            callbacks: Called with the study and each trial that has ended in this process.
        """
        self._brought = {SAMPLER: sampler, PRUNER: pruner}
        self._made: dict[str, Any] = {}
        self.callbacks = tuple(callbacks)
        """Who hears of ended trials."""

    def check(self) -> None:
        """Raise `InputError` where a part cannot be made."""
        for kind in self._brought:
            self._make(kind, seed=0)

    def names(self) -> dict[str, str]:
        """Return what names each part that was brought; the study keeps it."""
        return {kind: _name(kind, part) for kind, part in self._brought.items() if part is not None}

    def words(self) -> list[str]:
        """Return the options that give the same parts to another process."""
        for kind, part in self._brought.items():
            if part is not None and not isinstance(part, str):
                raise InputError(f"{kind} {_name(kind, part)}: another process wants a name it can import")
        return [f"--{kind}={part}" for kind, part in self._brought.items() if part is not None]

    def describe(self, scale: Scale) -> dict[str, str]:
        """Return what the study records of sampler and pruner."""
        return {**describe(scale), **self.names()}

    def parts(self, seed: int, scale: Scale) -> tuple[optuna.samplers.BaseSampler, optuna.pruners.BasePruner]:
        """Return sampler and pruner for the next trial.

        What a user brought is made once and keeps its state; ours is made anew with the seed.
        """
        for kind in self._brought:
            if kind not in self._made:
                self._made[kind] = self._make(kind, seed=seed)
        sampler, pruner = self._made[SAMPLER], self._made[PRUNER]
        return (
            tune_sampler(seed) if sampler is None else sampler,
            tune_pruner(scale) if pruner is None else pruner,
        )

    def refuse_others(self, kept: Mapping[str, Any]) -> None:
        """Raise `InputError` where a study was made with another sampler or pruner; it names both.

        Args:
            kept: The study's user attributes.
        """
        before, now = kept.get(PARTS, {}), self.names()
        for kind in self._brought:
            old, new = before.get(kind), now.get(kind)
            if old != new:
                give = f"leave out --{kind}" if old is None else f"give --{kind} {old}"
                raise InputError(
                    f"the study was made with {kind} {old or kept.get(kind, 'of wsnas')}, now it is"
                    f" {new or 'the one of wsnas'}: {give}, or use another STUDY"
                )

    def _make(self, kind: str, *, seed: int) -> Any:
        import optuna

        part = self._brought[kind]
        wanted = optuna.samplers.BaseSampler if kind == SAMPLER else optuna.pruners.BasePruner
        if part is None or isinstance(part, wanted):
            return part
        name = _name(kind, part)
        factory = _imported(kind, part) if isinstance(part, str) else part
        if isinstance(factory, wanted):
            return factory
        if not callable(factory):
            raise InputError(f"{kind} {name}: {show(factory)} is neither a factory nor a {kind} of Optuna")
        try:
            made = factory(seed=seed) if _takes_seed(factory) else factory()
        # A user's own code runs here, and may end in any way.
        except Exception as error:
            raise InputError(
                f"{kind} {name}: it makes none ({type(error).__name__}: {show_error(error)})"
            ) from error
        if not isinstance(made, wanted):
            raise InputError(f"{kind} {name}: it makes a {type(made).__name__}, no {kind} of Optuna")
        return made


def _imported(kind: str, text: str) -> Any:
    module, colon, name = text.partition(":")
    if not (module and colon and name):
        raise InputError(f"{kind} {show(text)}: package.module:factory is wanted")
    # As Python does for a script: what lies in the present folder is found.
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = import_module(module)
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{kind} {show(text)}: {module} cannot be imported ({type(error).__name__}: {show_error(error)})"
        ) from error
    if not hasattr(found, name):
        raise InputError(
            f"{kind} {show(text)}: {module} has no {show(name)}{did_you_mean(name, list(vars(found)))}"
        )
    return getattr(found, name)


def _takes_seed(factory: Callable[..., Any]) -> bool:
    try:
        return "seed" in inspect.signature(factory).parameters
    except ValueError:
        return False


def _name(kind: str, part: object) -> str:
    """Return what names a part: its factory, or its class where it was made already."""
    if isinstance(part, str):
        return part
    known = part if hasattr(part, "__qualname__") else type(part)
    return f"{known.__module__}:{known.__qualname__}"
