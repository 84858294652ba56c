"""Scales: how big a run is. Each is a TOML file in this folder; a new one is a new file.

``SCALE.SPACE.toml`` holds what a space changes; its tables are merged, all else is replaced. A scale that
``extends`` another holds what differs from that one.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from typing import TYPE_CHECKING, Any

from objectives.domains import domain_from_toml
from objectives.factors import Factor, catalogue
from wsnas.errors import InputError, one_of, show
from wsnas.precision import FLOAT32

if TYPE_CHECKING:
    from wsnas.ranking.judged import Score
    from wsnas.spaces import Space

__all__ = ["Scale", "load_scale", "scale_names", "scaled_catalogue"]


_DEFAULTS: dict[str, Any] = {
    "start": {},
    "run_seconds": None,
    "run_seconds_on": "",
    "precision": FLOAT32,
    "score": "accuracy",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """The sizes of a study's runs and its default budget."""

    name: str
    """How users call the scale."""
    data: str
    """Data set by default."""
    resolution: int
    """Height and width of the images in pixels."""
    ranking_images: int
    """Validation images that rank the pool."""
    calibration_images: int
    """Training images that re-estimate batch statistics where a recipe asks for it."""
    rungs: tuple[float, ...]
    """Shares of a run's own schedule at which it is compared with others, each in (0, 1)."""
    rung_pool: int
    """Architectures ranked at these rungs."""
    snapshots: tuple[float, ...]
    """Shares of the schedule whose rankings are averaged; the last is 1."""
    trials: int
    """Default budget of tune and screen, baselines included."""
    candidates: int
    """Recipes that selection compares."""
    selection_seeds: int
    """Fresh seeds per candidate."""
    recheck_seeds: int
    """Fresh seeds for each change that the screen found to help."""
    confirmation_seeds: int
    """Fresh seeds for winner and baseline: the members of the ensemble."""
    fresh_pool: int
    """Architectures that they rank, at most what the trials leave of the table; trials rank 200."""
    confirmation_length: int
    """How many times the recipe's epochs they train."""
    search: int
    """Architectures that the final random search ranks."""
    score: Score
    """By what architectures are ranked."""
    precision: str
    """In which numbers super-nets compute: float32 or bfloat16."""
    count_passes: bool
    """Whether FairNAS's passes through several architectures count towards `epochs`."""
    run_seconds: float | None
    """Seconds of a worker for a run of the start recipe; None where it was not measured."""
    run_seconds_on: str
    """What they were measured on; empty where they were not."""
    start: dict[str, Any]
    """Values of a recipe that is known to rank well at this scale and is tried first; empty for none."""
    factors: dict[str, dict[str, Any]]
    """Domains and defaults of the factors that differ from the catalogue's, by factor."""


def scale_names() -> list[str]:
    """Return the names of the scales."""
    files = resources.files(__name__).iterdir()
    return sorted(
        file.name.removesuffix(".toml")
        for file in files
        if file.name.count(".") == 1 and file.name.endswith(".toml")
    )


def load_scale(name: str, space: str = "") -> Scale:
    """Return the scale that is called `name`, as it is for a space; `InputError` where there is none."""
    if name not in scale_names():
        raise InputError(f"unknown scale {show(name)}: {one_of(name, scale_names())}")
    values = {**_DEFAULTS, **_values(name, space)}
    values |= {name: tuple(values[name]) for name in ("rungs", "snapshots")}
    return Scale(
        name=name, **{field.name: values[field.name] for field in fields(Scale) if field.name != "name"}
    )


def _values(name: str, space: str) -> dict[str, Any]:
    """Return what a scale's files say, those of the scale that it extends first."""
    values: dict[str, Any] = {}
    # Looked up by name, since a space that does not exist may be no name of a file either.
    for own in (f"{name}.toml", f"{name}.{space}.toml"):
        for file in (file for file in resources.files(__name__).iterdir() if file.name == own):
            content = tomllib.loads(file.read_text("utf-8"))
            if "extends" in content:
                values = _values(content.pop("extends"), space)
            for key, value in content.items():
                values[key] = {**values.get(key, {}), **value} if isinstance(value, dict) else value
    return values


def scaled_catalogue(
    space: Space[Any] | str, scale: Scale, *, on_request: bool = False
) -> tuple[Factor, ...]:
    """Return what `catalogue` does, with the domains and defaults of a scale."""
    return tuple(
        factor.with_domain(
            domain_from_toml(factor.name, change["domain"]) if "domain" in change else factor.domain,
            change.get("default", factor.default),
        )
        for factor in catalogue(space, on_request=on_request)
        for change in (scale.factors.get(factor.name, {}),)
    )
