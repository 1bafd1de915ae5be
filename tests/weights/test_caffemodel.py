from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.errors import WeightsError
from layerzoo.schema import LayerParameter, NetParameter
from layerzoo.weights import caffemodel, read
from layerzoo.weights.caffemodel import read_caffemodel, write_caffemodel


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def data(field: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def legacy(*sizes: int) -> bytes:
    return b"".join(number(i, size) for i, size in enumerate(sizes, 1))


def shape(*sizes: int) -> bytes:
    return data(7, data(1, b"".join(map(varint, sizes))))


@pytest.fixture
def parse(tmp_path):
    def parse(content: bytes) -> dict[str, list]:
        path = tmp_path / "w.caffemodel"
        path.write_bytes(content)
        found = read(path)
        return {k: [(tuple(b.shape), b.flatten().tolist()) for b in v] for k, v in found.items()}

    return parse


@pytest.fixture
def parse_blob(parse):
    return lambda blob: parse(data(100, data(1, "a") + data(7, blob)))["a"][0]


def test_v2(parse):
    layers = [
        data(1, "a") + data(2, "Convolution") + data(7, data(5, floats(1, 2)) + shape(1, 2)),
        data(1, "b") + data(2, "ReLU"),
        data(1, "c") + data(7, data(5, floats(3)) + shape(1)) + data(7, data(5, floats(4)) + shape()),
    ]
    net = data(1, "net") + b"".join(data(100, layer) for layer in layers)
    assert parse(net) == {"a": [((1, 2), [1, 2])], "c": [((1,), [3]), ((), [4])]}


def test_v1(parse):
    blob = legacy(1, 1, 2, 2) + data(5, floats(1, 2, 3, 4))
    layer = data(2, "bottom") + data(3, "top") + data(4, "ip") + number(5, 14) + data(6, blob)
    assert parse(data(1, "net") + data(2, layer)) == {"ip": [((1, 1, 2, 2), [1, 2, 3, 4])]}


def test_v0(parse):
    blob = legacy(1, 1, 1, 2) + data(5, floats(1, 2))
    inner = data(1, "ip") + data(2, "innerproduct") + data(50, blob)
    assert parse(data(2, data(1, inner) + data(2, "bottom"))) == {"ip": [((1, 1, 1, 2), [1, 2])]}


def test_the_fields_of_forks_are_passed_over(parse):
    strange = data(147, b"\xff\xff") + number(148, 5) + varint(149 << 3 | 5) + bytes(4)
    layer = data(1, "a") + strange + data(7, data(5, floats(1)) + shape(1))
    assert parse(number(14, 3) + data(100, layer)) == {"a": [((1,), [1])]}


def test_unpacked_values(parse_blob):
    singles = b"".join(b"\x2d" + floats(v) for v in (1, 2, 3))
    assert parse_blob(singles + shape(3)) == ((3,), [1, 2, 3])
    doubles = b"".join(b"\x41" + struct.pack("<d", v) for v in (1, 2))
    assert parse_blob(doubles + shape(2)) == ((2,), [1, 2])


def test_values_in_several_pieces(parse_blob):
    assert parse_blob(data(5, floats(1, 2)) + shape(3) + b"\x2d" + floats(3)) == ((3,), [1, 2, 3])


def test_unpacked_shape(parse_blob):
    assert parse_blob(data(5, floats(1, 2)) + data(7, number(1, 2) + number(1, 1))) == ((2, 1), [1, 2])


def test_double_precision_stays_double(tmp_path):
    path = tmp_path / "w.caffemodel"
    path.write_bytes(data(100, data(1, "a") + data(7, data(8, struct.pack("<d", 0.1)) + shape(1))))
    (blob,) = read(path)["a"]
    assert blob.dtype == torch.float64
    assert blob.item() == 0.1


@pytest.mark.parametrize(("code", "dtype"), [(0, "<f8"), (1, "<f4"), (2, "<f2"), (3, "<i4"), (4, "<u4")])
def test_raw_data(parse_blob, code, dtype):
    raw = np.array([1, 2, 300], dtype).tobytes()
    assert parse_blob(shape(3) + number(10, code) + data(12, raw)) == ((3,), [1, 2, 300])


@pytest.mark.parametrize("dtype", ["<f8", "<f4", "<f2"])
def test_raw_data_of_unsaid_type(parse_blob, dtype):
    raw = np.array([1, 2, 300], dtype).tobytes()
    assert parse_blob(data(12, raw) + shape(3)) == ((3,), [1, 2, 300])


def test_raw_data_of_an_unreadable_type(parse_blob):
    with pytest.raises(WeightsError, match=r"layer 'a', blob 0 has raw data of a type \(5\)"):
        parse_blob(shape(3) + number(10, 5) + data(12, bytes(3)))


def test_c3d_has_five_sizes(parse_blob):
    blob = legacy(1, 2, 1, 1, 2) + data(6, floats(1, 2, 3, 4)) + data(7, floats(0, 0, 0, 0))
    assert parse_blob(blob) == ((1, 2, 1, 1, 2), [1, 2, 3, 4])


def test_no_shape_at_all(parse_blob):
    assert parse_blob(data(5, floats(1, 2))) == ((2,), [1, 2])
    assert parse_blob(data(5, floats(1))) == ((), [1])


def test_an_empty_blob(parse_blob):
    assert parse_blob(shape(0, 3)) == ((0, 3), [])


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (data(5, floats(1, 2)) + shape(3), r"layer 'a', blob 0 says 3 and holds 2 values"),
        (shape(1 << 40, 1 << 40), r"says 1099511627776 x 1099511627776 and holds 0 values"),
        (shape(1 << 62) + data(5, floats(1)), r"holds 1 values"),
        (data(7, number(1, (1 << 64) - 1)), r"holds 0 values"),
        (data(5, floats(1)) + shape(*[1] * 33), r"says 1 x 1"),
        (data(5, b"\0\0\0"), r"3 bytes are no whole number of <f4 values"),
    ],
)
def test_shapes_are_held_against_the_bytes(parse_blob, blob, message):
    with pytest.raises(WeightsError, match=message):
        parse_blob(blob)


