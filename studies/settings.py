"""What a study is about: everything that must not change when it is resumed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from objectives.domains import WORD, Categorical, Domain, Range, Value, domain_from_toml, domain_to_json
from objectives.recipe import Recipe
from studies.scales import Scale, load_scale, scaled_catalogue
from wsnas.errors import InputError, show, show_error, show_text
from wsnas.files import read_toml
from wsnas.precision import FLOAT32
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from objectives.factors import Factor

FORMAT = 1
"""Version of the settings and of the study's contents."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StudySettings:
    """A study's question. Its budget and its workers may change at any time and are not part of it."""

    space: str
    """Name of the search space."""
    scale: str
    """Name of the scale."""
    data: str
    """Name of the data set."""
    table: str
    """Name or file of the ground-truth table."""
    table_sha256: str
    """SHA-256 of the table's file."""
    seed: int
    """Source of all named streams of randomness, at least 0."""
    factors: tuple[Factor, ...]
    """The study's dimensions; a factor that is held has a single level."""

    def sizes(self) -> Scale:
        """Return the scale's sizes."""
        return load_scale(self.scale, self.space)

    def baseline(self) -> Recipe:
        """Return the recipe in which every factor has its default."""
        return Recipe({factor.name: factor.default for factor in self.factors})

    def baselines(self) -> tuple[Recipe, ...]:
        """Return the recipes that are tried first, each once.

        These are the baseline, the paper's best, and one that is known to rank well at this scale; values
        that this study does not offer are replaced by the baseline's.
        """
        baseline = self.baseline()
        paper = {factor.name: factor.paper_best for factor in self.factors if factor.paper_best is not None}
        domains = {factor.name: factor.domain for factor in self.factors}

        def offered(values: Mapping[str, Value]) -> Recipe:
            kept = {name: value for name, value in values.items() if domains[name].contains(value)}
            return Recipe({**baseline, **kept})

        return tuple(dict.fromkeys((baseline, offered(paper), offered(self.sizes().start))))

    def fingerprint(self) -> dict[str, Any]:
        """Return the settings as plain values, to be kept with the study."""
        sizes = self.sizes()
        return {
            "format": FORMAT,
            "space": self.space,
            "scale": self.scale,
            "data": self.data,
            "resolution": sizes.resolution,
            "ranking_images": sizes.ranking_images,
            "calibration_images": sizes.calibration_images,
            "count_passes": sizes.count_passes,
            # Left out where it is the usual one: studies from before there was another go on.
            **({} if sizes.precision == FLOAT32 else {"precision": sizes.precision}),
            "rungs": list(sizes.rungs),
            "rung_pool": sizes.rung_pool,
            "snapshots": list(sizes.snapshots),
            "table": self.table,
            "table_sha256": self.table_sha256,
            "seed": self.seed,
            "factors": {
                factor.name: {"domain": domain_to_json(factor.domain), "default": factor.default}
                for factor in self.factors
            },
        }


def from_fingerprint(fingerprint: Mapping[str, Any]) -> StudySettings:
    """Rebuild settings from what a study keeps; `InputError` where this version cannot continue it."""
    try:
        if fingerprint.get("format") != FORMAT:
            raise InputError(
                f"study format {show(fingerprint.get('format'))}: this version continues format {FORMAT} only"
            )
        settings = _rebuilt(fingerprint)
        refuse_difference(kept=fingerprint, asked=settings.fingerprint())
    except InputError:
        raise
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError, RecursionError) as error:
        raise InputError(
            f"the study's settings are damaged ({type(error).__name__}: {show_error(error)}): use another"
            " STUDY"
        ) from error
    return settings


def _rebuilt(fingerprint: Mapping[str, Any]) -> StudySettings:
    names = {name: fingerprint[name] for name in ("space", "scale", "data", "table", "table_sha256")}
    for name, value in names.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} is no text")
    if type(fingerprint["seed"]) is not int or fingerprint["seed"] < 0:
        raise TypeError("seed is no whole number of at least 0")
    kept = fingerprint["factors"]
    known = scaled_catalogue(names["space"], load_scale(names["scale"], names["space"]))
    return StudySettings(
        **names,
        seed=fingerprint["seed"],
        factors=tuple(
            factor.with_domain(
                domain_from_toml(factor.name, kept[factor.name]["domain"]), kept[factor.name]["default"]
            )
            for factor in known
            if factor.name in kept
        ),
    )


