"""The final search: the confirmed best super-net chooses architectures, the ground truth judges them."""

from __future__ import annotations

from studies.search.outcome import Pick, Search
from studies.search.ranker import Ranker, confirmed_run, load_ranker
from studies.search.run import search_by_evolution, search_by_random
from studies.search.standalone import Retrained, StandalonePlan, retrain, standalone_plan

__all__ = [
    "Pick",
    "Ranker",
    "Retrained",
    "Search",
    "StandalonePlan",
    "confirmed_run",
    "load_ranker",
    "retrain",
    "search_by_evolution",
    "search_by_random",
    "standalone_plan",
]
