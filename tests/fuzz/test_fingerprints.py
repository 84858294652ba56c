from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from objectives.question.choices import choose_factors
from objectives.question.scales import load_scale
from studies.config.fingerprint import from_fingerprint
from studies.config.settings import StudySettings
from tests.fuzz.inputs import mistaken_values
from tests.fuzz.running import fuzz, works_or_is_refused
from wsnas.spaces import space_names


def fingerprint(space: str) -> Any:
    """Return what a study keeps of its settings."""
    settings = StudySettings(
        space=space,
        scale="mini",
        data="fashion-clutter",
        table=f"{space}-mini",
        table_sha256="0" * 64,
        seed=0,
        factors=choose_factors(space=space, scale=load_scale("mini", space)),
    )
    return json.loads(json.dumps(settings.fingerprint()))


@fuzz(mistaken_values(st.sampled_from(space_names()).map(fingerprint)), quick=60, slow=500)
def test_the_settings_of_a_study_are_read_or_refused(kept: Any, folder: Path) -> None:
    with works_or_is_refused():
        settings = from_fingerprint(kept)
        assert json.loads(json.dumps(settings.fingerprint())) == json.loads(json.dumps(kept))
