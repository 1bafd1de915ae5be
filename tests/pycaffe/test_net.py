from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from layerzoo.errors import ConfigError
from layerzoo.host import Blob
from layerzoo.pycaffe import Net
from tests.pycaffe.conftest import NET, Write


def test_views_outlive_the_net(net: Net) -> None:
    views = [net.blobs["conv"].data, net.params["ip"][0].data, net.params["ip"][0].diff]
    del net
    assert np.isfinite(sum(view.sum() for view in views))


def test_dummy_data_keeps_written_constants_and_redraws_random_data(net: Net) -> None:
    first = net.blobs["data"].data.copy()
    net.forward()
    net.forward()
    assert net.blobs["label"].data.ravel().tolist() == [0, 1, 2, 3, 4]
    assert not np.array_equal(net.blobs["data"].data, first)


def test_random_data_is_zero_before_the_first_pass(net: Net) -> None:
    assert not net.blobs["data"].data.any()
    assert net.blobs["conv"].data.shape == (5, 11, 8, 9)
    assert not net.blobs["conv"].data.any()


def test_forward_from_start_to_end(net: Net) -> None:
    values = np.random.default_rng(0).random(net.blobs["conv"].data.shape, np.float32)
    net.blobs["conv"].data[:] = values
    tops = net.forward(start="ip", end="ip")
    assert list(tops) == ["scores"]
    weight, bias = (blob.data for blob in net.params["ip"])
    np.testing.assert_allclose(tops["scores"], values.reshape(5, -1) @ weight.T + bias, rtol=1e-3)


def test_forward_and_backward_by_index(net: Net) -> None:
    loss = net._forward(0, 3)
    assert loss == pytest.approx(float(net.blobs["loss"].data))
    assert net._forward(3, 2) == 0
    net._backward(3, 2)
    assert net.params["ip"][0].diff.any()
    assert not net.params["conv"][0].diff.any()
    for run, ends in [
        (net._forward, (-1, 2)),
        (net._forward, (0, 4)),
        (net._backward, (4, 0)),
        (net._backward, (3, -1)),
    ]:
        with pytest.raises(IndexError, match="expected indices from 0 to 3"):
            run(*ends)


def test_forward_and_backward_return_the_blobs_named(net: Net) -> None:
    assert set(net.forward(blobs=["conv"])) == {"loss", "conv"}
    assert set(net.backward(diffs=["conv"], end="conv")) == {"conv", "data"}


def test_param_diffs_accumulate_until_cleared(net: Net) -> None:
    net.forward()
    net.backward()
    diff = net.params["conv"][0].diff
    once = diff.copy()
    net.backward()
    np.testing.assert_allclose(diff, 2 * once, rtol=1e-5)
    net.clear_param_diffs()
    assert not diff.any()


def test_backward_uses_the_values_in_the_blobs(net: Net) -> None:
    net.forward()
    net.blobs["conv"].data[...] = 0
    net.backward()
    weight, bias = net.params["ip"]
    assert not weight.diff.any()
    np.testing.assert_allclose(bias.diff, net.blobs["scores"].diff.sum(0), rtol=1e-5, atol=1e-7)


def test_loss_weight_is_read_from_the_diff(net: Net) -> None:
    net.forward()
    assert net.blobs["loss"].diff == 1
    net.backward()
    once = net.blobs["data"].diff.copy()
    net.blobs["loss"].diff[...] = 3
    net.backward()
    np.testing.assert_allclose(net.blobs["data"].diff, 3 * once, rtol=1e-4, atol=1e-5)


def test_views_stay_valid_across_passes(net: Net) -> None:
    views = {name: blob.data for name, blob in net.blobs.items()}
    net.forward()
    for name, view in views.items():
        assert np.shares_memory(view, net.blobs[name].data)
        np.testing.assert_array_equal(view, net.blobs[name].data)


def test_inputs_are_checked(write: Write) -> None:
    net = Net(write("input: 'x' input_shape { dim: 2 dim: 1 }"), caffe.TEST)
    with pytest.raises(Exception, match="do not match net inputs"):
        net.forward(y=np.zeros((2, 1)))
    with pytest.raises(Exception, match="not batch sized"):
        net.forward(x=np.zeros((3, 1)))


