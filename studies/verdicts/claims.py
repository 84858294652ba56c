"""The paper's claims as data: which factor moves, to which levels, and what would confirm the claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from objectives.domains import Value

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
    levels: tuple[Value, ...] = ()
    """The levels that it is about; where empty, any change of the factor, or a larger value if `more`."""
    against: tuple[Value, ...] = ()
    """The levels to compare these with; all others where empty."""
    more: bool = False
    """Whether it is about a larger value against a smaller one."""
    spaces: tuple[str, ...] | None = None
    """Spaces that the paper makes it of; all where None."""
    caution: str = ""
    """What the comparison holds equal, where a reader may think of something else."""

    def sense(self, alternative: Value, reference: Value) -> int:
        """Return how a change of the factor bears on the claim.

        1 where it leads to what the claim is about, -1 where it leads away from that, since the reference
        has it already, and 0 where it is about something else.
        """
        if self.more:
            return 1 if cast("float", alternative) > cast("float", reference) else -1
        if not self.levels:
            return 1
        there, here = alternative in self.levels, reference in self.levels
        other = reference if there else alternative
        if there == here or (self.against and other not in self.against):
            return 0
        return 1 if there else -1


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
        levels=("tracked",),
        against=("batch",),
        source=_ABSTRACT,
    ),
    Claim(
        name="weight_sharing_batch_norm",
        text="One batch norm for each source (WSBN) hurts.",
        kind="hurts",
        factor="wsbn",
        levels=(True,),
        source=_SUMMARY,
    ),
    Claim(
        name="path_dropout",
        text="Path dropout hurts.",
        kind="hurts",
        factor="path_dropout",
        more=True,
        source=_SUMMARY,
        caution="the rate is a true drop probability here, which the official code's is not",
    ),
    Claim(
        name="global_dropout",
        text="Global dropout hurts.",
        kind="hurts",
        factor="global_dropout",
        more=True,
        source=_RECALLED,
    ),
    Claim(
        name="ofa_kernel",
        text="Kernels cut from larger ones (ofa_kernel) do not help.",
        kind="no help",
        factor="ofa_kernel",
        levels=(True,),
        source=_RECALLED,
    ),
    Claim(
        name="disable_dynamic_channels",
        text="Disabling dynamic channels helps.",
        kind="helps",
        factor="dynamic_channels",
        levels=("disabled",),
        against=("fixed",),
        spaces=("nb101",),
        source=f"{_SUMMARY}; 0.22 to 0.46 is second-hand",
        caution="ranked on the cells of one width, which every level can rank",
    ),
    Claim(
        name="channels",
        text="The number of channels matters little.",
        kind="little",
        factor="channels",
        source=_SUMMARY,
    ),
    Claim(
        name="cells",
        text="The number of cells matters little.",
        kind="little",
        factor="cells",
        source=_SUMMARY,
    ),
    Claim(
        name="batch_size",
        text="The batch size matters little.",
        kind="little",
        factor="batch_size",
        source=_SUMMARY,
        caution=_EQUAL_EPOCHS,
    ),
    Claim(
        name="train_portion",
        text="The share of the training images matters little.",
        kind="little",
        factor="train_portion",
        source=_RECALLED,
        caution=_EQUAL_EPOCHS,
    ),
    Claim(
        name="learning_rate",
        text="The learning rate matters.",
        kind="matters",
        factor="learning_rate",
        source=_ABSTRACT,
    ),
    Claim(
        name="weight_decay",
        text="The weight decay matters.",
        kind="matters",
        factor="weight_decay",
        source=_RECALLED,
    ),
    Claim(
        name="epochs",
        text="The number of epochs matters.",
        kind="matters",
        factor="epochs",
        source=_SUMMARY,
    ),
    Claim(
        name="path_sampling",
        text="How paths are sampled matters little once the rest is tuned.",
        kind="little",
        factor="path_sampling",
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
