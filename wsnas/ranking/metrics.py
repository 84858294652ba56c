"""How well a super-net's ranking agrees with the ground truth, and how good what it finds is.

Inputs are array-likes of shape (n,), one entry per architecture and in the same order; accuracies are
fractions, best as float64 (a float32 truth is too coarse for the allowance at the edges of bins). NaN,
unequal lengths and other shapes raise ValueError. Infinite values rank as the largest or the smallest.
"Section" refers to "How to Train Your Super-Net" (arXiv 2003.04276), "the authors' tool" to the analysis
code in their public repository kcyu2014/nas-landmarkreg.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_EDGE = 1e-6
"""Share of a bin by which a truth may miss its lower edge: 0.943 / 0.001 is 942.9999999999999 in floats."""


def sparse_kendall_tau(predicted: ArrayLike, truth: ArrayLike, threshold: float = 0.001) -> float:
    """Sparse Kendall-Tau (s-KdT): tau-b between predictions and the binned truth.

    The paper lets architectures whose accuracies differ by less than 0.1 % share a rank. Here the truth
    falls into the bins floor(truth / threshold + 1e-6), as the authors' tool bins by floor and not by
    rounding; predictions are not binned. Ties, in a bin or in the predictions, count as in tau-b: such
    pairs are neither concordant nor discordant and shrink the denominator.

    Args:
        predicted: What the super-net says; only its order counts.
        truth: Ground-truth accuracies as fractions.
        threshold: Width of a bin, above 0, in the units of the truth.

    Returns:
        A value in [-1, 1]; 0.0 where all predictions are equal or all truths share a bin. With ties in
        only one of the two arguments even a perfect ranking stays below 1.

    Raises:
        ValueError: NaN, unequal lengths, fewer than 2 entries, or a threshold that is not above 0.

    """
    predicted, truth = _vectors(predicted=predicted, truth=truth)
    return _tau_b(predicted, truth_bins(truth, threshold))


def kendall_tau(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Kendall's tau-b of the raw values, without bins.

    Returns:
        A value in [-1, 1]; ties as in tau-b, 0.0 where either argument is constant.

    Raises:
        ValueError: NaN, unequal lengths, or fewer than 2 entries.

    """
    predicted, truth = _vectors(predicted=predicted, truth=truth)
    return _tau_b(predicted, truth)


def spearman(predicted: ArrayLike, truth: ArrayLike) -> float:
    """Spearman's rank correlation; ties share their mean rank.

    Returns:
        A value in [-1, 1]; 0.0 where either argument is constant.

    Raises:
        ValueError: NaN, unequal lengths, or fewer than 2 entries.

    """
    from scipy.stats import spearmanr

    predicted, truth = _vectors(predicted=predicted, truth=truth)
    if _constant(predicted) or _constant(truth):
        return 0.0
    return _clip(float(spearmanr(predicted, truth).statistic))


def partial_kendall_tau(
    predicted: ArrayLike, truth: ArrayLike, covariate: ArrayLike, threshold: float = 0.001
) -> float:
    """Kendall's partial tau: what the s-KdT keeps once a covariate, such as parameter count, is held fixed.

    With p the predictions, t the binned truth (as in `sparse_kendall_tau`) and c the covariate, from the
    tau-b of each pair (Kendall, "Partial rank correlation", Biometrika 1942)::

        tau(p, t | c) = (tau_pt - tau_pc * tau_tc) / sqrt((1 - tau_pc**2) * (1 - tau_tc**2))

    Args:
        predicted: What the super-net says; only its order counts.
        truth: Ground-truth accuracies as fractions.
        covariate: Any quantity per architecture; only its order counts.
        threshold: Width of a bin of the truth, above 0.

    Returns:
        A value in [-1, 1]. 0.0 where the covariate orders the predictions or the bins perfectly (either way
        round), which leaves nothing to correlate, and where predictions or bins are constant. A constant
        covariate explains nothing: the result is then the s-KdT.

    Raises:
        ValueError: NaN, unequal lengths, fewer than 2 entries, or a threshold that is not above 0.

    """
    predicted, truth, covariate = _vectors(predicted=predicted, truth=truth, covariate=covariate)
    bins = truth_bins(truth, threshold)
    tau_pt, tau_pc, tau_tc = _tau_b(predicted, bins), _tau_b(predicted, covariate), _tau_b(bins, covariate)
    left_p, left_t = 1.0 - tau_pc**2, 1.0 - tau_tc**2
    if min(left_p, left_t) < 1e-12:  # tau-b is 1 up to rounding; the quotient would be noise
        return 0.0
    return _clip((tau_pt - tau_pc * tau_tc) / math.sqrt(left_p * left_t))


