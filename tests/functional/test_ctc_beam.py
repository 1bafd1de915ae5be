"""Prefix search: against all paths, and against a search that keeps one tree in Python."""

from __future__ import annotations

from itertools import groupby, product
from math import exp, inf, log, log1p

import numpy as np
import pytest
import torch

from layerzoo.functional.ctc_beam import best_sequences


def logs(steps: int, count: int, labels: int, seed: int = 0, sharpness: float = 1.5) -> torch.Tensor:
    scores = np.random.default_rng(seed).standard_normal((steps, count, labels)) * sharpness
    return torch.from_numpy(scores).log_softmax(2)


def by_all_paths(values: np.ndarray, blank: int) -> tuple[list[int], float]:
    """The most probable sequence, from the probabilities of all paths; values (T, C)."""
    found: dict[tuple[int, ...], float] = {}
    for path in product(range(values.shape[1]), repeat=len(values)):
        spelt = tuple(label for label, _ in groupby(path) if label != blank)
        found[spelt] = found.get(spelt, 0) + exp(sum(values[t, c] for t, c in enumerate(path)))
    best = max(found, key=lambda spelt: found[spelt])
    return list(best), log(found[best])


def added(a: float, b: float) -> float:
    if -inf in (a, b):
        return max(a, b)
    return max(a, b) + log1p(exp(-abs(a - b)))


def by_one_tree(values: np.ndarray, blank: int, most: int) -> tuple[list[int], float]:
    """The same search, one by one: rows of label, parent, continued, by label, by blank, all."""
    tree: list[list] = [[blank, -1, False, -inf, 0.0, 0.0]]
    chosen = [0]
    for step, now in enumerate(values):
        before = len(tree)
        for parent in chosen:
            for label in (label for label in range(len(now)) if label != blank):
                came = tree[parent][4] if tree[parent][0] == label else tree[parent][5]
                tree.append([label, parent, False, came + now[label], -inf, came + now[label]])
            tree[parent][2] = True
        for node in reversed(tree[:before]):
            if node[1] >= 0:
                parent_node = tree[node[1]]
                came = parent_node[4] if parent_node[0] == node[0] else parent_node[5]
                node[3] = added(node[3], came) + now[node[0]]
            node[4] = node[5] + now[blank]
            node[5] = added(node[3], node[4])
        if step + 1 < len(values):
            waiting = [number for number, node in enumerate(tree) if not node[2] and node[5] > -inf]
            chosen = sorted(waiting, key=lambda number: (tree[number][5], number), reverse=True)[:most]
    best = max(range(len(tree)), key=lambda number: (tree[number][5], number))
    spelt, at = [], best
    while at > 0:
        spelt.append(tree[at][0])
        at = tree[at][1]
    return spelt[::-1], tree[best][5]


@pytest.mark.parametrize("blank", [0, 2])
def test_best_sequences_are_those_of_all_paths(blank: int) -> None:
    values = logs(5, 6, 3)
    decoded = best_sequences(values, torch.full((6,), 5), blank, 1000)
    for item in range(6):
        expected, probability = by_all_paths(values[:, item].numpy(), blank)
        labels = decoded.labels[item].tolist()
        assert labels == expected + [-1] * (5 - len(expected))
        assert decoded.log_probability[item].item() == pytest.approx(probability)


@pytest.mark.parametrize("most", [1, 2, 5])
@pytest.mark.parametrize("sharpness", [0.3, 2])
def test_few_candidates_agree_with_a_tree_in_python(most: int, sharpness: float) -> None:
    values = logs(7, 5, 4, seed=most, sharpness=sharpness)
    decoded = best_sequences(values, torch.full((5,), 7), 3, most)
    for item in range(5):
        expected, probability = by_one_tree(values[:, item].numpy(), 3, most)
        assert [label for label in decoded.labels[item].tolist() if label >= 0] == expected
        assert decoded.log_probability[item].item() == pytest.approx(probability)


def test_shorter_sequences_end_where_their_steps_do() -> None:
    values = logs(5, 4, 3, seed=3)
    steps = torch.tensor([5, 1, 3, 2])
    decoded = best_sequences(values, steps, 0, 100)
    for item, length in enumerate(steps.tolist()):
        expected, probability = by_all_paths(values[:length, item].numpy(), 0)
        assert [label for label in decoded.labels[item].tolist() if label >= 0] == expected
        assert decoded.log_probability[item].item() == pytest.approx(probability)


def test_impossible_labels_are_never_continued() -> None:
    values = torch.tensor([[[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]], [[0.0, 1.0, 0.0]]]).log()
    decoded = best_sequences(values, torch.tensor([3]), 2, 10)
    assert decoded.labels.tolist() == [[0, 1, -1]]
    assert decoded.log_probability.tolist() == [0]


def test_equal_neighbours_need_a_blank_between() -> None:
    apart = torch.tensor([[[0.9, 0.1]], [[0.1, 0.9]], [[0.9, 0.1]]]).log()
    assert best_sequences(apart, torch.tensor([3]), 1, 10).labels.tolist() == [[0, 0, -1]]
    assert best_sequences(apart[::2], torch.tensor([2]), 1, 10).labels.tolist() == [[0, -1]]
