from __future__ import annotations

import torch

from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter


def test_has_no_tops(make):
    assert make("Silence", (2,), (3,))(torch.ones(2), torch.ones(3)) == ()
    assert LAYERS["Silence"].top_shapes(LayerParameter(type="Silence"), [(2,)]) == []
