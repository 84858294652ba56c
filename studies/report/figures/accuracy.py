"""Whether an accurate super-net is a good ranker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.pictures.curves import SKDT
from studies.pictures.style import label, legend, new_figure, room
from studies.report.figures.picture import Picture
from studies.report.trials import ACCURACY, final, has, per_cent, phase_dots, usable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from studies.report.answer import Answer, TrialRecord


def _shown(answer: Answer) -> list[TrialRecord]:
    return [trial for trial in usable(answer) if has(trial, ACCURACY)]


def _draw(answer: Answer) -> Figure:
    figure, (axes,) = new_figure(3.3)
    trials = _shown(answer)
    phase_dots(axes, trials, lambda trial: per_cent(trial, ACCURACY))
    room(axes, [final(trial) for trial in trials])
    label(axes, "mean accuracy of the super-net over the ranked architectures (%)", SKDT)
    legend(figure, axes, columns=3)
    return figure


SUPERNET_ACCURACY = Picture(
    name="accuracy",
    title="Is an accurate super-net a good ranker?",
    caption="Each mark is a trial. Were the super-net's own accuracy a good guide to its ranking, the marks "
    "would climb from the lower left to the upper right.",
    table="trials",
    ready=lambda answer: bool(_shown(answer)),
    draw=_draw,
    minor=True,
)
