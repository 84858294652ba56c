"""Pictures of an answer, as matplotlib figures that need no display."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from studies.report.figures.accuracy import SUPERNET_ACCURACY
from studies.report.figures.changes import CHANGES
from studies.report.figures.cost import COST
from studies.report.figures.curves import CURVES
from studies.report.figures.history import HISTORY
from studies.report.figures.measured import MEASURED
from studies.report.figures.picks import PICKS
from studies.report.figures.picture import Picture
from studies.report.figures.ranking import RANKING
from studies.report.figures.wide.contrasts import CONTRASTS
from studies.report.figures.wide.effects import EFFECTS
from studies.report.figures.wide.importance import IMPORTANCE
from studies.report.figures.wide.signal import SIGNAL
from wsnas.files import own_folder, write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from studies.report.answer import Answer

__all__ = [
    "CHANGES",
    "CURVES",
    "IMPORTANCE",
    "MEASURED",
    "PICKS",
    "PICTURES",
    "RANKING",
    "Picture",
    "save_figures",
]

PICTURES: tuple[Picture, ...] = (
    MEASURED,
    CHANGES,
    RANKING,
    IMPORTANCE,
    CONTRASTS,
    EFFECTS,
    SIGNAL,
    HISTORY,
    CURVES,
    SUPERNET_ACCURACY,
    PICKS,
    COST,
)
"""All pictures in the order of a report; files, notebooks and the dashboard know no other list."""


def save_figures(answer: Answer, folder: Path, formats: Sequence[str] = ("png",)) -> list[Path]:
    """Save every picture that the answer has data for.

    Args:
        answer: The answer.
        folder: Made where it is missing.
        formats: File endings that matplotlib knows, such as ``png``, ``pdf`` and ``svg``.

    Returns:
        The files written.

    Raises:
        InputError: matplotlib does not write a format.
    """
    import matplotlib
    from matplotlib.backend_bases import FigureCanvasBase

    from wsnas.errors import InputError

    known = FigureCanvasBase.get_supported_filetypes()
    for ending in formats:
        if ending not in known:
            raise InputError(f"figure format {ending!r}: choose among {', '.join(sorted(known))}")
    own_folder(folder, *(f"{picture.name}.{ending}" for picture in PICTURES for ending in formats))
    written = []
    for picture in PICTURES:
        if picture.ready(answer):
            figure = picture.draw(answer)
            for ending in formats:
                path = folder / f"{picture.name}.{ending}"
                # Publishers refuse the fonts that matplotlib embeds in a PDF by default.
                with matplotlib.rc_context({"pdf.fonttype": 42}):
                    content = io.BytesIO()
                    figure.savefig(content, dpi=200, format=ending)
                write_whole(path, content.getvalue())
                written.append(path)
    return written
