from __future__ import annotations

import math

import pytest
import torch

EXAMPLE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 2 dim: 3 } } }
layer { name: "label" type: "DummyData" top: "label" dummy_data_param { shape { dim: 2 dim: 2 }
  data_filler { type: "constant" value: 1 } } }
layer { name: "l" type: "WarpCTC" bottom: "x" bottom: "label" top: "loss" }
"""


def test_loss_of_one_label_in_two_equal_steps(make):
    """3 of the 9 pairs of labels are the label 1 beside a blank one, or twice."""
    layer = make("WarpCTC", (2, 1, 3), (1, 1), ctc_loss_param={"blank_index": 0})
    assert layer(torch.zeros(2, 1, 3), torch.tensor([[1.0]])).item() == pytest.approx(math.log(3))
