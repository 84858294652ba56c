from __future__ import annotations

import re
from typing import Any

import pytest

from wsnas.errors import InputError
from wsnas.training.protocol import Protocol


@pytest.mark.parametrize(
    "wrong",
    [
        {"learning_rate": 0.0},
        {"learning_rate": -0.1},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"epochs": 0},
        {"batch_size": 0},
        {"gradient_clip": 0.0},
        {"train_portion": 0.0},
        {"train_portion": 1.01},
        {"weight_decay": -1e-9},
        {"weight_decay": float("nan")},
        {"learning_rate_schedule": "linear"},
        {"paths_per_step": 0},
        {"paths_per_step": 1.5},
        {"label_smoothing": 1.0},
        {"label_smoothing": -0.1},
        {"learning_rate_cooldown": 1.1},
        {"learning_rate_cooldown": float("nan")},
    ],
    ids=str,
)
def test_wrong_value_is_refused_with_its_name(wrong: dict[str, Any]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(InputError, match=rf"^{name} {re.escape(repr(value))} is ") as caught:
        Protocol(**wrong)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "right",
    [{"train_portion": 1.0}, {"weight_decay": 0.0}, {"epochs": 1}, {"learning_rate_schedule": "constant"}],
    ids=str,
)
def test_value_at_the_edge_is_accepted(right: dict[str, Any]) -> None:
    ((name, value),) = right.items()
    assert getattr(Protocol(**right), name) == value
