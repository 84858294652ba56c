"""What is asked: a space at a scale, its factors as they are narrowed, and what is loaded for all runs."""

from __future__ import annotations
