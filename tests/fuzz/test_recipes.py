from __future__ import annotations

import json
from pathlib import Path

from hypothesis import strategies as st

from objectives.question.scales import load_scale, scale_names, scaled_catalogue
from studies.cli.train import TrainCommand
from studies.report import read_recipe
from tests.fuzz.inputs import text_files
from tests.fuzz.running import fuzz, run_command, works_or_is_refused
from wsnas.spaces import space_names


def recipe(space: str, scale: str) -> str:
    """Return a right recipe file."""
    factors = scaled_catalogue(space, load_scale(scale, space))
    values = {factor.name: factor.default for factor in factors}
    header = {"space": space, "scale": scale, "data": "fashion-clutter", "table": f"{space}-mini"}
    lines = [f"{name} = {json.dumps(value)}" for name, value in header.items()]
    lines += ["", "[recipe]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


RECIPES = st.builds(recipe, st.sampled_from(space_names()), st.sampled_from(scale_names()))


@fuzz(text_files(RECIPES), quick=60, slow=1000)
def test_a_recipe_file_is_read_or_refused(content: bytes, folder: Path) -> None:
    file = folder / "best.toml"
    file.write_bytes(content)
    with works_or_is_refused():
        _, values = read_recipe(file)
        values.mapping()
        values.protocol()
        values.size()
    with works_or_is_refused():
        settings, values = TrainCommand(recipe=file)._settings()
        values.effective(settings.factors)
        json.dumps(settings.fingerprint())


@fuzz(text_files(RECIPES), quick=10, slow=150)
def test_train_refuses_a_recipe_before_it_opens_images(content: bytes, folder: Path) -> None:
    file = folder / "best.toml"
    file.write_bytes(content)
    # A device that there is not ends the command where training would begin.
    assert run_command(["train", "--recipe", str(file), "--device", "tpu9"]) == 2
