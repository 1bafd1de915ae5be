from __future__ import annotations

import pytest
import torch

EXAMPLE = """
layer {
  name: "x" type: "DummyData" top: "x"
  dummy_data_param { shape { dim: 2 dim: 5 } data_filler { type: "uniform" min: -1 max: 1 } }
}
layer { name: "l" type: "HardSwish" bottom: "x" top: "y" }
"""


def test_values(make):
    x = torch.tensor([-4.0, -3, -1, 0, 1, 3, 4])
    assert make("HardSwish", (7,))(x).tolist() == pytest.approx([0, 0, -1 / 3, 0, 2 / 3, 3, 4])
