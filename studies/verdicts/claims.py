"""The paper's claims as data: which factor moves, to which levels, and what would confirm the claim."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from studies.verdicts.levels import Ends, Exactly, Largest, Levels, Others, Times

if TYPE_CHECKING:
    from objectives.domains import Value

MARGIN = 0.05
"""A change of s-KdT that is smaller counts as little."""

Kind = Literal["hurts", "helps", "no help", "little", "matters", "predicts less"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One statement of Yu et al. about one factor, or about what predicts a good search."""

    name: str
    """What it is called in files."""
    text: str
    """The statement."""
    kind: Kind
    """What it says of the effect, and so what would confirm it."""
    source: str
    """Where the statement is known from, and how surely."""
    factor: str = ""
    """The factor that moves; empty where the claim is about all runs."""
    levels: Levels = field(default_factory=lambda: Exactly(()))
    """To which levels."""
    against: Value | None = None
    """The level to compare with; the reference's where None (the default's where it has the level)."""
    spaces: tuple[str, ...] | None = None
    """Spaces that the paper makes it of; all where None."""
    caution: str = ""
    """What the comparison holds equal, where a reader may think of something else."""


_ABSTRACT = "abstract and introduction of arXiv 2003.04276 and 2110.01154"
_SUMMARY = "a summary of the paper; its own tables were not at hand"
_RECALLED = "recollection of the paper's text, not verified"
_EQUAL_EPOCHS = "at equal epochs, as in the paper; the number of steps changes with it"

CLAIMS: tuple[Claim, ...] = (
    Claim(
        name="tracked_batch_norm",
        text="Tracked batch norm statistics hurt.",
        kind="hurts",
        factor="bn_statistics",
        levels=Exactly(("tracked",)),
        against="batch",
        source=_ABSTRACT,
    ),
    Claim(
        name="weight_sharing_batch_norm",
        text="One batch norm for each source (WSBN) hurts.",
        kind="hurts",
        factor="wsbn",
        levels=Exactly((True,)),
        against=False,
        source=_SUMMARY,
    ),
    Claim(
        name="path_dropout",
        text="Path dropout hurts.",
        kind="hurts",
        factor="path_dropout",
        levels=Largest(),
        against=0.0,
        source=_SUMMARY,
        caution="the rate is a true drop probability here, which the official code's is not",
    ),
    Claim(
        name="global_dropout",
        text="Global dropout hurts.",
        kind="hurts",
        factor="global_dropout",
        levels=Largest(),
        against=0.0,
        source=_RECALLED,
    ),
    Claim(
        name="ofa_kernel",
        text="Kernels cut from larger ones (ofa_kernel) do not help.",
        kind="no help",
        factor="ofa_kernel",
        levels=Exactly((True,)),
        against=False,
        source=_RECALLED,
    ),
    Claim(
        name="disable_dynamic_channels",
        text="Disabling dynamic channels helps.",
        kind="helps",
        factor="dynamic_channels",
        levels=Exactly(("disabled",)),
        spaces=("nb101",),
        source=f"{_SUMMARY}; 0.22 to 0.46 is second-hand",
        caution="ranked on the cells of one width, which every level can rank",
    ),
    Claim(
        name="channels",
        text="The number of channels matters little.",
        kind="little",
        factor="channels",
        levels=Ends(),
        source=_SUMMARY,
    ),
    Claim(
        name="cells",
        text="The number of cells matters little.",
        kind="little",
        factor="cells",
        levels=Ends(),
        source=_SUMMARY,
    ),
    Claim(
        name="batch_size",
        text="The batch size matters little.",
        kind="little",
        factor="batch_size",
        levels=Ends(),
        source=_SUMMARY,
        caution=_EQUAL_EPOCHS,
    ),
    Claim(
        name="train_portion",
        text="The share of the training images matters little.",
        kind="little",
        factor="train_portion",
        levels=Ends(),
        source=_RECALLED,
        caution=_EQUAL_EPOCHS,
    ),
    Claim(
        name="learning_rate",
        text="The learning rate matters.",
        kind="matters",
        factor="learning_rate",
        levels=Times((0.25, 4.0)),
        source=_ABSTRACT,
    ),
    Claim(
        name="weight_decay",
        text="The weight decay matters.",
        kind="matters",
        factor="weight_decay",
        levels=Times((0.1, 10.0)),
        source=_RECALLED,
    ),
    Claim(
        name="epochs",
        text="The number of epochs matters.",
        kind="matters",
        factor="epochs",
        levels=Times((1 / 3, 3.0)),
        source=_SUMMARY,
    ),
    Claim(
        name="path_sampling",
        text="How paths are sampled matters little once the rest is tuned.",
        kind="little",
        factor="path_sampling",
        levels=Others(),
        source=_SUMMARY,
    ),
    Claim(
        name="supernet_accuracy",
        text="Super-net accuracy predicts what a search finds less than s-KdT does.",
        kind="predicts less",
        source=_ABSTRACT,
    ),
)


def claims_about(space: str) -> tuple[Claim, ...]:
    """Return the claims that the paper makes of a space."""
    return tuple(claim for claim in CLAIMS if claim.spaces is None or space in claim.spaces)
