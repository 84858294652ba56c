from __future__ import annotations

import io
import math
import os
import pickle
from collections import OrderedDict, defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wsnas.groundtruth.published import Calls
from wsnas.groundtruth.readers.pickle_names import PickleError
from wsnas.groundtruth.readers.plain_pickle import read_pickle

PROTOCOLS = (2, 3, 4, 5)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.sets(st.integers() | st.text())
        | st.frozensets(st.floats(allow_nan=False))
    ),
    max_leaves=20,
)


def load(value, protocol=4):
    return read_pickle(io.BytesIO(pickle.dumps(value, protocol)))


@given(value=PLAIN, protocol=st.sampled_from(PROTOCOLS))
def test_plain_values_come_back_as_pickle_reads_them(value, protocol) -> None:
    assert load(value, protocol) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_published_files_hold_besides_is_read(protocol) -> None:
    shared = ["x-test@199"]
    value = {
        "ordered": OrderedDict(a=1.5, b=2),
        "default": defaultdict(list, {1: [2]}),
        "double": np.float64(93.25),
        "single": np.float32(0.5),
        "integer": np.int64(-7),
        "flag": np.bool_(True),
        "twice": (shared, shared),
        "long": "é" * 300,
        "nothing": [],
    }
    loaded = load(value, protocol)
    assert loaded == value
    assert type(loaded["double"]) is float
    assert loaded["twice"][0] is loaded["twice"][1]
    assert math.isnan(load(float("nan"), protocol))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "evil",
    [
        lambda target: Calls(Path.touch, target),
        lambda target: Calls(os.system, f"touch {target}"),
        lambda target: Calls(eval, f"open({str(target)!r}, 'w')"),
        lambda target: Calls(exec, f"open({str(target)!r}, 'w')"),
        lambda target: {"meta_archs": [Calls(os.mkdir, str(target))]},
        lambda target: Calls(getattr, target, "touch"),
    ],
)
def test_pickle_that_calls_something_is_refused_and_not_run(tmp_path, protocol, evil) -> None:
    target = tmp_path / "touched"
    with pytest.raises(PickleError, match=r"which no table needs: it was not run") as caught:
        load(evil(target), protocol)
    assert not target.exists()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["os system", "posix system", "builtins eval", "collections namedtuple"])
def test_name_alone_is_refused(name) -> None:
    module, _, attribute = name.partition(" ")
    with pytest.raises(PickleError, match=f"names {module}.{attribute}"):
        read_pickle(io.BytesIO(f"\x80\x02c{module}\n{attribute}\n.".encode("latin1")))


def test_name_that_would_break_the_line_is_quoted() -> None:
    with pytest.raises(PickleError, match=r"names 'a\\rb\.c', which no table needs"):
        read_pickle(io.BytesIO(b"\x80\x02ca\rb\nc\n."))


DEEP = b"K\x01" + b"\x85" * 30_000
WIDE = b"K\x01" + b"q\x00h\x00h\x00\x87" * 60


@pytest.mark.parametrize("key", [DEEP, WIDE], ids=["deep", "wide"])
@pytest.mark.parametrize(
    "stream",
    [
        b"}%sNs.",
        b"}(%sNu.",
        b"\x8f(%s\x90.",
        b"(%s\x91.",
        b"cbuiltins\nset\n](%se\x85R.",
        b"cbuiltins\nfrozenset\n](%se\x85R.",
        b"ccollections\nOrderedDict\n](%sN\x86e\x85R.",
        b"%s\x8c\x01a\x93.",
        b"cnumpy\ndtype\n%s\x85R.",
    ],
)
def test_key_that_is_nested_without_end_is_refused_before_it_is_hashed(stream, key) -> None:
    with pytest.raises(PickleError, match="damaged"):
        read_pickle(io.BytesIO(b"\x80\x04" + stream % key))


@pytest.mark.parametrize("kind", ["f8", "V8", "O", [("a", "f8")]])
def test_number_of_a_type_that_was_not_checked_is_refused(kind) -> None:
    with pytest.raises(PickleError, match="damaged"):
        load(Calls(np.float64(1).__reduce__()[0], kind, b"12345678"))


def test_no_call_can_fill_the_memory() -> None:
    with pytest.raises(PickleError, match="damaged"):
        load(Calls(bytes, 2**40))


def test_objects_of_classes_are_refused() -> None:
    with pytest.raises(PickleError, match=r"names fractions\.Fraction"):
        load(Fraction(1, 3))


@pytest.mark.parametrize("stream", [b"(I1\n.", b"cbuiltins\nlen\n(lR.", b"\x80\x02i", b"\x80\x02\x97."])
def test_other_instructions_are_refused(stream) -> None:
    with pytest.raises(PickleError):
        read_pickle(io.BytesIO(stream))


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"\x80\x02",
        b"\x80\x02.",
        b"\x80\x02h\x05.",
        b"\x80\x02e.",
        b"\x80\x02}K\x01s.",
        b"\x80\x02]K\x01K\x02s.",
        b"\x80\x02}(K\x01u.",
        b"\x80\x02}(]K\x01u.",
        b"\x80\x02X\xff\xff\xff\x7fab.",
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"\x80\x02K\x01K\x02R.",
        b"\x80\x02X\x01\x00\x00\x00\xff.",
        b"\x80\x02K\x01r\xff\xff\xff\xffh\x07.",
    ],
)
def test_damaged_stream_is_refused(stream) -> None:
    with pytest.raises(PickleError, match=r"damaged|cut short"):
        read_pickle(io.BytesIO(stream))


def test_stream_cut_short_anywhere_is_refused() -> None:
    content = pickle.dumps({"a": [1, 2.5, ("x", None)], "b": {300: {"k": b"bytes"}}, "c": 2**80}, 4)
    for length in range(len(content)):
        with pytest.raises(PickleError):
            read_pickle(io.BytesIO(content[:length]))


def test_file_is_left_behind_the_pickle() -> None:
    file = io.BytesIO(pickle.dumps(1, 2) + pickle.dumps("two", 4) + b"rest")
    assert (read_pickle(file), read_pickle(file), file.read()) == (1, "two", b"rest")


def test_dictionaries_can_be_shrunk_while_reading() -> None:
    def drop(found) -> None:
        if "curve" in found:
            found.pop("curve").clear()

    value = [{"curve": {epoch: float(epoch) for epoch in range(2000)}, "kept": number} for number in range(3)]
    content = pickle.dumps(value, 2)
    assert read_pickle(io.BytesIO(content), shrink=drop) == [{"kept": number} for number in range(3)]
