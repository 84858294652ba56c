"""What an import says that must fail."""

from __future__ import annotations

import pytest

from wsnas.errors import InputError
from wsnas.groundtruth import import_table
from wsnas.groundtruth.importing import imported_names


def refusal(space, path, *, names_file=True, **options) -> str:
    """Return why the file is refused: in one line, that names it, and without a table that remains."""
    before = imported_names(space)
    with pytest.raises(InputError) as caught:
        import_table(space, path, **options)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value) or not names_file
    assert imported_names(space) == before
    return str(caught.value)
