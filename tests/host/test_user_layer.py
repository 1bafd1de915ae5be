from __future__ import annotations

import pytest
import torch

from layerzoo.host import Blob, PythonLayer, TorchLayer
from layerzoo.schema import LayerParameter


def test_blobs_belong_to_one_layer() -> None:
    a, b = PythonLayer(), PythonLayer()
    a.blobs.add_blob(2)
    assert (len(a.blobs), len(b.blobs)) == (1, 0)
    assert a.blobs is a.blobs
    assert a.type == "Python"


def test_missing_methods_raise() -> None:
    layer = PythonLayer()
    layer.setup([], [])
    layer.reshape([], [])
    with pytest.raises(NotImplementedError, match=r"Layer has no forward"):
        layer.forward([], [])
    with pytest.raises(AttributeError, match=r"has no backward\(.*, and the net needs"):
        layer.backward([], [], [])


def test_of_represents_a_built_in_layer() -> None:
    blob = Blob((2, 3))
    layer = PythonLayer.of(
        LayerParameter(name="ip", type="InnerProduct"), [blob], lambda bottoms: [(bottoms[0].num, 2)]
    )
    assert type(layer) is PythonLayer
    assert (layer.type, layer.name, repr(layer)) == ("InnerProduct", "ip", "<InnerProduct layer 'ip'>")
    assert layer.blobs == [blob]
    top = Blob()
    layer.reshape([Blob((5, 3))], [top])
    assert top.shape == (5, 2)


def test_top_shapes_of_a_torch_layer_run_it() -> None:
    class Two(TorchLayer):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return x.sum(1), x[:, :1]

    assert Two().top_shapes([(3, 4)]) == [(3,), (3, 1)]
