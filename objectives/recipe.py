"""A recipe: one value for every factor, and what it means for mapping, protocol and size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from wsnas.errors import InputError

if TYPE_CHECKING:
    from objectives.domains import Value
    from objectives.factor import Factor
    from wsnas.supernets import SharingMapping
    from wsnas.training.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Size:
    """The size of the super-net."""

    channels: int = 16
    """Channels of the stem."""
    cells: int = 5
    """Cells in each stage."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (type(value) is int and value >= 1):
                raise InputError(f"{field.name}={value}: a whole number of at least 1 is wanted")


def known_fields() -> frozenset[str]:
    """Return the names of values that mapping, protocol and size have as fields of their own."""
    from wsnas.supernets.mapping import SharingMapping
    from wsnas.training.protocol import Protocol

    configs = (SharingMapping, Protocol, Size)
    return frozenset(field.name for config in configs for field in fields(config))


def mapping_fields() -> frozenset[str]:
    """Return the names of those that the mapping has."""
    from wsnas.supernets.mapping import SharingMapping

    return frozenset(field.name for field in fields(SharingMapping))


class Recipe(Mapping[str, "Value"]):
    """Values of factors by name; immutable and hashable."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._values.items())))

    def __repr__(self) -> str:
        return f"Recipe({self._values!r})"

    def effective(self, factors: tuple[Factor, ...]) -> Recipe:
        """Return the recipe with the defaults for all factors that do not apply to it.

        Two recipes with the same effective recipe train and rank alike.
        """
        defaults = {factor.name: factor.default for factor in factors if not factor.applies(self)}
        return Recipe({**self._values, **defaults})

    def longer(self, times: int) -> Recipe:
        """Return the recipe with so many times its epochs."""
        return self if times == 1 else Recipe({**self, "epochs": times * int(self["epochs"])})

    def check(self) -> None:
        """Raise `InputError` where no network or training has one of the values."""
        for make in (self.mapping, self.protocol, self.size):
            make()

    def mapping(self) -> SharingMapping:
        """Return the weight-sharing mapping of the recipe.

        Values that set no field of mapping, protocol or size are those of other packages' factors: the
        mapping hands them to the super-net, the protocol to training strategies.
        """
        from wsnas.supernets.mapping import SharingMapping

        return SharingMapping(**self._fields_of(SharingMapping), extra=self._extra())

    def protocol(self) -> Protocol:
        """Return the training protocol of the recipe."""
        from wsnas.training.protocol import Protocol

        return Protocol(**self._fields_of(Protocol), extra=self._extra())

    def size(self) -> Size:
        """Return the size of the super-net."""
        return Size(**self._fields_of(Size))

    def _extra(self) -> tuple[tuple[str, Value], ...]:
        known = known_fields()
        return tuple(sorted((name, value) for name, value in self.items() if name not in known))

    def _fields_of(self, config: Any) -> dict[str, Any]:
        return {field.name: self[field.name] for field in fields(config) if field.name in self}
