"""The best recipe as a TOML file that `wsnas train --recipe FILE` runs again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from objectives.factors import NAMES
from objectives.question.choices import check_value
from objectives.question.scales import load_scale, scaled_catalogue
from objectives.recipe import Recipe
from studies.report.words.recommend import best_recipe, complete_trials
from studies.report.words.wording import count_of, interval
from wsnas.errors import InputError, one_of, show
from wsnas.files import read_toml, toml_value
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from pathlib import Path

    from studies.report.answer import Answer

HEADER = ("space", "scale", "data", "table")
"""Keys before the recipe."""


def recipe_toml(answer: Answer) -> str:
    """Return the recommended recipe as TOML text; its comments say what it was measured at.

    Raises:
        InputError: no trial of the study is complete yet.
    """
    recipe = best_recipe(answer)
    if recipe is None:
        raise InputError(f"study {answer.name!r} has no recipe with a value yet: run it further")
    settings = answer.settings
    header = dict(zip(HEADER, (settings.space, settings.scale, settings.data, settings.table), strict=True))
    lines = [f"# {line}" for line in _comments(answer)]
    lines += [f"{key} = {toml_value(value)}" for key, value in header.items()]
    lines += ["", "[recipe]"]
    lines += [f"{name} = {toml_value(value)}" for name, value in recipe.items()]
    return "\n".join(lines) + "\n"


def read_recipe(path: Path) -> tuple[dict[str, str], Recipe]:
    """Read a recipe file.

    Returns:
        Space, scale, data and table by these names, and the recipe with a value for every factor.

    Raises:
        InputError: the file is missing or no TOML, lacks a key, has an unknown one, or a value that no
            network or training can have.
    """
    content = read_toml(path, "recipe file")
    _check_keys(content, (*HEADER, "recipe"), f"recipe file {path}")
    header = {key: content[key] for key in HEADER}
    for key, text in header.items():
        if not isinstance(text, str) or not text:
            raise InputError(f"recipe file {path}: {key} = {show(text)}: a name in quotes is wanted")
    values = content["recipe"]
    if not isinstance(values, dict):
        raise InputError(f"recipe file {path}: recipe is no table: write [recipe] before the factors")
    get_space(header["space"])
    scale = load_scale(header["scale"], header["space"])
    known = scaled_catalogue(header["space"], scale, on_request=True)
    factors = [factor for factor in known if not factor.on_request or factor.name in values]
    # A recipe may be older than a package that provides a factor.
    values = {**{one.name: one.default for one in factors if one.name not in NAMES}, **values}
    _check_keys(values, [factor.name for factor in factors], f"recipe file {path}, [recipe]")
    try:
        return header, Recipe({factor.name: check_value(factor, values[factor.name]) for factor in factors})
    except InputError as error:
        raise InputError(f"recipe file {path}: {error}") from error


def _comments(answer: Answer) -> list[str]:
    # A name may hold any character, and a comment ends with its line.
    name = json.dumps(answer.name)
    if answer.winner is None:
        best = complete_trials(answer)[0]
        return [
            f"Best trial so far of study {name}, not confirmed:",
            f"s-KdT {best.value:.3f} in trial {best.number} (one seed; the best of many is partly luck).",
        ]
    part, counted = answer.winner, len(answer.winner.values)
    lines = [
        f"Best recipe of study {name}:",
        f"s-KdT {interval(part.single.skdt)} on {len(answer.truth)} fresh architectures"
        f" (95 % interval, {count_of(counted, 'seed')}).",
    ]
    if counted > 1:
        lines.append(f"The mean rank of these {counted} super-nets: {interval(part.ensemble.skdt)}.")
    if answer.baseline is not None:
        lines.append(f"Baseline on the same architectures: {interval(answer.baseline.single.skdt)}.")
    if answer.gain is not None:
        includes = ", which includes 0" if answer.gain.low <= 0 <= answer.gain.high else ""
        lines.append(f"Gain over the baseline: {interval(answer.gain)}{includes}.")
    return [*lines, "Run it again: wsnas train --recipe FILE"]


def _check_keys(table: dict[str, Any], wanted: list[str] | tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in wanted:
            raise InputError(f"{where}: unknown key {show(key)}: {one_of(key, wanted)}")
    for key in wanted:
        if key not in table:
            raise InputError(f"{where}: {key!r} is missing")