def test_forward_all_runs_batch_by_batch(write: Write) -> None:
    text = (
        "force_backward: true input: 'x' input_shape { dim: 2 dim: 1 } "
        "layer { name: 'y' type: 'Power' bottom: 'x' top: 'y' power_param { scale: 3 } }"
    )
    net = Net(write(text), caffe.TEST)
    values = np.arange(5, dtype=np.float32).reshape(5, 1)
    assert net.forward_all(x=values)["y"].ravel().tolist() == [0, 3, 6, 9, 12]
    outs, diffs = net.forward_backward_all(x=values, y=np.ones((5, 1)))
    assert outs["y"].ravel().tolist() == [0, 3, 6, 9, 12]
    assert diffs["x"].ravel().tolist() == [3] * 5


def test_reshape_follows_the_inputs(write: Write) -> None:
    text = (
        "input: 'x' input_shape { dim: 1 dim: 1 dim: 6 dim: 6 } "
        "layer { name: 'c' type: 'Convolution' bottom: 'x' top: 'c' "
        "convolution_param { num_output: 2 kernel_size: 3 weight_filler { type: 'constant' value: 1 } } }"
        "layer { name: 'p' type: 'Pooling' bottom: 'c' top: 'p' pooling_param { kernel_size: 2 stride: 2 } }"
    )
    net = Net(write(text), caffe.TEST)
    net.blobs["x"].reshape(2, 1, 9, 8)
    net.reshape()
    assert [blob.shape for blob in net.blobs.values()] == [(2, 1, 9, 8), (2, 2, 7, 6), (2, 2, 4, 3)]
    net.blobs["x"].data[...] = 1
    assert net.forward()["p"].tolist() == np.full((2, 2, 4, 3), 9).tolist()


def test_reshape_of_an_input_without_a_shape(write: Write) -> None:
    net = Net(write('layer { name: "x" type: "Input" top: "x" }'
                    'layer { name: "r" type: "ReLU" bottom: "x" top: "r" }'), caffe.TEST)  # fmt: skip
    assert list(net.blobs["r"].shape) == []
    with pytest.raises(ConfigError, match="input 'x' has no shape"):
        net.forward()
    net.blobs["x"].reshape(1, 2)
    net.reshape()
    assert list(net.blobs["r"].shape) == [1, 2]
    net.blobs["x"].data[...] = [[-1, 2]]
    assert net.forward()["r"].tolist() == [[0, 2]]


def test_reshape_to_a_shape_the_params_do_not_fit(write: Write) -> None:
    text = (
        "input: 'x' input_shape { dim: 1 dim: 3 } layer { name: 'ip' type: 'InnerProduct' bottom: 'x' "
        "top: 'ip' inner_product_param { num_output: 2 } }"
    )
    net = Net(write(text), caffe.TEST)
    net.blobs["x"].reshape(1, 4)
    with pytest.raises(Exception, match="layer 'ip'"):
        net.forward()


def test_net_constructor_arguments(net: Net, write: Write, tmp_path: Path) -> None:
    saved, file = str(tmp_path / "w.caffemodel"), write(NET)
    net.save(saved)
    makers: list[Callable[[], Net]] = [
        lambda: Net(file, saved, caffe.TEST),
        lambda: Net(file, caffe.TEST, weights=saved),
        lambda: Net(file, caffe.TEST, 0, None, saved),
        lambda: Net(network_file=file, phase=caffe.TEST, weights=saved),
    ]
    for make in makers:
        np.testing.assert_array_equal(make().params["ip"][0].data, net.params["ip"][0].data)
    with pytest.raises(TypeError):
        Net(file)


def test_missing_files_raise(write: Write) -> None:
    with pytest.raises(RuntimeError, match="Could not open file /no/net"):
        Net("/no/net", caffe.TEST)
    with pytest.raises(RuntimeError, match="Could not open file /no/weights"):
        Net(write(NET), "/no/weights", caffe.TEST)
    with pytest.raises(ConfigError):
        Net(write("layer { name: 'x' type: 'Relu' }"), caffe.TEST)


