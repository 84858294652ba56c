from __future__ import annotations

from dataclasses import replace

import pytest

from studies.report.words.change_lines import change_lines, changes_summary, effect_text, more_trials
from studies.report.words.mattering import findings, what_matters
from studies.schedule.stages import Stage
from tests.studies.report import factory


def with_effects(answer, **effects):
    """Return an answer in which changes, by name, have other effects."""
    changes = tuple(
        replace(one, effect=replace(one.effect, **effects[one.change.factor]))
        if one.change.factor in effects
        else one
        for one in answer.screen.changes
    )
    return replace(answer, screen=replace(answer.screen, changes=changes))


SMALL = {"mean": 0.01, "low": -0.02, "high": 0.04, "call": "negligible"}


def test_called_factors_come_first_then_the_larger_ones_and_the_inert_change_last():
    lines = change_lines(factory.complete())
    factors = list(dict.fromkeys(line.factor for line in lines))
    assert factors[:3] == ["path_dropout", "bn_statistics", "ofa_kernel"]
    assert not lines[-1].acts
    assert all(line.acts for line in lines[:-1])
    sizes = {line.factor: 0.0 if line.size is None else line.size.mean for line in lines[:-1]}
    rest = [sizes[name] for name in factors[3:-1]]
    assert rest == sorted(rest, reverse=True)
    # The changes of one factor stand together, whatever each of them does.
    assert [line.factor for line in lines] == sorted((line.factor for line in lines), key=factors.index)


def test_a_small_factor_that_is_called_stands_before_a_larger_one_that_is_not():
    answer = with_effects(
        factory.complete(), op_placement={"mean": 0.02, "low": 0.01, "high": 0.03, "call": "helps"}
    )
    factors = list(dict.fromkeys(line.factor for line in change_lines(answer)))
    assert factors.index("op_placement") < factors.index("learning_rate")


def test_the_summary_names_what_helps_hurts_is_negligible_or_undecided():
    answer = with_effects(factory.complete(), epochs=SMALL, channels=SMALL)
    text = changes_summary(answer)
    lines = {(line.factor, line.change): line for line in change_lines(answer)}
    helps = effect_text(lines["ofa_kernel", "off → on"].effect)
    assert f"ofa_kernel off → on ({helps}) helps" in text
    assert "path_dropout 0 → 0.3" in text.split("; ")[1]
    assert "Within ±0.05, and so negligible: channels and epochs." in text
    undecided = text.split("Undecided: ")[1]
    assert "learning_rate" in undecided
    # One level of it hurts, so the factor is not undecided.
    assert "bn_statistics" not in undecided
    assert "wsbn" not in text


def test_a_factor_is_negligible_only_with_all_its_levels():
    answer = factory.complete()
    first = next(one for one in answer.screen.changes if one.change.factor == "epochs")
    changes = tuple(
        replace(one, effect=replace(one.effect, **SMALL)) if one is first else one
        for one in answer.screen.changes
    )
    text = changes_summary(replace(answer, screen=replace(answer.screen, changes=changes)))
    assert "negligible" not in text


def test_nothing_called_and_nothing_measured_are_said_plainly():
    assert "No change is shown to help or to hurt." in changes_summary(factory.constant())
    assert "too few seeds" in changes_summary(factory.reference_only())
    assert "has not begun" in changes_summary(factory.tiny())
    waiting = change_lines(factory.reference_only())
    assert {(line.cells[2], line.cells[3], line.by_accuracy) for line in waiting[:-1]} == {("-", "-", "-")}


def test_an_inert_change_that_comes_out_as_a_call_is_a_warning():
    answer = with_effects(factory.complete(), wsbn={"mean": 0.1, "low": 0.05, "high": 0.15, "call": "helps"})
    assert "Beware: the change that cannot act came out as helps (+0.10 [0.05, 0.15])" in what_matters(answer)
    assert "wsbn" not in findings(answer)
    assert "Beware" not in what_matters(factory.complete())


def test_more_trials_take_the_undecided_to_their_next_look():
    answer = factory.complete()
    open_ = [line.effect for line in change_lines(answer) if line.acts and line.effect.call == "undecided"]
    targets = [{0: 2, 1: 2, 8: 16}[effect.seeds] for effect in open_]
    more = sum(targets) - sum(effect.seeds for effect in open_)
    # The reference has 16.
    more += round(sum(targets) / len(open_) ** 0.5) - 16
    assert f"TRIALS={answer.budget + more} ({more} more)" in more_trials(answer)
    assert f"the {len(open_)} undecided changes" in more_trials(answer)
    running = replace(answer, progress=factory.progress(Stage.SCREEN, 3, 9))
    assert more_trials(running) == ""
    assert more_trials(factory.constant()) == "" or "TRIALS" in more_trials(factory.constant())


@pytest.mark.parametrize("case", factory.CASES)
def test_what_matters_is_said_in_every_state(case):
    text = what_matters(factory.CASES[case]())
    assert text
    assert "None" not in text.replace("None of the", "")


def test_findings_are_those_of_the_screen_that_there_is():
    assert findings(factory.complete())["ofa_kernel"].startswith("off → on helps: +0.")
    assert "tracked is worse than batch" in findings(factory.sobol())["bn_statistics"]
