"""What optuna-dashboard shows of an answer: a note and the project's own plots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.config.commands import as_code
from studies.config.places import CONFIRM_SUFFIX
from studies.pictures.plots import style_plot
from studies.report.figures import CHANGES, CURVES, IMPORTANCE, PICKS, PICTURES, RANKING
from studies.report.words import wording
from studies.report.words.comparison import benchmarks
from studies.report.words.mattering import is_wide, what_matters
from studies.report.words.reproduce import report_command

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from studies.report.answer import Answer
    from studies.report.figures import Picture
    from studies.schedule.study import OpenStudy


def publish(opened: OpenStudy, answer: Answer, *, report: str | None = None) -> None:
    """Save notes and the plots of an answer in its Optuna studies, in place of earlier ones.

    Args:
        opened: The study.
        answer: Its answer.
        report: Where a dashboard serves the report; None where it serves none.
    """
    from optuna_dashboard import save_note, save_plotly_graph_object

    save_note(opened.study, note(answer, report=report))
    save_note(opened.confirm, confirm_note(answer))
    for picture in PICTURES:
        plot = plot_of(picture, answer)
        if plot is not None:
            save_plotly_graph_object(opened.study, plot, graph_object_id=picture.plot_id)


def plot_of(picture: Picture, answer: Answer) -> Figure | None:
    """Return a picture as a plotly figure; None where the dashboard shows none or there is no data for it."""
    if picture.plot is None or not (picture.plot_ready or picture.ready)(answer):
        return None
    plot = picture.plot(answer)
    style_plot(plot, picture.title, picture.hint)
    return plot


def confirm_note(answer: Answer) -> str:
    """Return the note of the sibling study in Markdown."""
    name = as_code(answer.name)
    return (
        f"The second half of {name}, whose note has the answer. No recipe is searched for here.\n\n"
        "- **Phase `selection`**: the best of the tune trials with fresh seeds, since the best of many is "
        "partly luck; one becomes the reference recipe.\n"
        "- **Phase `recheck`**: changes that the screen calls helpful, with fresh seeds, before one is "
        "believed.\n"
        "- **Phase `confirmation`**: the winner and the baseline with further seeds, on architectures that "
        "no trial has used. The answer rests on these runs alone, one by one and as an ensemble, and the "
        "winner's super-nets search.\n\n"
        "The dashboard's best trial and importance mean nothing here: trials differ by recipe, seed and "
        "architectures at once.\n"
    )


def note(answer: Answer, *, report: str | None = None) -> str:
    """Return the study's note in Markdown; `report` is where a dashboard serves the report."""
    settings = answer.settings
    main = (IMPORTANCE if is_wide(answer) else CHANGES).plot_id
    page = "" if report is None else f"[the report as of its last writing]({report}); "
    lines = [
        "## What this study asks",
        f"Which heuristics matter when a super-net of {_plain(settings.space)} is trained, and which recipe "
        f"is best? Images: {_plain(settings.data)}; ground truth: {_plain(settings.table)}; scale: "
        f"{_plain(settings.scale)}.",
        "## Answer so far",
        _plain(wording.headline(answer)),
        _plain(benchmarks(answer)),
        _plain(what_matters(answer)),
        _plain(wording.changes(answer)),
        "## How to read the dashboard",
        f"- **Value**: {_plain(wording.METRIC)} Each trial trains one super-net with one seed. Diverged "
        "trials have the value -1.",
        f"- **Phases** (user attribute `phase`): `baseline`; `tune`, which looks for the best recipe and "
        f"stops bad trials early; `screen`, {_screen(answer)}; `extra`, enqueued by hand and left out of all "
        "figures.",
        f"- **The study {as_code(answer.name + CONFIRM_SUFFIX)}** beside this one holds what was chosen "
        "here, run again with fresh seeds and at last on architectures that no trial has used. It is apart "
        "since Optuna takes every trial of a study as one of its search, and these are none. The answer "
        "above rests on them; the note there says which is which.",
        "- **Best trial**: the best of many is partly lucky; trust the answer above instead.",
        f"- **Which importance to trust**: the plot `{main}` below the dashboard's own, with intervals, and "
        "what is said above. **Hyperparameter importance** of this dashboard (PED-ANOVA) shows something "
        "else: it asks what sets the best trials apart from the others among complete trials of all phases. "
        "The tuner's trials crowd where it already found good values, the screen's repeat one recipe, and "
        "neither seeds nor chance are allowed for, so that a factor can lead it which does nothing.",
        f"- **Plots of single trials**: `{RANKING.plot_id}` shows how a trial orders the architectures (its "
        f"menu chooses the trial), `{CURVES.plot_id}` how each came there, `{PICKS.plot_id}` how good its "
        "favourites are.",
        "- **A trial's own pictures**, how it ranks and how it came there, are on the trial's page under "
        "Artifacts where `wsnas dashboard` serves it.",
        f"- **All figures and tables** on one page: {page}{as_code(report_command(answer))} writes it anew.",
    ]
    return "\n\n".join(filter(None, lines[:8])) + "\n\n" + "\n".join(lines[8:]) + "\n"


def _screen(answer: Answer) -> str:
    if is_wide(answer):
        return "recipes spread evenly over the space, from which factors are ranked"
    return (
        "the reference recipe and one change of it at a time (attribute `change`; empty for the reference), "
        "each with several seeds"
    )


def _plain(text: str) -> str:
    """Return text with what Markdown would read as markup escaped."""
    return "".join(f"\\{character}" if character in "\\`*_<>[]#|" else character for character in text)
