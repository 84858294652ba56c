"""Verdicts: each claim of the paper, confirmed, refuted or undecided by a study's screen."""

from __future__ import annotations

from studies.verdicts.findings import gather, verdict_rows

__all__ = ["gather", "verdict_rows"]
