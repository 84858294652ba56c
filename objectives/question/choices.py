"""A question as a user chooses it, and its factors as a user narrows or widens them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from objectives.domains import WORD, Categorical, Value, coerced, domain_from_toml
from objectives.factors import NAMES
from objectives.provided import unread
from objectives.question.asked import Question
from objectives.question.scales import Scale, load_scale, scaled_catalogue
from objectives.recipe import Recipe, mapping_fields
from wsnas.errors import InputError, did_you_mean, one_of, show, show_text
from wsnas.files import read_toml
from wsnas.spaces import BUILT_IN, get_space

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from objectives.factors import Factor
    from wsnas.data import ImageSet
    from wsnas.spaces import Space

_log = logging.getLogger(__name__)


def choose_question(
    *,
    space: str,
    scale: str,
    data: str | None = None,
    table: str | None = None,
    seed: int = 0,
    only: Sequence[str] = (),
    fixed: Sequence[str] = (),
    domains: Path | None = None,
    kept: Collection[str] | None = None,
) -> Question:
    """Return a question; what is not chosen is the scale's, or the space's own table.

    Args:
        space: Name of the space.
        scale: Name of the scale.
        data: Name of the data set.
        table: Name or file of the ground truth.
        seed: Source of all randomness, at least 0.
        only: See `choose_factors`, as `fixed` and `domains`.
        fixed: See there.
        domains: See there.
        kept: See `choose_factors`.

    Raises:
        InputError: a name that is not known, or values that no recipe can have.
    """
    from wsnas.data import data_names
    from wsnas.groundtruth import load

    space = get_space(space).name
    sizes = load_scale(scale, space)
    data = data or sizes.data
    if data not in data_names():
        raise InputError(f"unknown data set {show(data)}: {one_of(data, data_names())}")
    truth = load(space, table)
    return Question(
        space=space,
        scale=scale,
        data=data,
        table=table or truth.name,
        table_sha256=truth.sha256,
        seed=seed,
        factors=choose_factors(space=space, scale=sizes, only=only, fixed=fixed, domains=domains, kept=kept),
    )


def choose_factors(
    *,
    space: str,
    scale: Scale,
    only: Sequence[str] = (),
    fixed: Sequence[str] = (),
    domains: Path | None = None,
    kept: Collection[str] | None = None,
) -> tuple[Factor, ...]:
    """Return the factors of a study as a user narrows or widens them.

    Args:
        space: Name of the space.
        scale: Gives domains and defaults.
        only: Names of the factors to study; all others are held at their defaults. All where empty, but for
            those that a study has on request only: by being named here, in `fixed` or in `domains`.
        fixed: ``name=value`` for each factor to hold at a value.
        domains: A TOML file with a table for each factor: ``domain`` and perhaps ``default``, or just
            ``name = [levels]`` or ``name = {low = .., high = ..}``.
        kept: Names of the factors of the study that is resumed: what packages installed since then provide
            is left out. None for a new study, which leaves out what no super-net reads.

    Raises:
        InputError: an unknown factor, a value outside what the factor can be, or a file that says neither.
    """
    factors = _usable(get_space(space), scale, kept)

    def known(name: str, where: str) -> Factor:
        if name not in factors:
            raise InputError(f"{where}: unknown factor {show(name)} in {space}: {one_of(name, factors)}")
        return factors[name]

    asked = set(only)
    for name, spec, default in _read_domains(domains):
        asked.add(name)
        factors[name] = _changed(known(name, f"domains file {domains}"), spec, default)
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
    asked |= held.keys()
    return tuple(factor for factor in factors.values() if factor.name in asked or not factor.on_request)


def _usable(space: Space[Any], scale: Scale, kept: Collection[str] | None) -> dict[str, Factor]:
    """Return the space's factors, without those of other packages that a study cannot or does not have."""
    factors = {factor.name: factor for factor in scaled_catalogue(space, scale, on_request=True)}
    provided = factors.keys() - (set(NAMES) if space.name in BUILT_IN else set(NAMES) - mapping_fields())
    left = unread(space, provided)
    why = f"the super-nets of {space.name} do not read it, nor does a package's training strategy"
    if kept is not None:
        left, why = frozenset(provided - set(kept)), "the study was made without it"
    for name in sorted(left):
        whose = "" if name in NAMES else " of an installed package"
        _log.warning("factor %s%s is left out: %s", name, whose, why)
        del factors[name]
    return factors


