"""Tests run in two processes; more than one thread each would only make them wait for one another."""

from __future__ import annotations

import os

from hypothesis import settings

for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

# The same few examples in each run; machines that are busy meet no deadline.
settings.register_profile("wsnas", derandomize=True, max_examples=20, deadline=None, database=None)
settings.load_profile("wsnas")
