"""A study's fingerprint: its settings as it keeps them, read back and held against what is asked now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from objectives.question.asked import rebuilt_factors
from objectives.question.inputs import refuse_table
from studies.config.settings import FORMAT, Screen, StudySettings
from wsnas.errors import InputError, show, show_error, show_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def from_fingerprint(fingerprint: Mapping[str, Any]) -> StudySettings:
    """Rebuild settings from what a study keeps; `InputError` where this version cannot continue it."""
    try:
        _refuse_format(fingerprint)
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


def _refuse_format(kept: Mapping[str, Any]) -> None:
    number = kept.get("format")
    if type(number) is int and 0 < number < FORMAT:
        raise InputError(
            f"the study was made by an earlier version of wsnas (study format {number}, now {FORMAT}), whose"
            " trials mean something else: begin a new one under another STUDY"
        )
    if number != FORMAT:
        raise InputError(
            f"study format {show(number)}: this version continues format {FORMAT} only; use another STUDY"
        )


def _rebuilt(fingerprint: Mapping[str, Any]) -> StudySettings:
    names = {name: fingerprint[name] for name in ("space", "scale", "data", "table", "table_sha256")}
    for name, value in names.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} is no text")
    if type(fingerprint["seed"]) is not int or fingerprint["seed"] < 0:
        raise TypeError("seed is no whole number of at least 0")
    if fingerprint["screen"] not in get_args(Screen):
        raise TypeError("screen is no way to screen")
    return StudySettings(
        **names,
        screen=fingerprint["screen"],
        seed=fingerprint["seed"],
        factors=rebuilt_factors(names["space"], names["scale"], fingerprint["factors"]),
    )


def refuse_difference(*, kept: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Raise `InputError` that names the first difference between a study's settings and those asked for."""
    _refuse_format(kept)
    # Through JSON, so that tuples equal lists and 1.0 equals 1.0.
    old, new = (json.loads(json.dumps(settings)) for settings in (dict(kept), dict(asked)))
    for name, before, after in _differences(old, new):
        if name == "table_sha256":
            refuse_table(str(old["table"]), kept=str(old[name]), found=str(new[name]))
        raise InputError(
            f"the study was made with {name} {before}, now it is {after}: use the same or another STUDY"
        )


def _differences(old: Any, new: Any, path: str = "") -> Iterable[tuple[str, str, str]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            name = f"{path}.{key}" if path else key
            yield from _differences(old.get(key), new.get(key), name)
    elif not _alike(old, new):
        yield path, _short(old), _short(new)


def _alike(old: Any, new: Any) -> bool:
    """Return whether two values of JSON are the same: 1 and 1.0 are, 1 and true are not."""
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_alike, old, new))
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _short(value: Any) -> str:
    return "absent" if value is None else show_text(json.dumps(value))
