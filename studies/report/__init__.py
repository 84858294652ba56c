"""A study's answer for people: on the terminal, as a page, as pictures, in the dashboard, as a recipe."""

from __future__ import annotations

from studies.report.dashboard.publish import publish
from studies.report.figures import save_figures
from studies.report.page.html import write_html
from studies.report.recipe_file import read_recipe, recipe_toml
from studies.report.terminal.answer import print_answer

__all__ = ["print_answer", "publish", "read_recipe", "recipe_toml", "save_figures", "write_html"]
