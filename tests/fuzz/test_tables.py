from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.inputs import as_json, encoded, mistaken_bytes, mistaken_text, mistaken_values, text_files
from tests.fuzz.running import fuzz, run_command, works_or_is_refused
from wsnas.groundtruth import Table, import_table, load, measured_table
from wsnas.spaces import get_space, space_names

NAMES = st.sampled_from(space_names())
MEASURED = measured_table.FOLDER


def csv_table(space: str, header: str, line: str) -> str:
    """Return a right CSV file of three architectures."""
    chosen = get_space(space)
    texts = [chosen.format(chosen.sample(np.random.default_rng(seed))) for seed in range(3)]
    lines = [line.format(text=text, accuracy=f"0.{seed}5") for seed, text in enumerate(texts, start=1)]
    return "\n".join([header, *lines]) + "\n"


def csv_tables() -> SearchStrategy[str]:
    """Draw right CSV files of all spaces, with and without further columns."""
    forms = (
        ("architecture,accuracy", "{text},{accuracy}"),
        ("accuracy,architecture,depth,note", '{accuracy},"{text}",8,"a, b"'),
        ("depth,accuracy,architecture", ",{accuracy},{text}"),
    )
    return st.builds(lambda space, form: csv_table(space, *form), NAMES, st.sampled_from(forms))


def graph_tables() -> SearchStrategy[str]:
    """Draw right CSV files with cells of NAS-Bench-101 as graphs."""
    lines = ["110101,mp-c3,0.9,0.91", "1,,0.8,0.81"]
    return st.just("\n".join(["adj_upper,ops,test108_r1,test108_r2", *lines]) + "\n")


def use(table: Table[Any]) -> None:
    """Do what commands do with a table."""
    architectures = list(table.architectures())
    assert len(architectures) == len(table) > 0
    assert all(0 <= table.accuracy(architecture) <= 1 for architecture in architectures[:5])
    assert all(len(values) == len(table) for values in table.columns.values())


def descriptions(right: SearchStrategy[Any]) -> SearchStrategy[bytes]:
    """Draw nearly right descriptions of a table."""
    return mistaken_values(right).map(as_json) | mistaken_text(right.map(json.dumps)).map(encoded)


def described(space: str) -> SearchStrategy[tuple[str, bytes]]:
    """Draw a space and a nearly right description of its table."""
    return st.tuples(st.just(space), descriptions(st.just(description(space))))


def measured_rows() -> SearchStrategy[str]:
    """Draw right rows of a measured table."""
    return NAMES.map(
        lambda space: csv_table(space, "architecture,seed,accuracy,seconds", "{text},1,{accuracy},2.0")
    )


def table_names() -> SearchStrategy[str]:
    """Draw names of tables, with conditions on their columns."""
    conditions = ("", "[trainings=2]", "[trainings=1..2,deviation=..0.1]", "[trainings=0.5..]")
    return st.builds("{}-mini{}".format, NAMES, st.sampled_from(conditions))


def compressed(contents: SearchStrategy[bytes]) -> SearchStrategy[bytes]:
    """Draw files, some of them compressed and some of these damaged."""
    packed = contents.map(lambda content: gzip.compress(content, mtime=0))
    return contents | packed | mistaken_bytes(packed)


@fuzz(st.tuples(NAMES, compressed(text_files(csv_tables() | graph_tables()))), quick=80, slow=1500)
def test_a_csv_file_is_a_table_or_refused(drawn: tuple[str, bytes], folder: Path) -> None:
    space, content = drawn
    file = folder / "mine.csv"
    file.write_bytes(content)
    with works_or_is_refused():
        use(load(space, file))
    with works_or_is_refused():
        use(load(space, f"{file}[depth=8]"))
    with works_or_is_refused():
        use(import_table(space, file, replace=True))


def description(space: str) -> dict[str, Any]:
    """Return the description of a table that the package carries."""
    values: dict[str, Any] = json.loads((MEASURED / f"{space}-mini" / "table.json").read_text())
    return values


def save_measured(folder: Path, described: bytes, rows: bytes) -> Path:
    """Write the folder of a measured table."""
    place = folder / "table"
    place.mkdir(exist_ok=True)
    (place / "table.json").write_bytes(described)
    (place / "table.csv").write_bytes(rows)
    return place


@fuzz(st.tuples(NAMES, NAMES.flatmap(described)), quick=40, slow=500)
def test_a_measured_tables_description_is_read_or_refused(
    drawn: tuple[str, tuple[str, bytes]], folder: Path
) -> None:
    asked, (space, content) = drawn
    place = save_measured(folder, content, (MEASURED / f"{space}-mini" / "table.csv").read_bytes())
    for name in {asked, space}:
        with works_or_is_refused():
            use(load(name, place))
        run_command(["groundtruth", "info", name, "--table", str(place)])


@fuzz(st.tuples(NAMES, text_files(measured_rows())), quick=40, slow=500)
def test_a_measured_tables_rows_are_read_or_refused(drawn: tuple[str, bytes], folder: Path) -> None:
    space, rows = drawn
    described = {**description(space), "sha256": hashlib.sha256(rows).hexdigest()}
    place = save_measured(folder, as_json(described), rows)
    with works_or_is_refused():
        use(load(space, place))


@fuzz(st.tuples(NAMES, st.data()), quick=30, slow=400)
def test_an_imported_tables_description_is_read_or_refused(
    drawn: tuple[str, st.DataObject], folder: Path
) -> None:
    space, data = drawn
    (folder / "mine.csv").write_text(csv_table(space, "architecture,accuracy,depth", "{text},{accuracy},8"))
    import_table(space, folder / "mine.csv", replace=True)
    file = folder / "cache" / "tables" / space / "mine" / "table.json"
    right = file.read_text()
    file.write_bytes(data.draw(descriptions(st.just(json.loads(right)))))
    with works_or_is_refused():
        use(load(space, "mine"))
    run_command(["groundtruth", "info", space, "--table", "mine"])


@fuzz(st.tuples(NAMES, mistaken_text(table_names())), quick=60, slow=500)
def test_a_tables_name_is_found_or_refused(drawn: tuple[str, str], folder: Path) -> None:
    space, name = drawn
    with works_or_is_refused():
        use(load(space, name))
