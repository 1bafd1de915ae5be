from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.blobs import blob_proto
from layerzoo.blobs.named import NamedBlobs
from layerzoo.errors import WeightsError
from layerzoo.schema import LayerParameter, NetParameter
from layerzoo.weights import read
from layerzoo.weights.caffemodel import read_caffemodel, write_caffemodel
from tests.messages import data, floats, legacy, number, shape, varint


@pytest.fixture
def parse(tmp_path):
    def parse(content: bytes) -> dict[str, list]:
        path = tmp_path / "w.caffemodel"
        path.write_bytes(content)
        found = read(path)
        return {k: [(tuple(b.shape), b.flatten().tolist()) for b in v] for k, v in found.items()}

    return parse


def test_read_caffemodel_reads_v2(parse):
    layers = [
        data(1, "a") + data(2, "Convolution") + data(7, data(5, floats(1, 2)) + shape(1, 2)),
        data(1, "b") + data(2, "ReLU"),
        data(1, "c") + data(7, data(5, floats(3)) + shape(1)) + data(7, data(5, floats(4)) + shape()),
    ]
    net = data(1, "net") + b"".join(data(100, layer) for layer in layers)
    assert parse(net) == {"a": [((1, 2), [1, 2])], "c": [((1,), [3]), ((), [4])]}


def test_read_caffemodel_reads_v1(parse):
    blob = legacy(1, 1, 2, 2) + data(5, floats(1, 2, 3, 4))
    layer = data(2, "bottom") + data(3, "top") + data(4, "ip") + number(5, 14) + data(6, blob)
    assert parse(data(1, "net") + data(2, layer)) == {"ip": [((1, 1, 2, 2), [1, 2, 3, 4])]}


def test_read_caffemodel_reads_v0(parse):
    blob = legacy(1, 1, 1, 2) + data(5, floats(1, 2))
    inner = data(1, "ip") + data(2, "innerproduct") + data(50, blob)
    assert parse(data(2, data(1, inner) + data(2, "bottom"))) == {"ip": [((1, 1, 1, 2), [1, 2])]}


def test_fields_of_forks_are_ignored(parse):
    strange = data(147, b"\xff\xff") + number(148, 5) + varint(149 << 3 | 5) + bytes(4)
    layer = data(1, "a") + strange + data(7, data(5, floats(1)) + shape(1))
    assert parse(number(14, 3) + data(100, layer)) == {"a": [((1,), [1])]}


def test_layers_of_one_name_with_blobs_are_read_in_order(parse):
    def layer(*values: float) -> bytes:
        blobs = data(7, data(5, floats(*values)) + shape(len(values))) if values else b""
        return data(100, data(1, "a") + blobs)

    assert parse(layer(1) + layer() + layer(2)) == {"a": [((1,), [1])], "a#2": [((1,), [2])]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "not a weights file"),
        (data(1, "net"), "not a weights file"),
        (number(1, 20) + data(2, "net.caffemodel"), "a .solverstate or a mean file"),
        (
            data(100, data(1, "a"))[:-1],
            "byte 0, or not a .caffemodel: a field of 3 bytes, but only 2 are left",
        ),
    ],
)
def test_read_caffemodel_refuses_other_files(tmp_path, content, message):
    path = tmp_path / "w.caffemodel"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        read_caffemodel(path)


def test_truncated_file_is_an_error_or_a_shorter_net(tmp_path, data):
    whole = (data / "conformance/solvers/adam_b.caffemodel").read_bytes()
    path = tmp_path / "w.caffemodel"
    for length in range(1, len(whole), 3):
        path.write_bytes(whole[:length])
        try:
            found = read_caffemodel(path)
        except WeightsError:
            continue
        assert set(found) <= {"ip1", "ip2", "ip3"}


def test_read_caffemodel_reads_a_file_of_caffe(data):
    recorded = np.load(data / "conformance/solvers/sgd_bn.npz")
    found = read(data / "conformance/solvers/sgd_bn.caffemodel")
    names = [key for key in recorded if key.startswith("final/")]
    assert len(names) >= 7
    for key in names:
        _, layer, index = key.split("/")
        np.testing.assert_array_equal(found[layer][int(index)].numpy(), recorded[key])


