from __future__ import annotations

import numpy as np
import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 4 } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "l" type: "EditDistance" bottom: "x" bottom: "label" top: "rate" top: "distance" }
"""


def levenshtein(one: list[int], other: list[int]) -> int:
    """By the definition, with a table."""
    table = np.zeros((len(one) + 1, len(other) + 1), int)
    table[:, 0], table[0] = range(len(one) + 1), range(len(other) + 1)
    for i, a in enumerate(one, 1):
        for j, b in enumerate(other, 1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a != b))
    return int(table[-1, -1])


def test_edits_are_insertions_deletions_and_replacements(make):
    layer = make('type: "EditDistance" top: "rate" top: "distance"', (5, 4), (5, 3))
    x = torch.tensor([[1.0, 2, 3, -1], [1, 3, -1, 9], [1, 2, 2, 3], [1, 4, 3, -1], [-1, 1, 2, 3]])
    wanted = torch.tensor([[1.0, 2, 3]] * 4 + [[5, -1, 7]])
    rate, distance = layer(x, wanted)
    assert distance.tolist() == [0, 1, 1, 1, 1]  # the same, one left out, one too many, another one, none
    assert rate.item() == pytest.approx(4 / 13)


def test_distances_of_random_sequences_are_those_of_the_definition(make):
    rng = np.random.default_rng(0)
    one, other = rng.integers(-1, 4, (300, 7)), rng.integers(-1, 4, (300, 5))
    layer = make('type: "EditDistance" top: "rate" top: "distance"', (300, 7, 1, 1), (300, 5))
    _, distance = layer(torch.tensor(one).float()[..., None, None], torch.tensor(other).float())

    def until_negative(row: np.ndarray) -> list[int]:
        values = row.tolist()
        return values[: values.index(-1)] if -1 in values else values

    assert distance.tolist() == [
        levenshtein(until_negative(a), until_negative(b)) for a, b in zip(one, other, strict=True)
    ]


def test_empty_sequences(make):
    layer = make("EditDistance", (2, 3), (2, 2))
    nothing = torch.full((2, 2), -1.0)
    assert layer(torch.full((2, 3), -1.0), nothing).item() == 0
    assert layer(torch.tensor([[1.0, 2, -1], [3, -1, -1]]), nothing).item() == 3  # counted as one element
    assert make("EditDistance", (2, 0), (2, 2))(torch.zeros(2, 0), torch.ones(2, 2)).item() == 1


def test_mistakes(shapes):
    with pytest.raises(LayerFault, match=r"sequences of shape \(4, 3, 2\); expected \(N, elements\)"):
        shapes("EditDistance", (4, 3, 2), (4, 3))
    with pytest.raises(LayerFault, match="3 sequences to compare 4 with; expected as many"):
        shapes("EditDistance", (4, 5), (3, 5))
