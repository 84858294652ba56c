"""The final search: the confirmed best super-nets choose architectures, the ground truth judges them."""

from __future__ import annotations

from studies.search.outcome import Pick, Search
from studies.search.ranker import Again, Ranker, confirmed_runs, load_ranker
from studies.search.run import search_by_evolution, search_by_random
from studies.search.standalone import Retrained, StandalonePlan, retrain, standalone_plan

__all__ = [
    "Again",
    "Pick",
    "Ranker",
    "Retrained",
    "Search",
    "StandalonePlan",
    "confirmed_runs",
    "load_ranker",
    "retrain",
    "search_by_evolution",
    "search_by_random",
    "standalone_plan",
]
