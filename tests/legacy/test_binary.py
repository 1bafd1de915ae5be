"""Binary nets and solvers."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format

from layerzoo.errors import ConfigError
from layerzoo.legacy import binary, upgrade_net, upgrade_solver
from layerzoo.schema import NetParameter, SolverParameter, legacy_net
from tests.upgrading import bound


def encoded(text: str) -> bytes:
    return text_format.Parse(text, legacy_net()()).SerializeToString()


def upgraded(data: bytes) -> NetParameter:
    old = binary.read_net(data, "old.caffemodel")
    upgrade_net(old.root)
    net = bound(old.root, NetParameter())
    old.restore_blobs(net)
    return net


def test_net_of_v0_keeps_its_weights() -> None:
    net = upgraded(
        encoded("""
            layers { layer { name: "p" type: "padding" pad: 1 } bottom: "x" top: "p" }
            layers {
              layer { name: "c" type: "conv" kernelsize: 3 num_output: 1
                      blobs { num: 1 channels: 1 height: 1 width: 2 data: 1.5 data: -2.5 } blobs { data: 7 } }
              bottom: "p" top: "c"
            }
            layers { layer { name: "r" type: "relu" } bottom: "c" top: "c" }
        """)
    )
    conv, relu = net.layer
    assert list(conv.convolution_param.pad) == [1]
    assert [list(blob.data) for blob in conv.blobs] == [[1.5, -2.5], [7]]
    assert conv.blobs[0].width == 2
    assert not relu.blobs


def test_net_of_v1_and_c3d_keeps_its_weights() -> None:
    net = upgraded(
        encoded("""
            input: "x" input_shape { dim: 1 }
            layers { name: "f" type: INNER_PRODUCT blobs_lr: 0.3 blobs { data: 3 } }
            layers { type: ARGMAX convolution3d_param { kernel_size: 3 kernel_depth: 2 } }
        """)
    )
    first, fc, conv = net.layer
    assert first.type == "Input"
    assert (fc.type, round(fc.param[0].lr_mult, 6), list(fc.blobs[0].data)) == ("InnerProduct", 0.3, [3])
    assert (conv.type, list(conv.convolution_param.kernel_size)) == ("Convolution", [2, 3, 3])


def test_net_of_today_drops_an_input_without_a_shape() -> None:
    net = upgraded(encoded('input: "data" layer { name: "f\\"" type: "InnerProduct" blobs { data: 3 } }'))
    assert [layer.name for layer in net.layer] == ['f"']
    assert list(net.layer[0].blobs[0].data) == [3]
    assert not net.input


def test_reading_other_data_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"x\.caffemodel is not a binary net"):
        binary.read_net(b"\xff\xff\xff", "x.caffemodel")
    with pytest.raises(ConfigError, match="is not a binary solver"):
        binary.read_solver(b"\xff\xff\xff", "x")


def test_solver_is_read_and_upgraded() -> None:
    data = SolverParameter(solver_type=SolverParameter.ADAM, base_lr=0.1).SerializeToString()
    root = binary.read_solver(data, "solver.binary")
    assert upgrade_solver(root) == ["solver_type to type"]
    solver = bound(root, SolverParameter())
    assert solver.type == "Adam"
    assert solver.base_lr == SolverParameter(base_lr=0.1).base_lr


def test_published_net_is_read(shared: Path) -> None:
    data = (shared / "weights/lenet_mnist/lenet_iter_9000.caffemodel").read_bytes()
    net = upgraded(data)
    sizes = {layer.name: [len(blob.data) for blob in layer.blobs] for layer in net.layer if layer.blobs}
    assert sizes == {"conv1": [500, 20], "conv2": [25000, 50], "ip1": [400000, 500], "ip2": [5000, 10]}