def refuse_difference(*, kept: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Raise `InputError` that names the first difference between a study's settings and those asked for."""
    # Through JSON, so that tuples equal lists and 1.0 equals 1.0.
    old, new = (json.loads(json.dumps(settings)) for settings in (dict(kept), dict(asked)))
    for name, before, after in _differences(old, new):
        raise InputError(
            f"the study was made with {name} {before}, now it is {after}: use the same or another STUDY"
        )


def _differences(old: Any, new: Any, path: str = "") -> Iterable[tuple[str, str, str]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            name = f"{path}.{key}" if path else key
            yield from _differences(old.get(key), new.get(key), name)
    elif old != new:
        yield path, _short(old), _short(new)


def _short(value: Any) -> str:
    return "absent" if value is None else show_text(json.dumps(value))


def choose_factors(
    *,
    space: str,
    scale: Scale,
    only: Sequence[str] = (),
    fixed: Sequence[str] = (),
    domains: Path | None = None,
) -> tuple[Factor, ...]:
    """Return the factors of a study as a user narrows or widens them.

    Args:
        space: Name of the space.
        scale: Gives domains and defaults.
        only: Names of the factors to study; all others are held at their defaults. All where empty.
        fixed: ``name=value`` for each factor to hold at a value.
        domains: A TOML file with a table for each factor: ``domain`` and perhaps ``default``, or just
            ``name = [levels]`` or ``name = {low = .., high = ..}``.

    Raises:
        InputError: an unknown factor, a value outside what the factor can be, or a file that says neither.
    """
    factors = {factor.name: factor for factor in scaled_catalogue(get_space(space), scale)}

    def known(name: str, where: str) -> Factor:
        if name not in factors:
            raise InputError(f"{where}: unknown factor {show(name)} in {space}: it has {', '.join(factors)}")
        return factors[name]

    for name, domain, default in _read_domains(domains):
        factor = known(name, f"domains file {domains}")
        factors[name] = _changed(factor, domain, default)
    held = {}
    for setting in fixed:
        name, equals, text = setting.partition("=")
        if not equals:
            raise InputError(f"--fix {show(setting)}: give name=value, such as learning_rate=0.05")
        held[name] = parse_value(known(name, "--fix"), text)
    for name in only:
        known(name, "--factors")
        if name in held:
            raise InputError(f"{name}: --factors studies it and --fix holds it; leave it out of one of them")
    for name, factor in factors.items():
        if name in held or (only and name not in only):
            factors[name] = _held(factor, held.get(name, factor.default))
    return tuple(factors.values())


def parse_value(factor: Factor, text: str) -> Value:
    """Read a factor's value as a user writes it; `InputError` where it is not one."""
    domain = factor.domain
    if isinstance(domain, Categorical):
        by_text = {str(choice).lower(): choice for choice in domain.choices}
        by_text |= {"off": False, "on": True} if set(domain.choices) <= {False, True} else {}
        if text.lower() in by_text:
            return by_text[text.lower()]
        # A held number may lie outside the levels that are studied.
        if not all(type(choice) in (int, float) for choice in domain.choices):
            raise InputError(f"{factor.name}={show_text(text)}: choose one of {domain}")
        integer = all(type(choice) is int for choice in domain.choices)
    else:
        integer = domain.kind == "integer"
    try:
        value: Value = int(text) if integer else float(text)
    except ValueError:
        raise InputError(
            f"{factor.name}={show_text(text)}: a {'whole ' if integer else ''}number is wanted"
        ) from None
    check_value(factor, value)
    return value


def check_value(factor: Factor, value: Value) -> None:
    """Raise `InputError` where no network or training has this value."""
    from wsnas.supernets.mapping import Mapping as SuperNetMapping
    from wsnas.training.protocol import Protocol

    levels = factor.domain.choices if isinstance(factor.domain, Categorical) else (0.0,)
    plain = isinstance(levels[0], (bool, str))
    if (plain and value not in levels) or (not plain and (isinstance(value, (bool, str)))):
        raise InputError(f"{factor.name}={show_text(str(value))}: {factor.domain} is what it can be")
    if type(value) is int and abs(value) >= WORD:
        raise InputError(f"{factor.name}={show(value)}: a number below {WORD:.2g} is wanted")
    for config in (SuperNetMapping, Protocol):
        if factor.name in config.__dataclass_fields__:
            config(**{factor.name: value})  # type: ignore[arg-type]
    if factor.name in ("cells", "channels") and not (isinstance(value, int) and value >= 1):
        raise InputError(f"{factor.name}={value}: a whole number of at least 1 is wanted")


def check_batches(factors: Sequence[Factor], train_images: int) -> None:
    """Raise `InputError` where some recipe's batch is larger than the training images that it uses."""
    domains = {factor.name: factor.domain for factor in factors}

    def ends(name: str) -> list[float]:
        domain = domains[name]
        values = domain.choices if isinstance(domain, Categorical) else (domain.low, domain.high)
        return [float(value) for value in values]

    batch, images = max(ends("batch_size")), round(min(ends("train_portion")) * train_images)
    if batch > images:
        raise InputError(
            f"batch_size {batch:g}: the smallest train_portion leaves {images} images, fewer than that"
        )


def _held(factor: Factor, value: Value) -> Factor:
    return factor.with_domain(Categorical((value,)), value)


def _changed(factor: Factor, domain: Domain, default: Value | None) -> Factor:
    for value in domain.choices if isinstance(domain, Categorical) else (domain.low, domain.high):
        whole = isinstance(domain, Range) and domain.kind == "integer"
        check_value(factor, int(value) if whole else value)
    if default is None:
        default = factor.default if domain.contains(factor.default) else domain.at(0.5)
    if not domain.contains(default):
        raise InputError(f"{factor.name}: the default {show(default)} is not in {domain}")
    return factor.with_domain(domain, default)


def _read_domains(path: Path | None) -> Iterable[tuple[str, Domain, Value | None]]:
    if path is None:
        return
    tables = read_toml(path, "domains file")
    for name, spec in tables.items():
        table = spec if isinstance(spec, dict) and "domain" in spec else {"domain": spec}
        yield name, domain_from_toml(name, table["domain"]), table.get("default")
