"""The values that a factor can take."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from wsnas.errors import InputError, show, show_text

if TYPE_CHECKING:
    import optuna

Value = bool | int | float | str
WORD = 2**63
"""Whole numbers stay below; no network or training has one that comes near."""


@dataclass(frozen=True, slots=True)
class Categorical:
    """Any of a few values without an order."""

    choices: tuple[Value, ...]
    """The levels; at least one, each once."""

    def __post_init__(self) -> None:
        known = all(isinstance(choice, (bool, int, float, str)) for choice in self.choices)
        # NaN differs from itself and 1 equals True: both would confuse levels.
        if not (self.choices and known and all(self.choices.count(choice) == 1 for choice in self.choices)):
            raise InputError(f"levels {show(list(self.choices))}: at least one, each once, all plain values")
        if any(type(choice) is int and abs(choice) >= WORD for choice in self.choices):
            raise InputError(f"levels {show(list(self.choices))}: numbers below {WORD:.2g} are wanted")
        if any(choice != choice for choice in self.choices):
            raise InputError(f"levels {show(list(self.choices))}: not a number is no level")

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values between which all others lie: the levels."""
        return self.choices

    def distribution(self) -> optuna.distributions.CategoricalDistribution:
        """Return the values as Optuna knows them."""
        import optuna

        return optuna.distributions.CategoricalDistribution(self.choices)

    def suggest(self, trial: optuna.Trial, name: str) -> Value:
        """Ask the trial for a value."""
        return cast("Value", trial.suggest_categorical(name, self.choices))

    def at(self, unit: float) -> Value:
        """Return the value at a position in [0, 1)."""
        return self.choices[min(int(unit * len(self.choices)), len(self.choices) - 1)]

    def contains(self, value: object) -> bool:
        """Return whether the value is one of the levels."""
        return any(type(value) is type(choice) and value == choice for choice in self.choices)

    def __str__(self) -> str:
        return ", ".join(show_text(str(choice)) for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between two bounds, both included."""

    low: float
    """Least value."""
    high: float
    """Greatest value."""
    kind: Literal["real", "integer"] = "real"
    """Whether values are whole numbers."""
    log: bool = False
    """Whether the logarithm of the value is spread evenly."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise InputError(f"range {self.low!r} to {self.high!r}: two finite numbers in this order")
        if self.log and self.low <= 0:
            raise InputError(f"range {self.low!r} to {self.high!r}: a log scale starts above 0")
        if self.kind == "integer" and (self.low != int(self.low) or self.high != int(self.high)):
            raise InputError(f"range {self.low!r} to {self.high!r}: whole numbers are wanted")

    @property
    def ends(self) -> tuple[float, float]:
        """The values between which all others lie."""
        return self.low, self.high

    def distribution(
        self,
    ) -> optuna.distributions.IntDistribution | optuna.distributions.FloatDistribution:
        """Return the values as Optuna knows them."""
        import optuna

        if self.kind == "integer":
            return optuna.distributions.IntDistribution(int(self.low), int(self.high), log=self.log)
        return optuna.distributions.FloatDistribution(self.low, self.high, log=self.log)

    def suggest(self, trial: optuna.Trial, name: str) -> Value:
        """Ask the trial for a value."""
        if self.kind == "integer":
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def at(self, unit: float) -> Value:
        """Return the value at a position in [0, 1); whole numbers get equal shares, as Optuna gives them."""
        half = 0.5 if self.kind == "integer" else 0.0
        low, high = self.low - half, self.high + half
        value = low * (high / low) ** unit if self.log else low + (high - low) * unit
        value = min(max(value, self.low), self.high)
        return round(value) if self.kind == "integer" else value

    def contains(self, value: object) -> bool:
        """Return whether the value lies in the range and is whole where that is wanted."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        return self.low <= value <= self.high and (self.kind == "real" or value == int(value))

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}" + (", log scale" if self.log else "")


Domain = Categorical | Range
_WANTED = {bool: "true or false", int: "a whole number", float: "a number", str: "a name in quotes"}


def kind_of(domain: Domain) -> type[Value]:
    """Return the type of a domain's values; `InputError` where its levels are of several."""
    if isinstance(domain, Range):
        return int if domain.kind == "integer" else float
    kinds = {type(choice) for choice in domain.choices}
    if len(kinds) > 1 and kinds != {int, float}:
        raise InputError(f"levels {show(list(domain.choices))}: values of one type are wanted")
    return float if len(kinds) > 1 else kinds.pop()


def coerced(name: str, value: object, kind: type[Value]) -> Value:
    """Return a factor's value in the factor's type: 0 as 0.0 and 32.0 as 32, but never True as 1.

    Raises:
        InputError: something would be lost, or it is a value of another sort.
    """
    found, numbers = value, {type(value), kind} <= {int, float}
    if numbers:
        with contextlib.suppress(OverflowError, ValueError):
            found = kind(cast("float", value))
    if type(found) is kind and found == value and (not isinstance(found, float) or math.isfinite(found)):
        return found
    wanted = "a finite number" if numbers and kind is float else _WANTED[kind]
    raise InputError(f"{name} = {show(value)}: {wanted} is wanted")


def domain_from_toml(name: str, spec: Any, kind: type[Value] | None = None) -> Domain:
    """Read a domain: a list of levels, or a table with low, high and perhaps log and kind.

    Args:
        name: The factor, for messages.
        spec: The list or table.
        kind: The factor's type, which its values get; they stay as they are where None.

    Raises:
        InputError: it is neither, or its values do not make a domain of this type.
    """
    if isinstance(spec, list):
        return Categorical(tuple(spec if kind is None else [coerced(name, level, kind) for level in spec]))
    if isinstance(spec, dict) and {"low", "high"} <= set(spec) <= {"low", "high", "log", "kind"}:
        low, high, log = spec["low"], spec["high"], spec.get("log", False)
        if any(type(bound) not in (int, float) for bound in (low, high)) or not isinstance(log, bool):
            raise InputError(f"{name}: {show(spec)}: low and high are numbers and log is true or false")
        whole = all(type(bound) is int for bound in (low, high)) if kind is None else kind is int
        usual: Literal["real", "integer"] = "integer" if whole else "real"
        asked = spec.get("kind", usual)
        if asked not in ("real", "integer"):
            raise InputError(f"{name}: kind {show(asked)} is neither 'real' nor 'integer'")
        if kind is not None and (kind not in (int, float) or asked != usual):
            raise InputError(f"{name}: {show(spec)}: {_WANTED[kind]} is what it takes")
        try:
            return Range(float(low), float(high), asked, log)
        except (OverflowError, ValueError) as error:
            raise InputError(f"{name}: {error}") from error
    raise InputError(
        f"{name}: {show(spec)} is neither a list of levels nor {{low = .., high = ..[, log = true]}}"
    )


def domain_to_json(domain: Domain) -> list[Value] | dict[str, Value]:
    """Return the form that `domain_from_toml` reads."""
    if isinstance(domain, Categorical):
        return list(domain.choices)
    return {"low": domain.low, "high": domain.high, "kind": domain.kind, "log": domain.log}
