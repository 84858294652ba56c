"""What is published says what holds; `make package` builds it and tries it in an empty environment."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import wsnas

ROOT = Path(__file__).parents[1]
PACKAGES = ("wsnas", "objectives", "studies")


def test_all_packages_say_that_they_are_typed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for package in PACKAGES:
        assert (ROOT / package / "py.typed").exists()
        assert "py.typed" in project["tool"]["setuptools"]["package-data"][package]
    assert "Typing :: Typed" in project["project"]["classifiers"]


def test_no_address_is_a_placeholder_and_the_citation_has_the_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    for text in (citation, project):
        assert not re.search(r"example\.(com|org)|TODO|FIXME|your-|<[a-z]+>", text)
    assert f"\nversion: {wsnas.__version__}\n" in citation
