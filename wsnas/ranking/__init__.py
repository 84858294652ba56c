"""How a super-net ranks architectures and how well that ranking agrees with the ground truth."""

from __future__ import annotations

from wsnas.ranking.metrics import (
    authors_sparse_kendall_tau,
    kendall_tau,
    partial_kendall_tau,
    sparse_kendall_tau,
    spearman,
    surpass_random_probability,
    top_mean,
    truth_bins,
)

__all__ = [
    "authors_sparse_kendall_tau",
    "kendall_tau",
    "partial_kendall_tau",
    "sparse_kendall_tau",
    "spearman",
    "surpass_random_probability",
    "top_mean",
    "truth_bins",
]