def parse_value(factor: Factor, text: str) -> Value:
    """Read a factor's value as a user writes it; `InputError` where it is not one."""
    words: dict[str, Value] = {"off": False, "on": True} if factor.kind is bool else {}
    if isinstance(factor.domain, Categorical):
        words |= {str(choice).lower(): choice for choice in factor.domain.choices}
    if text.lower() in words:
        return check_value(factor, words[text.lower()])
    if factor.kind in (bool, str):
        raise InputError(
            f"{factor.name}={show_text(text)}: choose one of {factor.domain}{did_you_mean(text, words)}"
        )
    for read in (int, float):
        try:
            number = read(text)
        except ValueError:
            continue
        return check_value(factor, number)
    whole = "whole " if factor.kind is int else ""
    raise InputError(f"{factor.name}={show_text(text)}: a {whole}number is wanted")


def check_value(factor: Factor, value: object) -> Value:
    """Return a value in the factor's type; `InputError` where no network or training has it.

    A number may lie outside the levels or the range that are studied.
    """
    found = coerced(factor.name, value, factor.kind)
    if factor.kind in (bool, str) and not factor.domain.contains(found):
        raise InputError(f"{factor.name}={show_text(str(found))}: choose one of {factor.domain}")
    if isinstance(found, int) and abs(found) >= WORD:
        raise InputError(f"{factor.name}={show(found)}: a number below {WORD:.2g} is wanted")
    Recipe({factor.name: found}).check()
    return found


def check_recipe_memory(space: str, values: Mapping[str, Any], images: ImageSet, device: str) -> None:
    """Raise `InputError` where the super-net of a recipe with these values is sure not to fit a device."""
    from wsnas.memory import check_memory
    from wsnas.supernets import build_supernet

    shape: dict[str, Any] = {"in_channels": images.in_channels, "num_classes": images.num_classes}
    check_memory(
        lambda channels, cells: build_supernet(space, **shape, channels=channels, cells=cells),
        device=device,
        resolution=images.train_images.shape[-1],
        **{name: int(values.get(name, 1)) for name in ("channels", "cells", "batch_size", "epochs")},
    )


def check_batches(factors: Sequence[Factor], train_images: int) -> None:
    """Raise `InputError` where some recipe's batch is larger than the training images that it uses."""
    wanted = ("batch_size", "train_portion")
    ends = {one.name: [float(end) for end in one.domain.ends] for one in factors if one.name in wanted}
    batch, images = max(ends["batch_size"]), round(min(ends["train_portion"]) * train_images)
    if batch > images:
        raise InputError(
            f"batch_size {batch:g}: the smallest train_portion leaves {images} images, fewer than that"
        )


def _changed(factor: Factor, spec: Any, default: Any) -> Factor:
    domain = domain_from_toml(factor.name, spec, factor.kind)
    for value in domain.ends:
        check_value(factor, value)
    if default is not None:
        return factor.with_domain(domain, coerced(factor.name, default, factor.kind))
    if domain.contains(factor.default):
        return factor.with_domain(domain, factor.default)
    taken = domain.at(0.5)
    _log.warning(
        "%s: its default %s is not in %s: the baseline takes %s, unless the domains file names a default",
        *(factor.name, factor.default, domain, taken),
    )
    return factor.with_domain(domain, taken)


def _read_domains(path: Path | None) -> Iterable[tuple[str, Any, Any]]:
    if path is None:
        return
    tables = read_toml(path, "domains file")
    for name, spec in tables.items():
        table = spec if isinstance(spec, dict) and "domain" in spec else {"domain": spec}
        for key in table.keys() - {"domain", "default"}:
            raise InputError(
                f"domains file {path}: {show_text(name)} has {show(key)}: domain and default are all"
            )
        yield name, table["domain"], table.get("default")
