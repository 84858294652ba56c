"""A study's settings as a user chooses them, and its factors as a user narrows or widens them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from objectives.domains import WORD, Categorical, Domain, Range, Value, domain_from_toml
from objectives.recipe import Recipe
from studies.config.scales import Scale, load_scale, scaled_catalogue
from studies.config.settings import StudySettings
from wsnas.errors import InputError, did_you_mean, one_of, show, show_text
from wsnas.files import read_toml
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from objectives.factors import Factor
    from studies.config.settings import Screen


def choose_settings(
    *,
    space: str,
    scale: str,
    data: str | None = None,
    table: str | None = None,
    seed: int = 0,
    only: Sequence[str] = (),
    fixed: Sequence[str] = (),
    domains: Path | None = None,
    screen: Screen = "changes",
    least: int = 0,
) -> StudySettings:
    """Return the settings of a study; what is not chosen is the scale's, or the space's own table.

    Args:
        space: Name of the space.
        scale: Name of the scale.
        data: Name of the data set.
        table: Name or file of the ground truth.
        seed: Source of all randomness, at least 0.
        only: See `choose_factors`, as `fixed` and `domains`.
        fixed: See there.
        domains: See there.
        screen: How factors are screened.
        least: How many architectures the table must have.

    Raises:
        InputError: a name that is not known, or values that no study can have.
    """
    from wsnas.data import data_names
    from wsnas.groundtruth import load

    space = get_space(space).name
    sizes = load_scale(scale, space)
    data = data or sizes.data
    if data not in data_names():
        raise InputError(f"unknown data set {show(data)}: {one_of(data, data_names())}")
    truth = load(space, table)
    if len(truth) < least:
        raise InputError(f"table {truth.name!r}: {len(truth)} architectures, at least {least} are wanted")
    return StudySettings(
        space=space,
        scale=scale,
        data=data,
        table=table or truth.name,
        table_sha256=truth.sha256,
        seed=seed,
        screen=screen,
        factors=choose_factors(space=space, scale=sizes, only=only, fixed=fixed, domains=domains),
    )


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
            raise InputError(f"{where}: unknown factor {show(name)} in {space}: {one_of(name, factors)}")
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
            value = held.get(name, factor.default)
            factors[name] = factor.with_domain(Categorical((value,)), value)
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
            raise InputError(
                f"{factor.name}={show_text(text)}: choose one of {domain}{did_you_mean(text, by_text)}"
            )
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
    levels = factor.domain.choices if isinstance(factor.domain, Categorical) else (0.0,)
    plain = isinstance(levels[0], (bool, str))
    if (plain and value not in levels) or (not plain and (isinstance(value, (bool, str)))):
        raise InputError(f"{factor.name}={show_text(str(value))}: {factor.domain} is what it can be")
    if type(value) is int and abs(value) >= WORD:
        raise InputError(f"{factor.name}={show(value)}: a number below {WORD:.2g} is wanted")
    Recipe({factor.name: value}).check()


def check_batches(factors: Sequence[Factor], train_images: int) -> None:
    """Raise `InputError` where some recipe's batch is larger than the training images that it uses."""
    wanted = ("batch_size", "train_portion")
    ends = {one.name: [float(end) for end in one.domain.ends] for one in factors if one.name in wanted}
    batch, images = max(ends["batch_size"]), round(min(ends["train_portion"]) * train_images)
    if batch > images:
        raise InputError(
            f"batch_size {batch:g}: the smallest train_portion leaves {images} images, fewer than that"
        )


def _changed(factor: Factor, domain: Domain, default: Value | None) -> Factor:
    for value in domain.ends:
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
