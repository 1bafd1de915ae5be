from __future__ import annotations

import torch

from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter

EXAMPLE = """
layer { name: "x" type: "Input" top: "a" top: "b" input_param { shape { dim: 2 } shape { dim: 2 dim: 3 } } }
layer { name: "l" type: "Silence" bottom: "a" bottom: "b" }
"""


def test_silence_has_no_tops(make):
    assert make("Silence", (2,), (3,))(torch.ones(2), torch.ones(3)) == ()
    assert LAYERS["Silence"].top_shapes(LayerParameter(type="Silence"), [(2,)]) == []
