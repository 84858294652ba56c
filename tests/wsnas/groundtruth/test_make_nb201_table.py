from __future__ import annotations

import importlib.util
import pickle
import zipfile
from pathlib import Path

import pytest

from tests.wsnas.groundtruth.published import Calls

SCRIPT = Path(__file__).parents[3] / "scripts" / "make_nb201_table.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("make_nb201_table", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pickle_that_calls_something_is_refused(script, tmp_path) -> None:
    target, source = tmp_path / "touched", tmp_path / "data.anb"
    source.write_bytes(pickle.dumps({(0,) * 6: Calls(Path.touch, target)}))
    with pytest.raises(pickle.UnpicklingError, match="is not allowed"):
        script.read_records(source)
    assert not target.exists()


@pytest.mark.parametrize("name", ["os system", "analognasbench.data os.system", "builtins eval"])
def test_only_the_two_record_classes_are_allowed(script, tmp_path, name) -> None:
    module, _, attribute = name.partition(" ")
    source = tmp_path / "data.anb"
    source.write_bytes(f"c{module}\n{attribute}\n.".encode())
    with pytest.raises(pickle.UnpicklingError, match="is not allowed"):
        script.read_records(source)


def test_wheel_and_its_data_file_are_read_alike(script, tmp_path) -> None:
    data = pickle.dumps({(0, 1, 2, 3, 4, 0): 1})
    plain, wheel = tmp_path / "data.anb", tmp_path / "some.whl"
    plain.write_bytes(data)
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(script.MEMBER, data)
    assert script.read_records(plain) == script.read_records(wheel) == {(0, 1, 2, 3, 4, 0): 1}
