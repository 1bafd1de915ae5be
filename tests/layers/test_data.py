import copy
import io

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from layerzoo.data import write_datums
from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.data.selection import split_of
from layerzoo.errors import DataError, LayerFault
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, DataParameter, Datum, NetState
from tests.gpu import on_a_gpu

COUNT, SIZE = 10, 4


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (COUNT, 3, 5, 6)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path, images):
    write_datums(tmp_path / "db", images, range(COUNT))
    return tmp_path / "db"


@pytest.fixture
def data_layer(make):
    made = []

    def data_layer(folder, phase=0, transform=None, top=("data", "label"), reading=None, **fields):
        fields = {"source": str(folder), "batch_size": SIZE, "backend": DataParameter.LMDB, **fields}
        layer = make(
            "Data",
            phase=phase,
            top=top,
            data_param=fields,
            transform_param=transform or {},
            reading_param=reading or {},
        )
        made.append(layer)
        return layer

    yield data_layer
    for layer in made:
        layer.close()


def batches(layer, numbers):
    for number in numbers:
        layer.clock.batch = number
        yield layer()


def labels(layer, numbers):
    return [label.tolist() for _, label in batches(layer, numbers)]


def test_batches_follow_source_order_and_wrap_around(data_layer, folder, images):
    layer = data_layer(folder)
    assert labels(layer, range(4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1], [2, 3, 4, 5]]
    layer.clock.batch = 2
    data, label = layer()
    assert data.dtype == label.dtype == torch.float32
    assert (data.numpy() == images[[8, 9, 0, 1]]).all()


def test_shapes_follow_crop_and_label_top_is_optional(data_layer, folder):
    layer = data_layer(folder, transform={"crop_size": 4})
    assert type(layer).top_shapes(layer.param, []) == [(SIZE, 3, 4, 4), (SIZE,)]
    assert layer()[0].shape == (SIZE, 3, 4, 4)
    alone = data_layer(folder, top=["data"])
    assert type(alone).top_shapes(alone.param, []) == [(SIZE, 3, 5, 6)]
    assert alone().shape == (SIZE, 3, 5, 6)


def test_resumed_run_reads_the_same_batches(data_layer, folder):
    fields = {"transform": {"crop_size": 3, "mirror": True, "scale": 0.5}, "rand_skip": 7}
    straight = [[top.clone() for top in batch] for batch in batches(data_layer(folder, **fields), range(12))]
    for start in (1, 5, 11):
        for old, new in zip(
            straight[start:], batches(data_layer(folder, **fields), range(start, 12)), strict=True
        ):
            assert all(torch.equal(a, b) for a, b in zip(old, new, strict=True))


def test_prefetch_does_not_change_batches(data_layer, folder):
    fields = {"transform": {"crop_size": 3, "mirror": True}}
    ahead = batches(data_layer(folder, prefetch=3, **fields), range(8))
    direct = batches(data_layer(folder, prefetch=0, **fields), range(8))
    for left, right in zip(ahead, direct, strict=True):
        assert torch.equal(left[0], right[0])


def test_seed_selects_crops_and_start(data_layer, folder):
    def run(seed):
        layer = data_layer(folder, rand_skip=10)
        layer.clock.seed = seed
        return labels(layer, [0])[0][0]

    assert run(3) == run(3)
    assert len({run(seed) for seed in range(8)}) > 2


def test_whole_pass_reads_each_sample_once(data_layer, folder):
    layer = data_layer(folder, phase=TEST, rand_skip=5)
    layer.whole_pass = True
    assert (layer.epoch_size, layer.batches_per_pass) == (10, 3)
    assert labels(layer, range(5)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [0, 1, 2, 3], [4, 5, 6, 7]]
    assert labels(layer, range(2)) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_transform_is_applied(data_layer, folder, images):
    layer = data_layer(folder, phase=TEST, transform={"mean_value": [1, 2, 3], "scale": 0.25, "crop_size": 3})
    data, _ = layer()
    expected = (images[:SIZE, :, 1:4, 1:4] - np.array([1.0, 2, 3])[:, None, None]) / 4
    assert np.array_equal(data.numpy(), expected)


def encoded(mode):
    buffer = io.BytesIO()
    Pillow.fromarray(np.full((2, 2, 3), [10, 20, 30], np.uint8)).convert(mode).save(buffer, "PNG")
    return Datum(encoded=True, data=buffer.getvalue(), label=3).SerializeToString()