LEVELS = (
    "layer { name: 'data' type: 'DummyData' top: 'data' dummy_data_param { shape { dim: 1 dim: 2 } } }"
    + "".join(
        f"layer {{ name: '{name}' type: 'InnerProduct' bottom: 'data' top: '{name}' {rule} "
        "inner_product_param { num_output: 1 } }"
        for name, rule in [
            ("all", ""),
            ("zero", "include { max_level: 0 }"),
            ("one", "include { min_level: 1 }"),
            ("a", "include { stage: 'A' }"),
            ("ab", "include { stage: 'A' stage: 'B' }"),
        ]
    )
)


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({}, ["all", "zero"]),
        ({"level": 1}, ["all", "one"]),
        ({"stages": ["A"]}, ["all", "zero", "a"]),
        ({"stages": ["A", "B"]}, ["all", "zero", "a", "ab"]),
    ],
)
def test_level_and_stages_select_layers(write: Write, more: dict[str, object], names: list[str]) -> None:
    net = Net(write(LEVELS), caffe.TEST, **more)  # type: ignore[arg-type]  # one of several keywords
    assert net.outputs == sorted(names)
    assert [name for name in net.blobs if "data" not in name] == names


def test_set_input_arrays_serves_and_checks_arrays(write: Write) -> None:
    text = (
        "layer { name: 'm' type: 'MemoryData' top: 'x' top: 'y' "
        "memory_data_param { batch_size: 2 channels: 1 height: 1 width: 3 } }"
    )
    net = Net(write(text), caffe.TEST)
    data = np.arange(12, dtype=np.float32).reshape(4, 1, 1, 3)
    net.set_input_arrays(data, np.arange(4, dtype=np.float32))
    seen = [(net.forward()["x"][0, 0, 0, 0], net.blobs["y"].data.ravel().tolist()) for _ in range(3)]
    assert seen == [(0, [0, 1]), (6, [2, 3]), (0, [0, 1])]
    for wrong, message in [
        (data.astype(float), "must be float32"),
        (data[:3], "multiple of batch size"),
        (data[:, :, :, ::-1], "C contiguous"),
        (data[:, 0], "4-d"),
        (np.zeros((4, 2, 1, 3), np.float32), "number of channels"),
    ]:
        with pytest.raises(RuntimeError, match=message):
            net.set_input_arrays(wrong, np.zeros(len(wrong), np.float32))


def test_add_datum_vector_and_add_mat_vector_transform_images(write: Write) -> None:
    text = (
        "layer { name: 'm' type: 'MemoryData' top: 'x' top: 'y' transform_param { scale: 0.5 crop_size: 1 } "
        "memory_data_param { batch_size: 2 channels: 1 height: 1 width: 1 } }"
    )
    net = Net(write(text), caffe.TEST)
    pixels = np.arange(36, dtype=np.uint8).reshape(4, 3, 3)
    datums = [
        caffe.proto.caffe_pb2.Datum(channels=1, height=3, width=3, data=image.tobytes(), label=index)
        for index, image in enumerate(pixels)
    ]
    net.add_datum_vector(datums)
    seen = [(net.forward()["x"].ravel().tolist(), net.blobs["y"].data.ravel().tolist()) for _ in range(2)]
    assert seen == [([2, 6.5], [0, 1]), ([11, 15.5], [2, 3])]
    net.add_mat_vector(list(pixels[:2] * 2), [8, 9])
    assert net.forward()["x"].ravel().tolist() == [4, 13]
    assert net.blobs["y"].data.ravel().tolist() == [8, 9]


def test_add_mat_vector_needs_memory_data(net: Net) -> None:
    with pytest.raises(RuntimeError, match="add_mat_vector may only be called if the first layer"):
        net.add_mat_vector([], [])


def test_set_input_arrays_needs_memory_data(net: Net) -> None:
    with pytest.raises(RuntimeError, match="MemoryDataLayer"):
        net.set_input_arrays(np.zeros((1, 1, 1, 1), np.float32), np.zeros(1, np.float32))


