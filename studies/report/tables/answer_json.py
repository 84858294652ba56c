"""The answer for programs: `wsnas report --json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studies.analysis.screen.effects import call_of
from studies.report.words.change_lines import change_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studies.analysis.estimates import Interval
    from studies.report.answer import Answer
    from studies.report.words.change_lines import ChangeLine


def answer_dictionary(answer: Answer, *, verdicts: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return an answer as plain values; what is not there yet is None.

    Args:
        answer: The answer.
        verdicts: What was judged of the paper's claims, each with ``claim`` and ``verdict``.
    """
    return {
        "space": answer.settings.space,
        "study": answer.name,
        "confirmed": _confirmed(answer),
        "factors": _factors(answer),
        "verdicts": [dict(one) for one in verdicts] or None,
        "search": _search(answer),
        "score": answer.settings.sizes().score,
        "confirmation_seeds": None if answer.winner is None else len(answer.winner.values),
        "importance": _importance(answer),
        "inert": _inert(answer),
    }


def _confirmed(answer: Answer) -> dict[str, Any]:
    ours, theirs, counted = answer.winner, answer.baseline, answer.reference_rankers
    figures: dict[str, Interval | None] = {
        "single": None if ours is None else ours.single.skdt,
        "ensemble": None if ours is None else ours.ensemble.skdt,
        "baseline": None if theirs is None else theirs.single.skdt,
        "parameters": counted["parameters"],
        "flops": counted["FLOPs"],
        "ceiling": answer.ceiling,
        "ensemble_minus_parameters": None if ours is None else ours.ensemble.over["parameters"],
        "single_minus_baseline": answer.gain,
        # From here on beyond what is promised.
        "ensemble_minus_flops": None if ours is None else ours.ensemble.over["FLOPs"],
        "single_minus_parameters": None if ours is None else ours.single.over["parameters"],
        "single_minus_flops": None if ours is None else ours.single.over["FLOPs"],
        "ensemble_minus_baseline": answer.ensemble_gain,
        **{f"{name.lower()}_top_half": one for name, one in answer.reference_top_half.items()},
        "ensemble_top_half": None if ours is None else ours.ensemble.top_half,
        "joint_top_half": None if ours is None else ours.joint.top_half,
        "joint": None if ours is None else ours.joint.skdt,
        "joint_minus_parameters": None if ours is None else ours.joint.over["parameters"],
        "joint_minus_flops": None if ours is None else ours.joint.over["FLOPs"],
        "baseline_joint": None if theirs is None else theirs.joint.skdt,
        "baseline_ensemble": None if theirs is None else theirs.ensemble.skdt,
        "single_by_accuracy": None if ours is None else ours.single.by_accuracy,
        "ensemble_by_accuracy": None if ours is None else ours.ensemble.by_accuracy,
        "single_given_parameters": None if ours is None else ours.single.partial_tau,
        "ensemble_given_parameters": None if ours is None else ours.ensemble.partial_tau,
        "single_within_sizes": None if ours is None else ours.single.within_sizes,
        "ensemble_within_sizes": None if ours is None else ours.ensemble.within_sizes,
    }
    return {name: _figure(one) for name, one in figures.items()}


def _figure(one: Interval | None) -> dict[str, float] | None:
    return None if one is None else {"value": one.mean, "low": one.low, "high": one.high}


def _factors(answer: Answer) -> list[dict[str, Any]] | None:
    if answer.effects:
        return _wide_factors(answer)
    if answer.screen is None:
        return None
    return [_change(line) for line in change_lines(answer) if line.acts]


def _change(line: ChangeLine) -> dict[str, Any]:
    change, effect, other = line.measured.change, line.effect, line.other
    return {
        "name": change.factor,
        "reference": change.reference,
        "alternative": change.alternative,
        "effect": effect.mean,
        "low": effect.low,
        "high": effect.high,
        "call": effect.call,
        "seeds": effect.seeds,
        "diverged": effect.diverged,
        "by_accuracy": None
        if other is None or other.mean is None
        else {"value": other.mean, "low": other.low, "high": other.high},
    }


def _inert(answer: Answer) -> dict[str, Any] | None:
    """Return the change that cannot act: what chance looks like."""
    return next((_change(line) for line in change_lines(answer) if not line.acts), None)


def _wide_factors(answer: Answer) -> list[dict[str, Any]]:
    """Return the differences from each default, averaged over the space and not at a reference."""
    return [
        {
            "name": effect.name,
            "reference": one.second,
            "alternative": one.first,
            "effect": one.difference,
            "low": one.low_among_all,
            "high": one.high_among_all,
            "call": call_of(one.low_among_all, one.high_among_all),
        }
        for effect in answer.effects
        for one in effect.equal_recipe.from_default
    ]


def _importance(answer: Answer) -> list[dict[str, Any]] | None:
    """Return the size of each factor, the largest first: of its effects, or its share of the variance."""
    if answer.importance:
        found = {one.name: (one.share, one.low, one.high) for one in answer.importance if not one.note}
    elif answer.screen is not None:
        sizes = {line.factor: line.size for line in change_lines(answer)}
        found = {name: (size.mean, size.low, size.high) for name, size in sizes.items() if size is not None}
    else:
        return None
    ordered = sorted(found.items(), key=lambda item: -item[1][0])
    return [{"name": name, "value": value, "low": low, "high": high} for name, (value, low, high) in ordered]


def _search(answer: Answer) -> dict[str, Any] | None:
    search = answer.search
    if search is None or not search.picks:
        return None
    return {"rank": search.picks[0].rank, "of": search.table_size, "regret": search.regret}