def test_encoded_images_are_forced_to_colour_or_grey(data_layer, tmp_path):
    write_lmdb(tmp_path / "db", [(b"0", encoded("RGB")), (b"1", encoded("L"))])
    db = tmp_path / "db"
    forced = data_layer(db, batch_size=2, transform={"force_color": True})
    assert forced()[0][0, :, 0, 0].tolist() == [30, 20, 10]
    assert data_layer(db, batch_size=2, force_encoded_color=True)()[0].shape == (2, 3, 2, 2)
    assert data_layer(db, batch_size=2, transform={"force_gray": True})()[0].shape == (
        2,
        1,
        2,
        2,
    )
    with pytest.raises(DataError, match=r"record 1: 1 channels, but .* record 0 .* has 3\n.*set force_color"):
        data_layer(db, batch_size=2)()


def test_image_sizes_may_differ_with_batch_size_1(data_layer, tmp_path):
    records = [
        Datum(channels=1, height=1, width=w, data=bytes(w), label=w).SerializeToString() for w in (1, 2)
    ]
    write_lmdb(tmp_path / "db", [(b"0", records[0]), (b"1", records[1])])
    shapes = [tuple(data.shape) for data, _ in batches(data_layer(tmp_path / "db", batch_size=1), range(2))]
    assert shapes == [(1, 1, 1, 1), (1, 1, 1, 2)]


def test_damaged_record_is_reported_with_its_batch(data_layer, tmp_path):
    good = Datum(channels=1, height=1, width=1, data=b"a").SerializeToString()
    write_lmdb(tmp_path / "db", [(b"%d" % i, good if i != 5 else b"\xff") for i in range(8)])
    layer = data_layer(tmp_path / "db")
    layer()
    layer.clock.batch = 1
    for _ in range(2):
        with pytest.raises(DataError, match=r"db: record 5: damaged, or not a Datum \(1 bytes\)"):
            layer()


def test_two_layers_may_share_a_source(data_layer, folder):
    train, test = data_layer(folder), data_layer(folder, phase=TEST, batch_size=5)
    assert labels(train, [0]) == [[0, 1, 2, 3]]
    assert labels(test, [0, 1]) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    train.close()
    assert labels(test, [2]) == [[0, 1, 2, 3, 4]]
    assert labels(train, [1]) == [[4, 5, 6, 7]]


def test_backend_is_detected_from_the_folder(data_layer, folder):
    assert labels(data_layer(folder, backend=None), [0]) == [[0, 1, 2, 3]]


def test_copy_reads_independently(data_layer, folder):
    layer = data_layer(folder)
    assert labels(layer, [0]) == [[0, 1, 2, 3]]
    twin = copy.deepcopy(layer)
    assert labels(twin, [1]) == labels(layer, [1]) == [[4, 5, 6, 7]]
    twin.close()


def test_tops_are_on_the_device(data_layer, folder):
    layer = data_layer(folder)
    layer.device = torch.device("meta")
    assert [top.device.type for top in layer()] == ["meta", "meta"]


@on_a_gpu
def test_tops_on_gpu_hold_the_data(data_layer, folder, images):
    layer = data_layer(folder)
    layer.device = torch.device("cuda")
    data, label = layer()
    assert data.device.type == label.device.type == "cuda"
    assert (data.cpu().numpy() == images[:SIZE]).all()
    assert layer._stream.get(1)[0].is_pinned()


def test_leveldb_source_is_read(data_layer, tmp_path):
    plyvel = pytest.importorskip("plyvel")
    db = plyvel.DB(str(tmp_path / "db"), create_if_missing=True)
    for i in range(3):
        db.put(b"%d" % i, Datum(channels=1, height=1, width=1, data=bytes([i]), label=i).SerializeToString())
    db.close()
    layer = data_layer(tmp_path / "db", backend=DataParameter.LEVELDB)
    assert labels(layer, range(2)) == [[0, 1, 2, 0], [1, 2, 0, 1]]
    with pytest.raises(LayerFault, match="is a LevelDB; backend is LMDB"):
        data_layer(tmp_path / "db", backend=DataParameter.LMDB)


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"batch_size": 0}, "data_param.batch_size", "batch_size must be at least 1"),
        ({"source": ""}, "data_param.source", "source is missing"),
        ({"source": "nowhere"}, "data_param.source", "'nowhere' can't be opened: No such file"),
        ({"backend": DataParameter.LEVELDB}, "data_param.backend", "is an LMDB; backend is LEVELDB"),
        (
            {"transform": {"crop_size": 6}},
            "transform_param.crop_size",
            "crop_size 6 exceeds images of .*3 x 5 x 6",
        ),
    ],
)
def test_config_faults_name_the_field(data_layer, folder, fields, field, message):
    with pytest.raises(LayerFault, match=message) as caught:
        data_layer(folder, **fields)
    assert caught.value.field == field


