"""Verdicts: each claim of the paper, confirmed, refuted or undecided by an ablation around one recipe."""

from __future__ import annotations
