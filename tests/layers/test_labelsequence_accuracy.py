from __future__ import annotations

import pytest
import torch

from layerzoo.errors import LayerFault

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 4 dim: 3 } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 2 dim: 2 } } }
layer { name: "l" type: "LabelsequenceAccuracy" bottom: "x" bottom: "label" top: "y" }
"""


def test_fraction_of_right_sequences(make):
    best = torch.tensor([[1, 1, 0, 1], [2, 2, 2, 2], [0, 0, 0, 0], [1, 2, 0, 0]])
    scores = torch.nn.functional.one_hot(best, 3).float()
    labels = torch.tensor([[1.0, 1, 0], [2, 0, 0], [0, 0, 0], [1, 0, 0]])
    layer = make("LabelsequenceAccuracy", (4, 4, 3), (4, 3))
    assert layer(scores, labels).item() == 0.75  # the last has a label too many
    other = make("LabelsequenceAccuracy", (4, 4, 3), (4, 3), labelsequence_accuracy_param={"blank_label": 2})
    assert other(scores, labels).item() == 0  # 0 is a label there


def test_mistakes(shapes):
    with pytest.raises(LayerFault, match=r"expected \(N, time steps, labels"):
        shapes("LabelsequenceAccuracy", (4, 3), (4, 3))
    with pytest.raises(LayerFault, match=r"for 4 sequences; expected \(N, L\)"):
        shapes("LabelsequenceAccuracy", (4, 4, 3), (3, 3))
