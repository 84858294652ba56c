from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.wsnas.groundtruth.published import nb101_metrics, nb101_record, tfrecord
from tests.wsnas.groundtruth.refusing import refusal
from wsnas.errors import InputError, RunError
from wsnas.groundtruth import import_table, load, table_names
from wsnas.groundtruth.importing import default_name, imported_names, tables_folder
from wsnas.spaces.nb201 import NB201, NB201Architecture

FIRST = NB201Architecture((3, 1, 2, 0, 4, 1))
SECOND = NB201Architecture((0, 1, 2, 3, 4, 0))
HEADER = "architecture,accuracy\n"


@pytest.fixture
def file(save):
    return save(f"{HEADER}{FIRST},0.5\n{SECOND},0.75\n", "mine.csv")


def test_imported_table_is_listed_behind_the_embedded_ones_and_loaded_by_name(file, cache) -> None:
    assert table_names("nb201") == ["nb201-analog", "nb201-mini"]
    imported = import_table(NB201(), str(file))
    assert table_names("nb201") == table_names(NB201()) == ["nb201-analog", "nb201-mini", "mine"]
    assert table_names("nb101") == ["nb101-mini"]
    assert table_names("elsewhere") == []
    table = load("nb201", "mine")
    assert (table.sha256, table.accuracy(FIRST)) == (imported.sha256, 0.5)
    assert (cache / "tables" / "nb201" / "mine" / "table.json").is_file()


def test_default_table_stays_the_embedded_one(file) -> None:
    import_table("nb201", file, name="a-first-name")
    assert load("nb201").name == "nb201-analog"


def test_space_without_embedded_table_lists_the_imported_ones(file) -> None:
    class Bare(NB201):
        name = "bare"

    with pytest.raises(InputError, match="space 'bare': has no embedded table, give the path of a CSV file"):
        load(Bare())
    import_table(Bare(), file)
    with pytest.raises(InputError, match="no embedded table, give one of mine, or the path of a CSV file"):
        load(Bare())
    with pytest.raises(InputError, match="unknown table 'x' for space 'bare': give one of mine, the path"):
        load(Bare(), "x")


def test_imported_names_come_before_paths(file, monkeypatch) -> None:
    import_table("nb201", file)
    monkeypatch.chdir(file.parent)
    Path("mine").write_text(f"{HEADER}{FIRST},0.1\n")
    assert load("nb201", "mine").accuracy(FIRST) == 0.5
    assert load("nb201", "./mine").accuracy(FIRST) == 0.1


def test_importing_the_same_again_changes_nothing(file) -> None:
    first = import_table("nb201", file)
    again = import_table("nb201", file.rename(file.with_name("moved.csv")), name="mine")
    assert again.sha256 == first.sha256
    assert imported_names("nb201") == ["mine"]


def test_another_table_of_the_same_name_replaces_only_where_that_is_asked_for(file) -> None:
    first = import_table("nb201", file)
    file.write_text(f"{HEADER}{FIRST},0.25\n")
    message = refusal("nb201", file, names_file=False)
    assert "table 'mine': is there with other rows (from 'mine.csv')" in message
    assert "another --name, or give --replace" in message
    assert load("nb201", "mine").sha256 == first.sha256
    import_table("nb201", file, name="other")
    second = import_table("nb201", file, replace=True)
    assert (len(second), second.accuracy(FIRST)) == (1, 0.25)
    assert imported_names("nb201") == ["mine", "other"]


@pytest.mark.parametrize("description", ["", "{", "[]", '{"sha256": 1}'])
def test_a_damaged_table_is_imported_again_without_asking(file, cache, description) -> None:
    first = import_table("nb201", file)
    (cache / "tables" / "nb201" / "mine" / "table.json").write_text(description)
    assert import_table("nb201", file).sha256 == first.sha256


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_table_is_never_replaced(file, cache, kind) -> None:
    place = cache / "tables" / "nb201" / "mine"
    theirs = place / "notes.txt" if kind == "folder" else place
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    for replace in (False, True):
        assert "is there and is no table" in refusal("nb201", file, names_file=False, replace=replace)
    assert theirs.read_text() == "theirs"


