"""What a factor is. Factors' files import this module, which knows none of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from objectives.domains import kind_of
from wsnas.errors import InputError, show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from objectives.domains import Domain, Value

Group = Literal["mapping", "low-fidelity", "hyper-parameter", "sampling"]


def _always(_recipe: Mapping[str, Value]) -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Factor:
    """One training heuristic or hyper-parameter: a dimension of a study."""

    name: str
    """The name of the study's parameter, and of the field of `SharingMapping`, `Protocol` or `Size` that it
    sets; one that sets none, as another package's own, reaches the super-net by `SharingMapping.extra`."""
    group: Group
    """The group in the paper's taxonomy."""
    domain: Domain
    """The values to try at the paper's scale."""
    default: Value
    """The value in the baseline recipe."""
    text: str | None
    """What the factor is: the docstring of its file (None under ``python -OO``). The first line is the
    summary; docs/factors.md has the paragraphs after it below the table."""
    verdict: str
    """What the paper found, as far as is known."""
    source: str
    """Where the rule and the values come from."""
    paper_best: Value | None = None
    """The value in the paper's best recipe, where it differs from the default and does not hang on scale."""
    spaces: tuple[str, ...] | None = None
    """Names of the spaces that have the factor; all where None."""
    applies: Callable[[Mapping[str, Value]], bool] = _always
    """Whether the factor changes anything in a recipe."""
    on_request: bool = False
    """Whether only those studies have it that ask for it by its name; the others train by its default."""
    provided_levels: str | None = None
    """Group of entry points whose names are levels, too; None where its own are all."""

    def __post_init__(self) -> None:
        if not self.domain.contains(self.default):
            raise InputError(f"{self.name}: the default {show(self.default)} is not in {self.domain}")

    @property
    def kind(self) -> type[Value]:
        """The type of its values."""
        return kind_of(self.domain)

    @property
    def summary(self) -> str:
        """What the factor is, in one line."""
        return (self.text or "").partition("\n")[0]

    @property
    def held(self) -> bool:
        """Whether there is a single value, so that nothing varies."""
        return self.domain.ends[0] == self.domain.ends[-1]

    @property
    def notes(self) -> str:
        """What there is to say beyond the summary; mostly empty."""
        return (self.text or "").partition("\n")[2].strip()

    def with_domain(self, domain: Domain, default: Value) -> Factor:
        """Return the factor with other values."""
        return replace(self, domain=domain, default=default)