PARAMS = {
    "conv1/dw": [torch.arange(6.0).reshape(1, 2, 3), torch.tensor(7.0)],
    "double": [torch.tensor([0.1], dtype=torch.float64)],
    "half": [torch.tensor([0.5, 2], dtype=torch.float16)],
}


def test_written_file_is_read_by_protobuf(tmp_path):
    net = NetParameter(name="n", layer=[{"name": "double", "type": "PReLU", "bottom": ["x"]}, {"name": "r"}])
    path = tmp_path / "w.caffemodel"
    write_caffemodel(path, PARAMS, net, diffs={"conv1/dw": [torch.ones(1, 2, 3), torch.tensor(9.0)]})
    found = NetParameter.FromString(path.read_bytes())
    assert found.name == "n"
    assert [layer.name for layer in found.layer] == ["double", "r", "conv1/dw", "half"]
    assert list(found.layer[0].bottom) == ["x"]
    assert list(found.layer[0].blobs[0].double_data) == [0.1]
    first, second = found.layer[2].blobs
    assert (list(first.shape.dim), list(first.data), list(first.diff)) == ([1, 2, 3], [*range(6)], [1] * 6)
    assert (list(second.shape.dim), list(second.data), list(second.diff)) == ([], [7], [9])
    assert list(found.layer[3].blobs[0].data) == [0.5, 2]
    assert path.stat().st_size == found.ByteSize()


def test_round_trip(tmp_path):
    write_caffemodel(tmp_path / "w", PARAMS)
    found = read(tmp_path / "w")
    assert found.keys() == PARAMS.keys()
    for layer, blobs in PARAMS.items():
        for a, b in zip(found[layer], blobs, strict=True):
            torch.testing.assert_close(a, b, check_dtype=False, rtol=0, atol=0)


def test_blobs_of_a_net_are_written_without_its_message_and_with_another(tmp_path):
    blobs = {"a": NamedBlobs([torch.ones(2)], place=1), "b": NamedBlobs([torch.zeros(3)], place=0)}
    other = NetParameter(layer=[LayerParameter(name="a"), LayerParameter(name="x")])
    for net in (None, other):
        write_caffemodel(tmp_path / "w", blobs, net)
        assert {name: [b.tolist() for b in found] for name, found in read(tmp_path / "w").items()} == {
            "a": [[1, 1]],
            "b": [[0, 0, 0]],
        }


def test_blobs_of_the_message_are_not_written_twice(tmp_path):
    net = NetParameter(layer=[LayerParameter(name="half", blobs=[{"data": [1, 2, 3]}])])
    write_caffemodel(tmp_path / "w", {"half": PARAMS["half"]}, net)
    (layer,) = NetParameter.FromString((tmp_path / "w").read_bytes()).layer
    assert [list(blob.data) for blob in layer.blobs] == [[0.5, 2]]


def test_file_too_large_for_protobuf_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "w.caffemodel"
    path.write_text("what stood there")
    meta = {"a": [torch.empty(1 << 29, device="meta")]}
    with pytest.raises(WeightsError, match=r"2\.1 GB, more than"):
        write_caffemodel(path, meta)
    assert path.read_text() == "what stood there"
    monkeypatch.setattr(blob_proto, "MAX_BYTES", 100)
    with pytest.raises(WeightsError, match="safetensors"):
        write_caffemodel(path, {"a": [torch.zeros(30)]})


def test_published_weights_are_read(shared: Path):
    found = read(shared / "weights/lenet_mnist/lenet_iter_9000.caffemodel")
    assert {k: [tuple(b.shape) for b in v] for k, v in found.items()} == {
        "conv1": [(20, 1, 5, 5), (20,)],
        "conv2": [(50, 20, 5, 5), (50,)],
        "ip1": [(500, 800), (500,)],
        "ip2": [(10, 500), (10,)],
    }
    lanes = read(shared / "weights/lane_segmentation/mobilenet_yolov3_lite_deploy_iter_50000.caffemodel")
    assert len(lanes) == 60
    assert sum(b.numel() for blobs in lanes.values() for b in blobs) * 4 > 2_500_000
