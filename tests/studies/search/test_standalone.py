from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studies.config.choices import choose_factors
from studies.config.inputs import Place
from studies.config.scales import load_scale
from studies.config.settings import StudySettings
from studies.search import Retrained, retrain, standalone_plan
from studies.search.wording import retrained_text
from wsnas.errors import InputError
from wsnas.groundtruth import load
from wsnas.spaces import get_space

SMALL = {"epochs": 1, "resolution": 8, "channels": 4}


def _settings(space: str, **changes: Any) -> StudySettings:
    scale = load_scale("mini", space)
    given = {
        "space": space,
        "scale": "mini",
        "data": "fashion-clutter",
        "table": load(space).name,
        "table_sha256": "",
        "seed": 0,
        "factors": choose_factors(space=space, scale=scale),
    }
    return StudySettings(**{**given, **changes})


@pytest.mark.parametrize("space", ["nb101", "nb201", "darts"])
def test_the_protocol_is_that_of_the_measured_table_so_that_accuracies_compare(space: str) -> None:
    plan = standalone_plan(_settings(space))
    assert plan.table == f"{space}-mini"
    assert plan.protocol.data == "fashion-clutter"


def test_a_changed_protocol_compares_with_no_table() -> None:
    plan = standalone_plan(_settings("nb201"), {"epochs": 20})
    assert plan.table is None
    assert plan.protocol.epochs == 20


def test_other_images_bring_the_size_of_the_study() -> None:
    protocol = standalone_plan(_settings("nb201", data="cifar10")).protocol
    assert (protocol.data, protocol.resolution, protocol.channels, protocol.cells) == ("cifar10", 16, 8, 1)


def test_a_folder_with_a_measured_table_brings_its_own_protocol(tmp_path: Path) -> None:
    import json

    from wsnas.groundtruth.measured_table import embedded_tables

    source = embedded_tables("nb201")["nb201-mini"]
    values = json.loads((source / "table.json").read_text())
    values["protocol"]["epochs"] = 3
    (tmp_path / "table.json").write_text(json.dumps(values))
    plan = standalone_plan(_settings("nb201", table=str(tmp_path)))
    assert plan.protocol.epochs == 3
    assert plan.table == str(tmp_path)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(InputError, match="'epoch'"):
        standalone_plan(_settings("nb201"), {"epoch": 3})


def _retrain(seed: int = 0, seeds: int = 2) -> Retrained:
    space = get_space("nb201")
    architecture = space.parse("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    plan = standalone_plan(_settings("nb201"), SMALL)
    return retrain(space, architecture, plan=plan, seeds=seeds, seed=seed, place=Place(device="cpu"))


def test_trainings_differ_by_their_seeds_and_repeat_with_the_same() -> None:
    first = _retrain()
    assert first.accuracies == _retrain().accuracies
    assert first.accuracies[0] != first.accuracies[1]
    assert first.accuracies != _retrain(seed=1).accuracies
    assert first.deviation is not None
    text = retrained_text(first)
    assert "2 times" in text
    assert "standard deviation between seeds" in text


def test_one_training_has_no_deviation() -> None:
    once = _retrain(seeds=1)
    assert once.deviation is None
    assert "±" not in retrained_text(once)
