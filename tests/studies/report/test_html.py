from __future__ import annotations

import base64
import csv
import io
import re
import tomllib
from html.parser import HTMLParser

import pytest

from studies.config.places import dashboard_address
from studies.report import write_html
from studies.report.figures import CHANGES, PICTURES
from studies.report.words import wording
from studies.report.words.reproduce import study_command
from tests.studies.report import factory

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.links, self.text, self.files = [], [], [], [], {}

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        links = [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        saved = dict(attrs).get("download")
        if saved:
            kind, packed = links.pop().split(";base64,")
            assert kind.startswith("data:text/")
            self.files[saved] = base64.b64decode(packed).decode()
        self.links += links
        self.links += [value for _, value in attrs if value and "url(" in value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(answer, tmp_path):
    """Return the source of an answer's page, which is balanced, offline, small and without scripts."""
    path = tmp_path / "report.html"
    write_html(answer, path)
    source = path.read_text("utf-8")
    reader = Reader()
    reader.feed(source)
    reader.close()
    assert reader.open == []
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert "script" not in reader.tags
    # It loads nothing; one link leads to a dashboard of this machine.
    assert not re.search(r"https?:|(?<![:/])//[a-z]", source.replace(dashboard_address(), "", 1))
    for link in reader.links:
        known = link.startswith("#") or link == dashboard_address() or re.search(r"url\(#\w+\)", link)
        assert known, link
    assert len(source.encode()) < 1_000_000
    assert "nan" not in re.sub(r"[a-z]*nan[a-z]+", "", " ".join(reader.text).lower())
    # The changes stand twice: the foremost on the first screen, all of them folded away.
    pictures = sum(picture.ready(answer) for picture in (*PICTURES, CHANGES))
    assert reader.tags.count("svg") == reader.tags.count("figcaption") == pictures
    return source, reader


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """The answer of a finished study, its page's source, and what a reader finds there."""
    answer = factory.complete(name="my study")
    return answer, *read(answer, tmp_path_factory.mktemp("page"))


@pytest.mark.parametrize("case", ["tiny", "empty", "constant", "all_bad"])
@pytest.mark.filterwarnings("error")
def test_the_page_stands_in_every_state(case, tmp_path):
    read(factory.CASES[case](), tmp_path)


def test_the_page_has_the_answer_first_and_every_factor_and_number(complete):
    answer, source, reader = complete
    text = " ".join(reader.text)
    assert text.index("Train this super-net by the recipe below") < text.index("What the recipe changes")
    assert text.index("What the recipe changes") < text.rindex("The best recipe")
    for factor in answer.settings.factors:
        assert f"<td>{factor.name}</td>" in re.sub(r' data-label="[^"]*"', "", source)
        assert factor.summary.replace("'", "&#x27;") in source
    for part in (answer.winner, answer.baseline):
        for ranking in (part.single, part.ensemble):
            assert f"<td>{wording.interval(ranking.skdt)}</td>" in source
    assert f"<td>{wording.difference(answer.ensemble_gain)}</td>" in source
    assert "[recipe]" in text
    assert answer.settings.table_sha256 in text
    assert answer.origin in text


def test_the_contents_lead_to_every_section(complete):
    _, source, reader = complete
    sections = re.findall(r'<section id="([^"]*)"><h2>', source)
    assert len(sections) == len(set(sections)) == source.count("<h2>") - 2
    assert [link for link in reader.links if link.startswith("#") and link[1:] in sections] == [
        f"#{one}" for one in sections
    ]
    named = re.findall(r'<(?:figure|section) id="([^"]*)">', source)
    assert len(named) == len(set(named)) > len(sections)


def test_the_page_carries_the_recipe_and_the_trials(complete):
    answer, _, reader = complete
    recipe = tomllib.loads(reader.files["best.toml"])["recipe"]
    assert recipe == dict(answer.winner.recipe)
    rows = list(csv.DictReader(io.StringIO(reader.files["trials.csv"])))
    assert [int(row["trial"]) for row in rows] == [trial.number for trial in answer.trials]
    values = [float(row["s-KdT"]) for row in rows if row["s-KdT"][-1].isdigit()]
    usable = [trial.value for trial in answer.trials if trial.usable]
    assert values == pytest.approx(usable, abs=5e-4)


def test_the_first_screen_has_both_pictures_and_folds_the_lesser_ones(complete):
    _, source, _ = complete
    first, rest = source.split("</header>")[1].split('<section id="measured-on', 1)
    assert re.findall(r'<figure id="first-(\w+)"', first) == ["measured", "changes"]
    # On the first screen the foremost changes only.
    assert first.count("→") < rest.count("→")
    folded = "".join(re.findall(r"<details>.*?</details>", rest, re.DOTALL))
    assert re.findall(r'<figure id="(\w+)"', folded) == [
        "changes",
        *(picture.name for picture in PICTURES if picture.minor and picture.ready(factory.complete())),
    ]


def test_the_first_screen_holds_the_figure_against_counting_and_the_ceiling(complete):
    answer, _, reader = complete
    first = " ".join(reader.text).split("Measured on")[1]
    (helps,) = [one.effect for one in answer.screen.changes if one.effect.call == "helps"]
    assert "the ensemble beats counting parameters at" in first
    assert f"({helps.mean:+.2f} [{helps.low:.2f}, {helps.high:.2f}]) helps" in first
    assert "Undecided: learning_rate" in first
    assert "A perfect ranker would reach 0.93 [0.91, 0.95]" in first


def test_factors_of_a_wide_screen_come_with_the_probability_to_be_among_the_top_three(tmp_path):
    answer = factory.sobol()
    source, _ = read(answer, tmp_path)
    shown = re.findall(r'<td data-label="in the top 3">(\d+)%</td>', source)
    assert shown == [f"{100 * one.top:.0f}" for one in answer.importance if one.note is None]


def test_changes_stand_with_calls_seeds_accuracy_and_what_the_paper_says(complete):
    _, source, _ = complete
    shown = re.findall(r'<td data-label="call">(\w+|-)</td>', source)
    assert shown[:2] == ["hurts", "hurts"]
    assert shown.count("helps") == 1
    assert shown[-1] == "inert"
    assert "8 + 2 diverged" in source
    assert "cannot act here: what chance looks like" in source
    assert "clearly harmful" in source


def test_every_picture_names_the_command_of_its_numbers(complete):
    answer, _, reader = complete
    text = " ".join(reader.text)
    for picture in filter(lambda picture: picture.ready(answer), PICTURES):
        command = f"wsnas export --study 'my study' --storage sqlite:///runs/wsnas.db --table {picture.table}"
        assert command in text


def test_user_supplied_text_is_escaped(tmp_path):
    name = '<b>x & "y"'
    settings = factory.settings(table="<i>t", data="<u>d")
    source, reader = read(factory.tiny_named(name, settings), tmp_path)
    assert {"b", "i", "u"}.isdisjoint(reader.tags)
    assert name in " ".join(reader.text)
    assert "&lt;b&gt;x" in source


def test_a_failed_write_keeps_the_old_page(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def fail(*_args):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_html(factory.empty(), path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_many_trials_stay_below_a_megabyte(tmp_path):
    read(factory.complete(screen=256, tune=244), tmp_path)


def test_the_command_holds_what_the_study_holds():
    command = study_command(factory.complete(name="my study"))
    assert "--study 'my study'" in command
    assert "--trials 45" in command
    assert "--fix cells=1 --fix train_portion=0.9" in command
    assert "--screen" not in command
    assert "--screen sobol" in study_command(factory.sobol())
