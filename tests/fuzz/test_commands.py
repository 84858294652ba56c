from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.fuzz.inputs import TOKENS, mistaken_text
from tests.fuzz.running import fuzz, run_command
from wsnas.spaces import space_names

CSV = "architecture,accuracy\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,0.5\n"
WORDS = (
    *space_names(),
    *("mine.csv", "nb201-mini", "mine", "--table", "--name", "--percent", "--architecture-column"),
    *("--accuracy-column", "architecture", "accuracy", "--help", "-h", "--", "-", "~", "..", "/dev/null"),
)


def arguments() -> SearchStrategy[list[str]]:
    """Draw command lines: right ones with mistakes, and words in any order; no argument holds a null byte."""
    right = st.sampled_from(
        [
            ["info", "nb201"],
            ["info", "nb201", "--table", "mine.csv"],
            ["info", "darts", "--table", "darts-mini[trainings=4]"],
            ["import", "nb201", "mine.csv"],
            ["import", "nb201", "mine.csv", "--name", "mine", "--percent"],
            ["import", "nb201", "mine.csv", "--accuracy-column", "accuracy"],
            ["join", "nowhere"],
        ]
    )
    word = st.sampled_from(WORDS) | st.sampled_from(TOKENS) | st.text(max_size=20)
    wrong_word = st.tuples(right, st.integers(0, 5), word).map(
        lambda drawn: [*drawn[0][: drawn[1]], drawn[2], *drawn[0][drawn[1] + 1 :]]
    )
    wrong_letters = right.flatmap(
        lambda words: st.tuples(*(mistaken_text(st.just(each), most=1) for each in words)).map(list)
    )
    anything = st.tuples(st.sampled_from(["info", "import", "join"]), st.lists(word, max_size=4)).map(
        lambda drawn: [drawn[0], *drawn[1]]
    )
    # The longest argument that a system takes has 128 KiB.
    return st.one_of(wrong_word, wrong_letters, anything).map(
        lambda words: [word.replace("\0", "")[:100_000] for word in words]
    )


@fuzz(arguments(), quick=40, slow=600)
def test_groundtruth_works_or_says_why_not_in_one_line(words: list[str], folder: Path) -> None:
    (folder / "mine.csv").write_text(CSV)
    run_command(["groundtruth", *words])