def test_callbacks_are_called_for_each_layer(net: Net) -> None:
    seen: list[tuple[str, int]] = []
    for what in ("before_forward", "after_forward", "before_backward", "after_backward"):
        getattr(net, what)(lambda layer, what=what: seen.append((what, layer)))
    net.forward(end="conv")
    net.backward(start="conv", end="conv")
    assert seen == [
        ("before_forward", 0),
        ("after_forward", 0),
        ("before_forward", 1),
        ("after_forward", 1),
        ("before_backward", 1),
        ("after_backward", 1),
    ]


def test_seed_determines_the_params(write: Write) -> None:
    weights = []
    for _ in range(2):
        caffe.set_random_seed(3)
        weights.append(Net(write(NET), caffe.TRAIN).params["ip"][0].data.copy())
    np.testing.assert_array_equal(*weights)
    assert not np.array_equal(Net(write(NET), caffe.TRAIN).params["ip"][0].data, weights[0])


def test_exceptions_name_layer_position_and_bottoms(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(x: object) -> None:
        raise ValueError("oh")

    monkeypatch.setattr(net.runner.layers[2], "forward", fail)
    with pytest.raises(ValueError, match="oh") as caught:
        net.forward()
    (note,) = caught.value.__notes__
    assert "layer 'ip' (InnerProduct" in note
    assert "net.prototxt:9:" in note
    assert "bottoms: (5, 11, 8, 9)" in note


def test_trace_lists_statistics(net: Net) -> None:
    net.forward()
    net.blobs["scores"].data[0, 0] = np.nan
    rows = {line.split()[0]: line.split() for line in net.trace().splitlines()}
    assert rows["data"][1] == "5x2x3x4"
    assert rows["scores"][5] == "1"
    assert rows["label"][2:6] == ["0", "2", "4", "0"]


def test_reshape_calls_python_data_layers(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    class Rows(caffe.Layer):
        def reshape(self, bottom: object, top: list[Blob]) -> None:
            top[0].reshape(int(self.param_str), 3)

        def forward(self, bottom: object, top: list[Blob]) -> None:
            top[0].data[...] = 1

    module = ModuleType("rows_of_a_test")
    module.Rows = Rows  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rows_of_a_test", module)
    text = """
    layer { name: 'd' type: 'Python' top: 'x'
            python_param { module: 'rows_of_a_test' layer: 'Rows' param_str: '2' } }
    layer { name: 'r' type: 'ReLU' bottom: 'x' top: 'y' }"""
    net = Net(write(text), caffe.TEST)
    assert net.blobs["y"].shape == (2, 3)
    net.layers[0].param_str = "4"
    net.reshape()
    assert net.blobs["x"].data.shape == net.blobs["y"].data.shape == (4, 3)
    assert net.forward()["y"].sum() == 12


FIRST = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "i" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 2 bias_term: false weight_filler { type: "constant" value: 1 } } }
"""
SECOND = """
layer { name: "i" type: "InnerProduct" bottom: "a" top: "b"
        inner_product_param { num_output: 2 bias_term: false weight_filler { type: "constant" value: 2 } } }
"""


@pytest.mark.parametrize("save", ["save", "save_hdf5"])
def test_layers_of_one_name_are_saved_and_matched_in_order(write: Write, tmp_path: Path, save: str) -> None:
    net = Net(write(FIRST + SECOND), caffe.TEST)
    assert list(net._layer_names) == ["x", "i", "i"]
    assert list(net.params) == ["i"], "the last one of a name, as in Caffe"
    assert net.params["i"][0].data.tolist() == [[2, 2], [2, 2]]
    assert [layer.blobs[0].data[0, 0] for layer in net.layers if len(layer.blobs)] == [1, 2]
    net.layers[1].blobs[0].data[...] = 7
    path = str(tmp_path / "w")
    getattr(net, save)(path)
    other = Net(write(FIRST + SECOND), path, caffe.TEST)
    assert [layer.blobs[0].data[0, 0] for layer in other.layers if len(layer.blobs)] == [7, 2]
    one = Net(write(FIRST), caffe.TEST)
    one.copy_from(path)
    assert one.params["i"][0].data[0, 0] == 7
    other.share_with(net)
    net.layers[2].blobs[0].data[...] = 5
    assert other.layers[2].blobs[0].data[0, 0] == 5
