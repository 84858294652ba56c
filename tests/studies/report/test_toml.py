from __future__ import annotations

import tomllib

import pytest

from studies.report import read_recipe, recipe_toml
from tests.studies.report import factory
from wsnas.errors import InputError


@pytest.fixture(scope="module")
def text():
    return recipe_toml(factory.complete())


def save(tmp_path, content):
    path = tmp_path / "best.toml"
    path.write_text(content, "utf-8")
    return path


@pytest.mark.parametrize("case", ["complete", "unconfirmed", "tiny"])
def test_a_recipe_comes_back_as_it_was(case, tmp_path):
    answer = factory.CASES[case]()
    header, recipe = read_recipe(save(tmp_path, recipe_toml(answer)))
    assert header == {
        "space": "nb201",
        "scale": "mini",
        "data": "fashion-clutter",
        "table": "analog-nasbench",
    }
    if answer.winner is not None:
        assert recipe == answer.winner.recipe
    assert list(recipe) == [factor.name for factor in answer.settings.factors]
    assert all(type(recipe[f.name]) is type(f.default) for f in answer.settings.factors)


def test_a_recipe_has_what_its_study_had_on_request(tmp_path, text):
    wanted = text.replace("[recipe]", '[recipe]\nstrategy = "sandwich"')
    assert read_recipe(save(tmp_path, wanted))[1].protocol().strategy == "sandwich"
    assert "strategy" not in read_recipe(save(tmp_path, text))[1]


def test_comments_say_what_was_measured(text):
    answer = factory.complete()
    for skdt in (answer.winner.single.skdt, answer.winner.ensemble.skdt):
        assert f"{skdt.mean:.2f} [{skdt.low:.2f}" in text
    assert "5 seeds" in text
    assert "which includes 0" in recipe_toml(factory.no_gain())
    assert "not confirmed" in recipe_toml(factory.unconfirmed())


def test_names_cannot_break_out_of_comments_or_strings(tmp_path):
    answer = factory.complete(
        name='a"\n[recipe]\nx = 1', settings=factory.settings(table='C:\\t "1"\x7f.csv')
    )
    header, _ = read_recipe(save(tmp_path, recipe_toml(answer)))
    assert header["table"] == 'C:\\t "1"\x7f.csv'


def test_a_study_without_values_has_no_recipe():
    with pytest.raises(InputError, match="no recipe with a value yet"):
        recipe_toml(factory.empty())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[recipe]", "[recipe", "no TOML"),
        ('space = "nb201"\n', "", "'space' is missing"),
        ('space = "nb201"', 'space = "nb999"', "nb999"),
        ('scale = "mini"', 'scale = "huge"', "huge"),
        ('scale = "mini"', "scale = 3", "scale = 3: a name in quotes"),
        ('data = "', 'colour = "red"\ndata = "', "unknown key 'colour'"),
        ("epochs = 10\n", "", "'epochs' is missing"),
        ("epochs = 10", "epochs = 10.5", "epochs = 10.5: a whole number"),
        ("epochs = 10", "epochs = 0", "epochs 0 is not a positive number"),
        ("epochs = 10", "epochs = true", "epochs = True: a whole number"),
        ("epochs = 10", "epochs = 10\nspeed = 2", "unknown key 'speed'"),
        ("learning_rate = 0.05", "learning_rate = nan", "a finite number"),
        ("learning_rate = 0.05", 'learning_rate = "fast"', "a number is wanted"),
        ("bn_affine = true", "bn_affine = 1", "true or false is wanted"),
        ('path_sampling = "random_nas"', 'path_sampling = "best"', "choose one of random_a"),
        ("path_dropout = 0.0", "path_dropout = 1.5", "not a probability"),
        ("channels = 8", "channels = 0", "at least 1"),
        ("channels = 8", f"channels = 1{'0' * 400}", "a number below 9.2e[+]18 is wanted"),
        ("channels = 8", f"channels = 0x{'f' * 5000}", "too large to show: a number below"),
        ("channels = 8", f"channels = {'9' * 5000}", "Exceeds the limit"),
        ("channels = 8", f"channels = {'[' * 3000}", "nested too deeply"),
        ("learning_rate = 0.05", f"learning_rate = 1{'0' * 400}", "a finite number is wanted"),
        ('space = "nb201"', f"space = 0x{'f' * 5000}", "too large to show: a name in quotes is wanted"),
    ],
)
def test_bad_files_are_refused_in_one_line(old, new, message, text, tmp_path):
    assert text.count(old) == 1
    path = save(tmp_path, text.replace(old, new))
    with pytest.raises(InputError, match=message.replace(".", r"\.")) as caught:
        read_recipe(path)
    assert "\n" not in str(caught.value)


def test_a_whole_number_stands_for_a_real_one_and_values_may_leave_the_domain(text, tmp_path):
    changed = text.replace("path_dropout = 0.0", "path_dropout = 0").replace("epochs = 10", "epochs = 500")
    _, recipe = read_recipe(save(tmp_path, changed))
    assert type(recipe["path_dropout"]) is float
    assert recipe["epochs"] == 500


def test_a_missing_or_binary_file_or_a_folder_is_named(tmp_path):
    binary = tmp_path / "x.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.toml", tmp_path, binary):
        with pytest.raises(InputError, match=path.name):
            read_recipe(path)


def test_recipe_that_is_no_table(text, tmp_path):
    head = text[: text.index("[recipe]")]
    assert tomllib.loads(head)
    with pytest.raises(InputError, match="recipe is no table"):
        read_recipe(save(tmp_path, head + "recipe = 3\n"))
