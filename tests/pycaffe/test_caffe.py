"""Classes of ``caffe._caffe``: scripts test ``type(x) is ...`` and silently skip other classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from layerzoo.pycaffe import _caffe, alias
from layerzoo.pycaffe.proto import caffe_pb2
from layerzoo.pycaffe.solver import Solver
from tests.pycaffe.conftest import SOLVER, Write

BATCH_NORM = """layer { name: 'in' type: 'Input' top: 'x' input_param { shape { dim: 2 dim: 3 } } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'y' inner_product_param { num_output: 3
  weight_filler { type: 'constant' value: 1 } bias_filler { type: 'constant' value: 2 } } }
layer { name: 'bn' type: 'BatchNorm' bottom: 'y' top: 'y' }"""


@pytest.fixture
def solver(solver_file: str) -> Solver:
    return caffe.get_solver(solver_file)


def test_classes_of_a_nets_members(solver: Solver) -> None:
    net = solver.net
    assert type(net) is _caffe.Net is caffe.Net
    assert type(solver.test_nets) is _caffe.NetVec
    assert type(solver.test_nets[0]) is _caffe.Net
    assert type(net.layers) is _caffe.LayerVec
    assert {type(layer) for layer in net.layers} == {_caffe.Layer}
    assert type(net.params["ip"]) is type(net.layers[2].blobs) is type(net._blobs) is _caffe.BlobVec
    assert type(net.params["ip"][0]) is type(net.blobs["data"]) is _caffe.Blob
    assert type(net.blobs["data"].shape) is type(net._inputs) is type(net._outputs) is _caffe.IntVec
    assert type(net._top_ids(0)) is type(net._bottom_ids(0)) is _caffe.IntVec
    assert type(net._layer_names) is type(net._blob_names) is _caffe.StringVec
    assert type(caffe.layer_type_list()) is _caffe.StringVec
    assert type(net._blob_loss_weights) is _caffe.DtypeVec
    assert type(net.inputs) is type(net.outputs) is type(net.bottom_names["ip"]) is list
    assert type(net.blobs["data"].data) is type(net.forward()["loss"]) is np.ndarray
    assert type(solver.param) is _caffe.SolverParameter


def test_classes_of_vectors_differ() -> None:
    names = ("BlobVec", "RawBlobVec", "LayerVec", "StringVec", "IntVec", "DtypeVec", "NetVec", "BoolVec")
    classes = {getattr(_caffe, name) for name in names}
    assert len(classes) == len(names)
    assert list not in classes


def test_classes_of_solvers_derive_from_solver(write: Write, solver_file: str) -> None:
    write(SOLVER + " type: 'Adam'", "solver.prototxt")
    solver = caffe.get_solver(solver_file)
    assert type(solver) is caffe.AdamSolver
    assert isinstance(solver, _caffe.Solver)
    assert not isinstance(solver, caffe.SGDSolver), "Caffe's Python classes all derive from Solver alone"


def test_classes_of_a_python_layers_arguments(write: Write) -> None:
    seen: dict[str, Any] = {}

    class Watch(caffe.Layer):
        def __init__(self, param: Any = None) -> None:
            super().__init__(param)
            seen["param"] = param

        def setup(self, bottom: Any, top: Any) -> None:
            seen["setup"] = type(bottom), type(top), type(bottom[0])

        def reshape(self, bottom: Any, top: Any) -> None:
            top[0].reshape(*bottom[0].shape)

        def forward(self, bottom: Any, top: Any) -> None:
            seen["forward"] = type(bottom), type(top), type(bottom[0])

        def backward(self, top: Any, propagate_down: Any, bottom: Any) -> None:
            seen["backward"] = type(top), type(propagate_down), type(bottom)
            seen["down"] = propagate_down

    globals()["Watch"] = Watch
    net = caffe.Net(
        write(
            "force_backward: true input: 'x' input_shape { dim: 1 dim: 2 } layer { name: 'w' type: 'Python' "
            f"bottom: 'x' top: 'y' python_param {{ module: '{__name__}' layer: 'Watch' }} }}"
        ),
        caffe.TEST,
    )
    net.forward()
    net.backward(y=np.ones((1, 2)))
    blobs = _caffe.RawBlobVec
    assert seen["setup"] == seen["forward"] == (blobs, blobs, _caffe.Blob)
    assert seen["backward"] == (blobs, _caffe.BoolVec, blobs)
    assert seen["down"] == [True]
    assert type(seen["param"]) is _caffe.LayerParameter
    assert type(net.layers[1]) is Watch


def test_classes_of_messages() -> None:
    net = caffe_pb2.NetParameter()  # type: ignore[attr-defined]  # made by reflection
    assert type(net.layer.add()) is caffe_pb2.LayerParameter  # type: ignore[attr-defined]  # as above
    assert type(net.layer[0].pooling_param) is caffe_pb2.PoolingParameter  # type: ignore[attr-defined]  # as above
    assert type(caffe.NetSpec().to_proto()) is type(net)
    assert _caffe.SolverParameter().base_lr == 0


def test_classes_have_caffes_names_in_a_script(net: caffe.Net) -> None:
    alias.install()
    assert str(type(net.params["ip"])) == "<class 'caffe._caffe.BlobVec'>"
    assert str(type(net.layers[1])) == "<class 'caffe._caffe.Layer'>"
    assert str(type(net)) == "<class 'caffe._caffe.Net'>"
    assert caffe_pb2.SolverParameter.__module__ == "layerzoo.pycaffe.proto.caffe_pb2"  # type: ignore[attr-defined]


def test_blob_vec_is_recognised_by_batch_norm_mergers(write: Write, tmp_path: Path) -> None:
    """Mergers copy or fold the params of one net into another where ``type(params) is BlobVec``."""
    trained = caffe.Net(write(BATCH_NORM), caffe.TEST)
    trained.params["bn"][0].data[...] = 3
    trained.params["bn"][1].data[...] = 4
    trained.params["bn"][2].data[...] = 1
    merged = caffe.Net(
        write(BATCH_NORM[: BATCH_NORM.index("layer { name: 'bn'")], "merged.prototxt"), caffe.TEST
    )
    for key in trained.params:
        if type(trained.params[key]) is _caffe.BlobVec and key in merged.params:
            mean, variance, factor = (blob.data for blob in trained.params["bn"])
            weight, bias = (blob.data for blob in trained.params[key])
            scale = 1 / np.sqrt(variance / factor)
            merged.params[key][0].data[...] = weight * scale[:, np.newaxis]
            merged.params[key][1].data[...] = (bias - mean / factor) * scale
    merged.forward(x=np.ones((2, 3)))
    # ip gives 1 + 1 + 1 + 2 = 5; (5 - 3) / sqrt(4) = 1
    np.testing.assert_allclose(merged.blobs["y"].data, 1, rtol=1e-6)