def authors_sparse_kendall_tau(predicted: ArrayLike, truth: ArrayLike, threshold: float = 0.001) -> float:
    """Compute the s-KdT as the authors' tool does, for comparison with their numbers.

    1. Values whose mean lies between 1 and 100 are taken for percent and divided by 100.
    2. The sorted truth gets dense ranks, a new one at every step of floor(truth * (1 / threshold)); a
       threshold of 1 or more counts as 1. No allowance is made for an accuracy on the edge of a bin.
    3. These ranks are put in the order of the predictions, which are not binned.
    4. The result is tau-b between the ranks sorted by truth and the ranks sorted by prediction.

    So positions i and j are tied where the i-th and j-th truth share a bin, in both arguments; without ties
    this is `kendall_tau`. The tool sorts with an unstable quicksort, which leaves equal predictions in no
    defined order; here the sort is stable: equal predictions stay in the order in which they were given,
    and the result depends on it. (Where the tool pools seeds, architectures come in ascending order of
    truth, which flatters ties.) Its threshold is 0.001 while training and 0.01 in its table scripts.

    Args:
        predicted: What the super-net says, as fractions or percent.
        truth: Ground-truth accuracies, as fractions or percent.
        threshold: Width of a bin, above 0, as a fraction.

    Returns:
        A value in [-1, 1]; 1.0 for a perfect ranking. 0.0 where all truths share a bin (the tool: NaN) and
        where all predictions are equal (the tool: whatever order the architectures came in).

    Raises:
        ValueError: NaN, unequal lengths, fewer than 2 entries, or a threshold that is not above 0.

    """
    predicted, truth = (_fractions(values) for values in _vectors(predicted=predicted, truth=truth))
    _check_threshold(threshold)
    if _constant(predicted):
        return 0.0
    # Tau sees order and ties only, so bins serve as their dense ranks. At the edges truth / threshold would
    # differ from the tool, which multiplies.
    bins = np.floor(truth * (1.0 / threshold if threshold < 1.0 else 1.0))
    return _tau_b(np.sort(bins), bins[np.argsort(predicted, kind="stable")])


def surpass_random_probability(rank: int, size: int, n: int) -> float:
    """Probability that an architecture beats everything that a random search of n architectures draws.

    ((size - rank) / size) ** n: all of n draws, uniform with replacement, rank strictly below the one found.
    This is the authors' tool's (r / r_max) ** n, whose r counts from 0 for the worst architecture, and, with
    r = rank, the (1 - r / r_max) ** n inside the formula 1 - (1 - r / r_max) ** n of "Evaluating the Search
    Phase of Neural Architecture Search" (arXiv 1902.08142); that whole expression is the complement, the
    probability that random search does at least as well. The authors take n = 10 for nb201 and 5 otherwise.

    Args:
        rank: Rank of the found architecture in the ground truth, from 1 (best) to `size` (worst). Of
            architectures with equal truth, give the worst rank among them for a strict "beats".
        size: How many architectures are ranked.
        n: How many architectures random search draws, at least 1.

    Returns:
        A value in [0, 1): 0.0 for the worst rank, just under 1 for the best (which may itself be drawn).

    Raises:
        ValueError: rank outside 1 to size, or n below 1.

    """
    if not 1 <= rank <= size:
        raise ValueError(f"rank is {rank}, it must lie between 1 (best) and size = {size}")
    if n < 1:
        raise ValueError(f"n is {n}, it must be at least 1")
    return float(((size - rank) / size) ** n)


def top_mean(predicted: ArrayLike, truth: ArrayLike, k: int) -> float:
    """Mean truth of the k architectures with the highest predictions.

    The "final performance" of the authors' tool, which takes the top 10 for nb201 and 5 otherwise. Of equal
    predictions the ones earlier in the list are taken first.

    Returns:
        A value between the least and the greatest truth.

    Raises:
        ValueError: NaN, unequal lengths, no entries, or k outside 1 to n.

    """
    predicted, truth = _vectors(least=1, predicted=predicted, truth=truth)
    if not 1 <= k <= predicted.size:
        raise ValueError(f"k is {k}, it must lie between 1 and the number of entries, {predicted.size}")
    return float(truth[np.argsort(-predicted, kind="stable")[:k]].mean())


def _vectors(*, least: int = 2, **named: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Return the named values as float vectors of one length of at least `least`, free of NaN."""
    vectors = {name: np.asarray(values, dtype=np.float64) for name, values in named.items()}
    for name, vector in vectors.items():
        if vector.ndim != 1:
            raise ValueError(f"{name} has shape {vector.shape}, it must have one dimension")
        if np.isnan(vector).any():
            raise ValueError(f"{name} holds NaN (first at position {int(np.isnan(vector).argmax())})")
    lengths = {name: vector.size for name, vector in vectors.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"unequal lengths: {', '.join(f'{name} {size}' for name, size in lengths.items())}")
    if min(lengths.values()) < least:
        raise ValueError(f"{min(lengths.values())} entries, at least {least} are needed")
    return tuple(vectors.values())


def _check_threshold(threshold: float) -> None:
    if not 0.0 < threshold < math.inf:
        raise ValueError(f"threshold is {threshold}, it must be a finite number above 0")


def truth_bins(truth: ArrayLike, threshold: float = 0.001) -> NDArray[np.float64]:
    """Return the bins of `sparse_kendall_tau`; architectures of one bin count as equal."""
    _check_threshold(threshold)
    binned: NDArray[np.float64] = np.floor(np.asarray(truth, dtype=np.float64) / threshold + _EDGE)
    return binned


def _fractions(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values * 1e-2 if 1.0 < values.mean() < 100.0 else values


def _constant(values: NDArray[np.float64]) -> bool:
    return bool((values == values[0]).all())


def _clip(value: float) -> float:
    return min(1.0, max(-1.0, value))


def _tau_b(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    from scipy.stats import kendalltau  # here, since importing scipy.stats takes over half a second

    if _constant(first) or _constant(second):
        return 0.0
    return float(kendalltau(first, second).statistic)
