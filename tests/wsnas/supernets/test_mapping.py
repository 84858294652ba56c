from __future__ import annotations

import re
from typing import Any

import pytest

from wsnas.errors import InputError
from wsnas.supernets import SharingMapping


def test_plain_mapping_has_no_heuristics() -> None:
    plain = SharingMapping()
    assert (plain.ofa_kernel, plain.wsbn, plain.op_placement) == (False, False, "edge")
    assert (plain.path_dropout, plain.global_dropout) == (0.0, 0.0)
    assert (plain.bn_affine, plain.bn_statistics) == (True, "batch")


@pytest.mark.parametrize(
    "wrong",
    [
        {"path_dropout": 1.0},
        {"path_dropout": -0.1},
        {"path_dropout": float("nan")},
        {"global_dropout": 1.5},
        {"op_placement": "cell"},
        {"bn_statistics": "running"},
    ],
    ids=str,
)
def test_wrong_value_is_refused_with_its_name(wrong: dict[str, Any]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(InputError, match=rf"^{name} {re.escape(repr(value))} is "):
        SharingMapping(**wrong)


def test_equal_mappings_are_interchangeable_as_keys() -> None:
    assert {SharingMapping(wsbn=True): 1}[SharingMapping(wsbn=True)] == 1
    assert SharingMapping(wsbn=True) != SharingMapping()
