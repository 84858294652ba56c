from __future__ import annotations

from pathlib import Path

import pytest

from objectives.question.inputs import Place
from studies.search import Retrained, retrain, standalone_plan
from studies.search.wording import retrained_text
from tests.studies.made_settings import made_settings
from wsnas.errors import InputError
from wsnas.groundtruth import load
from wsnas.spaces import get_space

SMALL = {"epochs": 1, "resolution": 8, "channels": 4}


@pytest.mark.parametrize("space", ["nb101", "nb201", "darts"])
def test_the_protocol_is_that_of_the_measured_table_so_that_accuracies_compare(space: str) -> None:
    plan = standalone_plan(made_settings(space, table=load(space).name))
    assert plan.table == f"{space}-mini"
    assert plan.protocol.data == "fashion-clutter"


def test_a_changed_protocol_compares_with_no_table() -> None:
    plan = standalone_plan(made_settings(), {"epochs": 20})
    assert plan.table is None
    assert plan.protocol.epochs == 20


def test_other_images_bring_the_size_of_the_study() -> None:
    protocol = standalone_plan(made_settings(data="cifar10")).protocol
    assert (protocol.data, protocol.resolution, protocol.channels, protocol.cells) == ("cifar10", 12, 8, 1)


def test_a_folder_with_a_measured_table_brings_its_own_protocol(tmp_path: Path) -> None:
    import json

    from wsnas.groundtruth.measured_table import embedded_tables

    source = embedded_tables("nb201")["nb201-mini"]
    values = json.loads((source / "table.json").read_text())
    values["protocol"]["epochs"] = 3
    (tmp_path / "table.json").write_text(json.dumps(values))
    plan = standalone_plan(made_settings(table=str(tmp_path)))
    assert plan.protocol.epochs == 3
    assert plan.table == str(tmp_path)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(InputError, match="'epoch'"):
        standalone_plan(made_settings(), {"epoch": 3})


def _retrain(seed: int = 0, seeds: int = 1) -> Retrained:
    space = get_space("nb201")
    architecture = space.parse("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    plan = standalone_plan(made_settings(), SMALL)
    return retrain(space, architecture, plan=plan, seeds=seeds, seed=seed, place=Place(device="cpu"))


def test_trainings_differ_by_their_seeds_and_repeat_with_the_same_and_one_alone_has_no_deviation() -> None:
    twice, once, other = _retrain(seeds=2), _retrain(), _retrain(seed=1)
    assert len({*twice.accuracies, *other.accuracies}) == 3
    assert once.accuracies == twice.accuracies[:1]
    assert twice.deviation is not None
    assert "2 times" in retrained_text(twice)
    assert "standard deviation between seeds" in retrained_text(twice)
    assert once.deviation is None
    assert "±" not in retrained_text(once)
