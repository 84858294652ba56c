"""The mini scale ranks: slow, since it trains a super-net to the end."""

from __future__ import annotations

import json

import pytest

from tests.studies.commands import Commands

RANKS_WELL = ("learning_rate=0.05", "learning_rate_schedule=constant", "weight_decay=0.003", "epochs=12")


def test_training_shows_how_far_it_is_and_json_stays_json(
    wsnas: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studies.search.steps.EVERY_SECONDS", 0.0)
    code, output, error = wsnas("train", "--scale", "tiny", "--json", "--fix", "epochs=2")
    assert code == 0
    assert json.loads(output)["seed"] == 0
    assert "training and ranking: 1 of 2 epochs, " in error


@pytest.mark.slow
def test_a_good_recipe_ranks_and_the_untrained_baseline_does_not(wsnas: Commands) -> None:
    values = {}
    for name, changes in (("good", RANKS_WELL), ("short", ("epochs=1", "learning_rate=0.005"))):
        shown = wsnas.output("train", "--json", "--seed", "1000", *(f"--fix={change}" for change in changes))
        values[name] = json.loads(shown)["sparse_kendall_tau"]
    assert values["good"] > 0.3
    assert values["good"] > values["short"] + 0.2