def test_truncated_database_is_reported_before_training(data_layer, folder):
    file = folder / "data.mdb"
    file.write_bytes(file.read_bytes()[:-4096])
    with pytest.raises(DataError, match=r"data\.mdb: truncated: \d+ bytes, expected \d+; copy it again"):
        data_layer(folder)


def test_labels_are_those_of_the_records(data_layer, folder, monkeypatch):
    monkeypatch.setattr("layerzoo.layers.data._AT_ONCE", 2)
    source = data_layer(folder).source
    expected = [int(source.read(np.array([i]), np.array([0]), 0)[1][0]) for i in range(len(source))]
    assert source.labels().tolist() == expected
    assert source.name(1) == f"{folder}: record 1"


def example(folder):
    """Example for the contract tests of all layers."""
    write_datums(folder / "db", np.arange(90, dtype=np.uint8).reshape(3, 2, 3, 5), range(3))
    return f"""
    layer {{
      name: "l" type: "Data" top: "data" top: "label"
      data_param {{ source: "{folder / "db"}" backend: LMDB batch_size: 2 }}
      transform_param {{ mirror: true crop_size: 2 }}
    }}
    """


def test_split_of_a_record_depends_on_its_key_alone(data_layer, tmp_path, images):
    datum = Datum(channels=1, height=1, width=1, data=b"\0")

    def write(folder, names):
        values = (Datum(label=int(name.partition(".")[0])) for name in names)
        records = (
            (b"%08d_%s" % (place, name.encode()), value)
            for place, (name, value) in enumerate(zip(names, values, strict=True))
        )
        write_lmdb(
            tmp_path / folder, ((key, _merged(datum, value).SerializeToString()) for key, value in records)
        )

    def part(folder, split, **more):
        layer = data_layer(
            tmp_path / folder,
            batch_size=1,
            reading={"split": split, "val_share": 0.3, "test_share": 0.2, **more},
        )
        return {label for (label,) in labels(layer, range(layer.epoch_size))}

    names = [f"{number}.jpg" for number in range(100)]
    write("some", names[:50])
    write("all", names[::-1])
    expected = {split: {int(n[:-4]) for n in names if split_of(n, 0.3, 0.2) == split} for split in (1, 2, 3)}
    for split in (1, 2, 3):
        assert part("all", split) == expected[split]
        assert part("some", split) == {label for label in expected[split] if label < 50}
        assert part("some", split, workers=2) == part("some", split)


def _merged(*messages):
    made = Datum()
    for message in messages:
        made.MergeFrom(message)
    return made


@pytest.mark.parametrize("encoded", [False, True])
def test_labels_may_be_floats_beside_the_image(data_layer, tmp_path, encoded):
    def write(name, *labels):
        values = []
        for index, each in enumerate(labels):
            datum = Datum(channels=1, height=1, width=2, label=7, float_data=each, data=bytes([index, 9]))
            if encoded:
                file = io.BytesIO()
                Pillow.fromarray(np.full((1, 2), index, np.uint8)).save(file, "PNG")
                datum.data, datum.encoded = file.getvalue(), True
            values.append((b"%d" % index, datum.SerializeToString()))
        write_lmdb(tmp_path / name, values)
        return data_layer(tmp_path / name, batch_size=len(labels))

    layer = write("three", [1, 0, 0.5], [0, 1, -2])
    assert type(layer).top_shapes(layer.param, [])[1] == (2, 3)
    images, seen = layer()
    assert images[:, 0, 0, 0].tolist() == [0, 1]
    assert seen.tolist() == [[1, 0, 0.5], [0, 1, -2]]
    assert layer.source.labels() is None
    assert write("one", [0.25], [3])()[1].tolist() == [0.25, 3]
    message = "record 1: 1 labels in float_data beside the image, but .*record 0 of"
    with pytest.raises(DataError, match=message):
        write("both", [1, 2], [3])()


def test_damaged_database_is_named_with_layer_line_and_fix(tmp_path, folder):
    file = folder / "data.mdb"
    file.write_bytes(file.read_bytes()[:6000])
    text = (
        'layer {\n  name: "d" type: "Data" top: "x" top: "y"\n'
        f'  data_param {{ source: "{folder}" batch_size: 2 backend: LMDB }}\n}}'
    )
    with pytest.raises(DataError) as error:
        graph_of(parse_net(text), NetState(phase=TEST))
    first, *_, last = str(error.value).splitlines()
    assert first.startswith("<prototxt>:3:24: ")
    assert "data.mdb: truncated" in first
    assert first.endswith("(layer 'd')")
    assert last == "    copy or make it again, or name another source"
