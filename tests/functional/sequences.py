"""Costs of sequences by Graves' forward and backward variables, in numpy and by loops."""

from __future__ import annotations

import numpy as np


def softmax(scores: np.ndarray) -> np.ndarray:
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def cost_and_posterior(p: np.ndarray, labels: list[int], blank: int, merge: bool = True):
    """``-log P(labels)`` and the expected number of each label at each step.

    Args:
        p: probabilities, (T, C).
    """
    steps, classes = p.shape
    states = [blank]
    for label in labels:
        states += [label, blank]
    size = len(states)

    def allowed(u: int, v: int) -> bool:
        """Whether state v may follow state u."""
        if v == u:
            return merge or states[u] == blank
        if v == u + 1:
            return True
        skips = v == u + 2 and states[v] != blank
        return skips and not (merge and states[v] == states[u])

    alpha, beta = np.zeros((steps, size)), np.zeros((steps, size))
    alpha[0, 0] = p[0, blank]
    if size > 1:
        alpha[0, 1] = p[0, states[1]]
    beta[-1, -1] = 1
    if size > 1:
        beta[-1, -2] = 1
    for t in range(1, steps):
        for v in range(size):
            total = sum(alpha[t - 1, u] for u in range(size) if allowed(u, v))
            alpha[t, v] = total * p[t, states[v]]
    for t in range(steps - 2, -1, -1):
        for u in range(size):
            following = [v for v in range(size) if allowed(u, v)]
            beta[t, u] = sum(beta[t + 1, v] * p[t + 1, states[v]] for v in following)
    total = (alpha[0] * beta[0]).sum()
    posterior = np.zeros((steps, classes))
    for t in range(steps):
        for u in range(size):
            posterior[t, states[u]] += alpha[t, u] * beta[t, u] / (total or 1)
    return -np.log(total) if total else np.inf, posterior
