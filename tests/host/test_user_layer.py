from __future__ import annotations

import pytest
import torch

from layerzoo.host import PythonLayer, TorchLayer


def test_each_layer_has_blobs_of_its_own() -> None:
    a, b = PythonLayer(), PythonLayer()
    a.blobs.add_blob(2)
    assert (len(a.blobs), len(b.blobs)) == (1, 0)
    assert a.blobs is a.blobs
    assert a.type == "Python"


def test_what_a_class_leaves_out_is_said() -> None:
    layer = PythonLayer()
    layer.setup([], [])
    layer.reshape([], [])
    with pytest.raises(NotImplementedError, match="PythonLayer has no forward"):
        layer.forward([], [])
    with pytest.raises(AttributeError, match=r"has no backward\(.*, and the net asks"):
        layer.backward([], [], [])


def test_tops_of_a_torch_layer_are_found_by_running_it() -> None:
    class Two(TorchLayer):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return x.sum(1), x[:, :1]

    assert Two().top_shapes([(3, 4)]) == [(3,), (3, 1)]