def test_of_layers_with_one_name_the_last_with_blobs_counts(parse):
    def layer(*values: float) -> bytes:
        blobs = data(7, data(5, floats(*values)) + shape(len(values))) if values else b""
        return data(100, data(1, "a") + blobs)

    assert parse(layer(1) + layer(2) + layer()) == {"a": [((1,), [2])]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "no weights file"),
        (data(1, "net"), "no weights file"),
        (number(1, 20) + data(2, "net.caffemodel"), "a .solverstate or a mean file"),
        (data(100, data(1, "a"))[:-1], "damaged at byte 0: a field of 3 bytes where 2 are left"),
    ],
)
def test_what_is_no_caffemodel(tmp_path, content, message):
    path = tmp_path / "w.caffemodel"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        read_caffemodel(path)


def test_every_truncation_is_an_error_or_a_shorter_net(tmp_path, data):
    whole = (data / "conformance/solvers/adam_b.caffemodel").read_bytes()
    path = tmp_path / "w.caffemodel"
    for length in range(1, len(whole), 3):
        path.write_bytes(whole[:length])
        try:
            found = read_caffemodel(path)
        except WeightsError:
            continue
        assert set(found) <= {"ip1", "ip2", "ip3"}


def test_reads_what_caffe_wrote(data):
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


def test_protobuf_reads_what_is_written(tmp_path):
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


def test_blobs_of_the_message_are_not_written_twice(tmp_path):
    net = NetParameter(layer=[LayerParameter(name="half", blobs=[{"data": [1, 2, 3]}])])
    write_caffemodel(tmp_path / "w", {"half": PARAMS["half"]}, net)
    (layer,) = NetParameter.FromString((tmp_path / "w").read_bytes()).layer
    assert [list(blob.data) for blob in layer.blobs] == [[0.5, 2]]


def test_too_large_for_protobuf(tmp_path, monkeypatch):
    path = tmp_path / "w.caffemodel"
    path.write_text("what stood there")
    meta = {"a": [torch.empty(1 << 29, device="meta")]}
    with pytest.raises(WeightsError, match=r"2\.1 GB of weights, more than"):
        write_caffemodel(path, meta)
    assert path.read_text() == "what stood there"
    monkeypatch.setattr(caffemodel, "MAX_BYTES", 100)
    with pytest.raises(WeightsError, match="safetensors"):
        write_caffemodel(path, {"a": [torch.zeros(30)]})


def test_published_weights(shared: Path):
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
