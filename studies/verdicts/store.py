"""A folder of runs that many workers fill, and which outlives them.

It holds ``ablation.json``, which says what is asked, a JSON file for each finished run, and locks. A lock
ends with its process, so nothing has to be cleaned up after a kill.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from objectives.recipe import Recipe
from studies.config.fingerprint import from_fingerprint, refuse_difference
from wsnas.claim import claim_file
from wsnas.errors import InputError
from wsnas.files import write_whole

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from studies.config.settings import StudySettings
    from studies.verdicts.ablation import Run

FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What an ablation is about; it does not change when it is resumed."""

    settings: StudySettings
    """Space, scale, data, table, seed and factors."""
    reference: Recipe
    """The recipe around which factors move."""
    origin: str
    """Where the reference recipe comes from, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What one run measured."""

    recipe: dict[str, Any]
    """What was trained."""
    number: int
    """Number of the seed."""
    seed: int
    """The seed."""
    sparse_kendall_tau: float
    """s-KdT over all architectures that were ranked; 0 where the run diverged."""
    supernet_accuracy_mean: float
    """Mean accuracy of the super-net over these architectures."""
    supernet_accuracy_best: float
    """Its best accuracy."""
    diverged: bool
    """Whether the loss became NaN or infinite."""
    correct: tuple[int, ...]
    """How many images the super-net got right with each architecture."""
    ranking_images: int
    """Of so many."""
    seconds_training: float
    """Time spent in training."""
    seconds_ranking: float
    """Time spent in ranking."""
    images_seen: int
    """Images trained on, counted once for every architecture that they passed through."""
    device: str
    """What it ran on."""
    torch: str
    """Version of torch."""


def open_folder(folder: Path, question: Question) -> None:
    """Create or resume an ablation.

    Raises:
        InputError: the folder holds another one; the message names the first difference.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, a folder is wanted")
    file = folder / "ablation.json"
    if file.exists():
        kept = read_question(folder)
        refuse_difference(
            kept={**kept.settings.fingerprint(), "reference": dict(kept.reference)},
            asked={**question.settings.fingerprint(), "reference": dict(question.reference)},
        )
        return
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "format": FORMAT,
        "settings": question.settings.fingerprint(),
        "reference": dict(question.reference),
        "origin": question.origin,
    }
    write_whole(file, json.dumps(content, indent=1) + "\n")


def read_question(folder: Path) -> Question:
    """Read what a folder is about; `InputError` where it is none, or another version's."""
    try:
        content = json.loads((folder / "ablation.json").read_text("utf-8"))
        if content["format"] != FORMAT:
            raise InputError("another version's format; use a new folder")
        settings = from_fingerprint(content["settings"])
        # Earlier versions called it the centre.
        reference = Recipe(content.get("reference") or content["centre"])
        return Question(settings=settings, reference=reference, origin=content["origin"])
    except InputError as error:
        raise InputError(f"{folder / 'ablation.json'}: {error}") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{folder}: has no readable ablation.json ({error})") from error


def is_done(folder: Path, run: Run) -> bool:
    """Return whether a run is finished."""
    return _file(folder, run).exists()


def claimed(folder: Path, run: Run) -> AbstractContextManager[bool]:
    """Hold a run while it is trained; False where another process holds it or it is finished."""
    return claim_file(folder / f"{run.name}.lock", done=lambda: is_done(folder, run))


def write_result(folder: Path, run: Run, result: Result) -> None:
    """Keep what a run measured."""
    write_whole(_file(folder, run), json.dumps(asdict(result)) + "\n")


def read_result(folder: Path, run: Run) -> Result | None:
    """Return what a run measured; None where it is not finished, `InputError` where its file is damaged."""
    file = _file(folder, run)
    try:
        values = json.loads(file.read_text("utf-8"))
        result = Result(**{**values, "correct": tuple(values["correct"])})
        if result.recipe != dict(run.recipe) or result.number != run.number:
            raise ValueError("another run's")
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{file}: damaged ({error}): delete it, and it is run again") from error
    return result


def _file(folder: Path, run: Run) -> Path:
    return folder / f"{run.name}.json"
