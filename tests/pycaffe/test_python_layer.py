"""Python layers in nets and solvers of the interface."""

from __future__ import annotations

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from layerzoo.host import modules
from layerzoo.pycaffe import Net
from tests.pycaffe.conftest import Write


def _layer(name: str, cls: str, bottom: str = "", top: str = "", more: str = "") -> str:
    below = f"bottom: '{bottom}'" if bottom else ""
    return (
        f"layer {{ type: 'Python' name: '{name}' {below} top: '{top or name}' "
        f"python_param {{ module: 'tests.pycaffe.layers_for_tests' layer: '{cls}' }} {more} }} "
    )


INPUT = "force_backward: true input: 'data' input_shape { dim: 10 dim: 9 dim: 8 } "
THREE = INPUT + _layer("one", "Ten", "data") + _layer("two", "Ten", "one") + _layer("three", "Ten", "two")


@pytest.fixture
def net(write: Write) -> Net:
    return Net(write(THREE), caffe.TRAIN)


def test_forward_of_three_layers(net: Net) -> None:
    net.blobs["data"].data[...] = 8
    net.forward()
    assert (net.blobs["three"].data == 8000).all()


def test_backward_without_forward(net: Net) -> None:
    net.blobs["three"].diff[...] = 7
    net.backward()
    assert (net.blobs["data"].diff == 7000).all()


def test_reshape_to_other_axes(net: Net) -> None:
    net.blobs["data"].reshape(4, 4, 4, 4)
    net.forward()
    assert {blob.data.shape for blob in net.blobs.values()} == {(4, 4, 4, 4)}


def test_exceptions_of_a_layer_pass_through(write: Write) -> None:
    with pytest.raises(RuntimeError, match="of its own"):
        Net(write(INPUT + _layer("bad", "Raises", "data")), caffe.TEST)
    later = Net(write(INPUT + _layer("bad", "RaisesLater", "data")), caffe.TEST)
    with pytest.raises(KeyError) as caught:
        later.forward()
    assert "layer 'bad' (Python" in caught.value.__notes__[0]


def test_own_blobs_are_saved_copied_and_shared(write: Write, tmp_path: object) -> None:
    file = write(INPUT + _layer("own", "Param", "data"))
    net = Net(file, caffe.TRAIN)
    net.forward()
    net.backward()
    blob = net.layers[list(net._layer_names).index("own")].blobs[0]
    assert (blob.data[0], blob.diff[0]) == (0, 1)
    blob.data[0] += blob.diff[0]
    net.save(f"{tmp_path}/w")
    blob.data[0] = -1
    net.copy_from(f"{tmp_path}/w")
    assert blob.data[0] == 1
    other = Net(file, caffe.TRAIN)
    other.share_with(net)
    assert other.params["own"][0].data[0] == 1


def test_own_blobs_that_layers_share_by_name(write: Write) -> None:
    inputs = "layer { name: 'in' type: 'Input' top: 'x' top: 'y' input_param { shape { dim: 2 dim: 3 } } } "
    shared = "param { name: 'table' }"
    sum_ = "layer { name: 'sum' type: 'Eltwise' bottom: 'a' bottom: 'b' top: 'sum' loss_weight: 1 }"
    write(inputs + _layer("a", "Table", "x", more=shared) + _layer("b", "Table", "y", more=shared) + sum_)
    solver = caffe.SGDSolver(
        write("net: 'net.prototxt' base_lr: 0.5 lr_policy: 'fixed' max_iter: 9", "solver.prototxt")
    )
    net = solver.net
    net.blobs["x"].data[...], net.blobs["y"].data[...] = [[1, 0, 0]] * 2, [[0, 0, 1]] * 2
    solver.step(1)
    assert net.blobs["sum"].data.tolist() == [[4, 10]] * 2
    assert net.layer_dict["a"].row.tolist() == [1, 2, 3, 4, 5, 6]
    for name in "ab":  # each bottom has two equal rows
        assert net.params[name][0].data.tolist() == [[0, 2, 2], [3, 5, 5]]


def test_phase_is_set(write: Write) -> None:
    file = write(_layer("phase", "Phase"))
    for phase in (caffe.TRAIN, caffe.TEST):
        assert Net(file, phase).forward()["phase"] == phase


def test_layers_hold_the_users_object(write: Write) -> None:
    net = Net(write(_layer("data", "Batches") + _layer("ten", "Ten", "data")), caffe.TRAIN)
    assert type(net.layers[0]).__name__ == "Batches"
    assert [layer.type for layer in net.layers] == ["Python", "Python"]
    net.layers[0].batch = [[3.0, 4.0], [5.0, 6.0]]
    assert net.forward()["ten"].tolist() == [[30, 40], [50, 60]]
    assert net.layer_dict["data"].batch[0] == [3.0, 4.0]


def test_python_layers_in_training_steps(write: Write) -> None:
    ip = "inner_product_param { num_output: 1 weight_filler { type: 'constant' value: 0.01 } }"
    write(
        _layer("data", "Batches")
        + _layer("ten", "Ten", "data")
        + f"layer {{ name: 'ip' type: 'InnerProduct' bottom: 'ten' top: 'ip' loss_weight: 1 {ip} }}"
    )
    file = write("net: 'net.prototxt' base_lr: 0.1 lr_policy: 'fixed' max_iter: 3", "solver.prototxt")
    solver = caffe.SGDSolver(file)
    solver.step(1)
    assert solver.net.blobs["ip"].data == pytest.approx(0.3)
    assert solver.net.params["ip"][0].data.tolist() == [pytest.approx([0.01 - 1, 0.01 - 2])]
    solver.net.layers[0].batch = [[1.0, 0.0]] * 4  # a batch of another size
    solver.step(1)
    np.testing.assert_allclose(solver.net.blobs["ten"].data, [[10, 0]] * 4)


def test_any_module_is_allowed_only_while_the_net_is_built(write: Write) -> None:
    Net(write(THREE), caffe.TRAIN)
    assert modules.ANY not in modules._allowed


def test_data_layer_may_change_its_size_in_each_step(write: Write) -> None:
    conv = "convolution_param { num_output: 1 kernel_size: 2 weight_filler { type: 'constant' value: 1 } }"
    write(
        _layer("data", "Images")
        + f"layer {{ name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv' {conv} }}"
        + "layer { name: 'flat' type: 'Flatten' bottom: 'conv' top: 'flat' }"
        + "layer { name: 'sum' type: 'Reduction' bottom: 'flat' top: 'sum' loss_weight: 1 }"
    )
    file = write("net: 'net.prototxt' base_lr: 0 lr_policy: 'fixed' max_iter: 3", "solver.prototxt")
    solver = caffe.SGDSolver(file)
    for size in (3, 5, 4):
        solver.net.layers[0].size = size
        solver.step(1)
        assert solver.net.blobs["conv"].data.shape == (1, 1, size - 1, size - 1)
        assert solver.net.blobs["sum"].data == 4 * (size - 1) ** 2
