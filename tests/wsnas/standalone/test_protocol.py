from __future__ import annotations

import pytest

from wsnas.errors import InputError
from wsnas.spaces import space_names
from wsnas.standalone.protocol import StandaloneProtocol, space_protocol


@pytest.mark.parametrize("space", space_names())
def test_every_space_has_a_protocol_for_images_that_the_package_carries(space: str) -> None:
    protocol = space_protocol(space)
    assert protocol.data == "fashion-clutter"
    assert protocol.training().train_portion == 1.0


def test_a_space_without_a_file_gets_the_defaults() -> None:
    assert space_protocol("a-space-of-ones-own") == StandaloneProtocol()


@pytest.mark.parametrize("space", ["x" * 5000, "../protocols/darts", "a\0b"])
def test_what_is_no_name_of_a_file_has_the_defaults(space: str) -> None:
    assert space_protocol(space) == StandaloneProtocol()


def test_changes_come_on_top_of_the_spaces_own_file() -> None:
    own, changed = space_protocol("darts"), space_protocol("darts", {"epochs": 9})
    assert own.cells == 3
    assert changed.values() == {**own.values(), "epochs": 9}


def test_a_protocol_is_made_again_from_its_plain_values() -> None:
    protocol = space_protocol("darts")
    assert StandaloneProtocol(**protocol.values()) == protocol


def test_an_unknown_setting_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"'momentum': choose one of .*epochs"):
        space_protocol("nb101", {"momentum": 0.5})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 2.0),
        ("epochs", True),
        ("epochs", "many"),
        ("batch_size", -1),
        ("batch_size", 1.5),
        ("resolution", 0),
        ("channels", "wide"),
        ("cells", 0),
        ("views", 0),
        ("learning_rate", 0),
        ("learning_rate", "fast"),
        ("learning_rate", float("nan")),
        ("weight_decay", -1e-4),
        ("weight_decay", [1]),
        ("data", 3),
        pytest.param("epochs", -(1 << 20_000), id="epochs-huge"),
        pytest.param("learning_rate", 10**400, id="learning_rate-huge"),
        pytest.param("learning_rate", [1 << 20_000], id="learning_rate-list"),
    ],
)
def test_a_value_of_the_wrong_kind_or_size_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(InputError, match=name):
        space_protocol("nb101", {name: value})
