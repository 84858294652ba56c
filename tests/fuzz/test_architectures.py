from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.inputs import LONG, NUMBER, mistaken_text, mistaken_values, one_mistake
from tests.fuzz.running import fuzz, works_or_is_refused
from wsnas.spaces import Space, get_space, space_names
from wsnas.spaces.darts import from_genotype, to_genotype

SPACES = [get_space(name) for name in space_names()]
TEXTS = {
    space.name: [space.format(space.sample(np.random.default_rng(seed))) for seed in range(20)]
    for space in SPACES
}
GENOTYPES = [str(to_genotype(get_space("darts").parse(text))) for text in TEXTS["darts"]]
RIGHT = [*GENOTYPES, *(text for texts in TEXTS.values() for text in texts)]


def fields(genotype: str) -> dict[str, Any]:
    """Return a Genotype as JSON has it."""
    return dict(to_genotype(get_space("darts").parse(genotype))._asdict())


def longer(text: str, times: int) -> str:
    return (text * times)[:LONG]


def texts() -> SearchStrategy[str]:
    """Draw nearly right architectures of any space, and nonsense."""
    right = st.sampled_from(RIGHT)
    return st.one_of(
        mistaken_text(right),
        mistaken_text(right, most=1),
        one_mistake(st.sampled_from(GENOTYPES), NUMBER),
        st.builds(longer, right, st.integers(2, 1000)),
        st.text(alphabet="01-cmp3|~+nr:. sk()[],'=", max_size=60),
        st.text(max_size=40),
    )


@fuzz(st.tuples(st.sampled_from(SPACES), texts()), quick=150, slow=2000)
def test_an_architecture_is_read_and_written_the_same_or_refused(
    drawn: tuple[Space[Any], str], folder: Path
) -> None:
    space, text = drawn
    with works_or_is_refused():
        architecture = space.parse(text)
        space.validate(architecture)
        written = space.format(architecture)
        assert space.parse(written) == architecture
        assert space.format(space.parse(written)) == written
        assert written.isascii()
        hash(space.identity(architecture))


@fuzz(mistaken_values(st.sampled_from(GENOTYPES).map(fields)), quick=60, slow=500)
def test_a_genotype_is_read_and_written_the_same_or_refused(genotype: Any, folder: Path) -> None:
    with works_or_is_refused():
        architecture = from_genotype(genotype)
        assert from_genotype(to_genotype(architecture)) == architecture


@fuzz(
    st.tuples(st.sampled_from(SPACES), mistaken_values(st.sampled_from([(0,) * 6, ((((0, 1),) * 2,) * 4,)]))),
    quick=60,
    slow=500,
)
def test_what_is_no_architecture_is_refused(drawn: tuple[Space[Any], Any], folder: Path) -> None:
    space, parts = drawn
    sample = space.parse(TEXTS[space.name][0])
    for name in sample.__dataclass_fields__:
        with works_or_is_refused():
            changed = replace(sample, **{name: parts})
            space.validate(changed)
            space.format(changed)