def test_failed_import_keeps_the_old_table(file) -> None:
    before = import_table("nb201", file)
    file.write_text(f"{HEADER}{FIRST},2\n")
    refusal("nb201", file)
    assert load("nb201", "mine").sha256 == before.sha256


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("NAS-Bench-201-v1_1-096897.pth", "NAS-Bench-201-v1_1-096897"),
        ("nasbench_only108.tfrecord", "nasbench_only108"),
        ("NATS-tss-v1_0-3ffb9-simple.tar", "NATS-tss-v1_0-3ffb9-simple"),
        ("NATS-tss-v1_0-3ffb9.pickle.pbz2", "NATS-tss-v1_0-3ffb9"),
        ("nds_data.zip/DARTS_fix-w-d.json", "DARTS_fix-w-d"),
        ("nb201.csv.gz", "nb201"),
        ("my own [table].csv", "my-own-table"),
        (".hidden.csv", "hidden"),
    ],
)
def test_name_is_that_of_the_file(path, name) -> None:
    assert default_name(Path(path)) == name


@pytest.mark.parametrize("path", ["..", "/", "é.csv", "..csv"])
def test_file_that_gives_no_name_asks_for_one(path) -> None:
    with pytest.raises(InputError, match="give one with --name"):
        default_name(Path(path))


@pytest.mark.parametrize(
    "name", ["", "..", "../mine", "a/b", "/etc/mine", ".mine", "-x", "a b", "a\nb", "x[1]"]
)
def test_name_that_could_leave_its_folder_is_refused(file, name) -> None:
    assert "must be letters, digits" in refusal("nb201", file, name=name, names_file=False)


def test_name_of_an_embedded_table_is_refused(file) -> None:
    assert "is that of a table that wsnas carries: give another with --name" in refusal(
        "nb201", file, name="nb201-analog", names_file=False
    )


def test_absent_file_is_named(tmp_path) -> None:
    assert f"{tmp_path / 'none.pth'}: No such file or directory" in refusal("nb201", tmp_path / "none.pth")
    assert "No such file" in refusal("nb201", tmp_path / "none.zip" / "DARTS.json")


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"\x7fELF\1\1\1", b"one column\n1\n", b"\xff\xfea,b\n", b"PK\x05\x06"]
)
def test_unknown_format_lists_those_that_can_be_read(save, content) -> None:
    message = refusal("nb201", save(content, "mine.bin"))
    for title in ("nasbench_only108.tfrecord", "096897.pth", "-simple", "DARTS.json", "CSV"):
        assert title in message


def test_folder_of_something_else_is_refused(tmp_path) -> None:
    assert "of no known format" in refusal("nb201", tmp_path)


def test_formats_are_told_by_content_and_columns_are_for_csv_files(save) -> None:
    path = save(tfrecord(*[nb101_record(nb101_metrics(0.9, 0.9))] * 3), "anything.csv")
    assert "108 epochs" in import_table("nb101", path).origin
    assert "columns and percent are for CSV files" in refusal("nb101", path, percent=True)


def test_unknown_space_is_refused(file) -> None:
    assert "unknown space 'nb999'" in refusal("nb999", file, names_file=False)


def test_other_folder_can_be_given(file, tmp_path) -> None:
    table = import_table("nb201", file, folder=tmp_path / "elsewhere")
    assert imported_names("nb201") == []
    assert imported_names("nb201", folder=tmp_path / "elsewhere") == [table.name]


def test_progress_is_told(file) -> None:
    told: list[float] = []
    import_table("nb201", file, progress=told.append)
    assert told
    assert all(0 <= share <= 1 for share in told)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission_fails_the_run(file, cache) -> None:
    cache.mkdir()
    cache.chmod(0o500)
    with pytest.raises(RunError, match="cannot be written"):
        import_table("nb201", file)


def test_cache_that_is_a_file_fails_the_run(file, cache) -> None:
    cache.write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        import_table("nb201", file)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"WSNAS_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a/tables"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/wsnas/tables"),
        ({"HOME": "/home/someone"}, "/home/someone/.cache/wsnas/tables"),
    ],
)
def test_tables_are_kept_in_the_cache(monkeypatch, variables, folder) -> None:
    for name in ("WSNAS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert tables_folder() == Path(folder)
