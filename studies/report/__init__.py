"""A study's answer for people: on the terminal, as a page, as pictures, in the dashboard, as a recipe."""

from __future__ import annotations

from studies.report.dashboard import publish
from studies.report.figures import save_figures
from studies.report.html import write_html
from studies.report.terminal import print_answer
from studies.report.toml import read_recipe, recipe_toml

__all__ = ["print_answer", "publish", "read_recipe", "recipe_toml", "save_figures", "write_html"]
