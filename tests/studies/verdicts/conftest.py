from __future__ import annotations

import pytest

from studies.config.scales import load_scale, scaled_catalogue
from studies.config.settings import StudySettings
from wsnas.groundtruth import load


@pytest.fixture(scope="session")
def settings_of():
    """Settings of a space at a scale, with all factors."""

    def make(space, scale="tiny"):
        table = load(space)
        return StudySettings(
            space=space,
            scale=scale,
            data="fashion-clutter",
            table=table.name,
            table_sha256=table.sha256,
            seed=0,
            factors=scaled_catalogue(space, load_scale(scale, space)),
        )

    return make
