import numpy as np
import pytest

from layerzoo.data.datum import parse_datums, read_datums, write_datums
from layerzoo.data.image import encode
from layerzoo.data.lmdb_records import LMDBRecords
from layerzoo.errors import DataError
from layerzoo.reader.block import Block
from layerzoo.schema import Datum

RAW = {"channels": 2, "height": 1, "width": 3}


def parsed(*datums, color=None):
    return parse_datums([d.SerializeToString() for d in datums], color, "record {}".format)


def test_raw_images_of_one_shape_become_one_array():
    images, labels = parsed(Datum(**RAW, data=b"abcdef", label=7), Datum(**RAW, data=b"ghijkl", label=300))
    assert images.dtype == np.uint8
    assert images.tolist() == [[[[97, 98, 99]], [[100, 101, 102]]], [[[103, 104, 105]], [[106, 107, 108]]]]
    assert labels.dtype == np.float32
    assert labels.tolist() == [7, 300]


def test_float_data_is_read_as_float32():
    images, labels = parsed(
        Datum(channels=1, height=1, width=2, float_data=[0.5, -2]), Datum(**RAW, data=b"abcdef")
    )
    assert [image.tolist() for image in images] == [[[[0.5, -2]]], [[[97, 98, 99]], [[100, 101, 102]]]]
    assert labels.tolist() == [0, 0]


def test_encoded_images_as_long_as_raw_ones_are_decoded_all_the_same():
    picture = encode(np.full((1, 4, 5), 9, np.uint8), "png", "grey")
    datum = Datum(channels=1, height=1, width=len(picture), encoded=True, data=picture)
    (image,), _ = parsed(datum)
    assert image.tolist() == np.full((1, 4, 5), 9).tolist()


def test_encoded_images_are_decoded_by_color(data):
    picture = (data / "conformance/images/cat_gray.jpg").read_bytes()
    channels = {}
    for color in (None, True, False):
        (image,), _ = parsed(Datum(encoded=True, data=picture, label=1), color=color)
        channels[color] = image.shape[0]
    assert channels == {None: 1, True: 3, False: 1}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (b"\xff\xff\xff\xff", r"record 1: damaged, or not a Datum \(4 bytes\)"),
        (Datum(**RAW, data=b"abc").SerializeToString(), "record 1: a Datum of 2 x 1 x 3 .* has 3 values"),
        (Datum().SerializeToString(), "record 1: a Datum of 0 x 0 x 0 .* has 0 values"),
        (Datum(encoded=True, data=b"no").SerializeToString(), "record 1: not an image"),
    ],
)
def test_bad_record_is_named(record, message):
    good = Datum(**RAW, data=b"abcdef").SerializeToString()
    with pytest.raises(DataError, match=message):
        parse_datums([good, record], None, "record {}".format)


def test_written_datums_are_read_back(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 2)).astype(np.uint8)
    assert write_datums(tmp_path / "db", images, range(5)) == 5
    values = LMDBRecords(tmp_path / "db").read(list(range(5)))
    read, labels = parse_datums(values, None, str)
    assert (read == images).all()
    assert labels.tolist() == [0, 1, 2, 3, 4]
    write_datums(tmp_path / "floats", images[:1] / 255.0, [1])
    (image,), _ = parse_datums(LMDBRecords(tmp_path / "floats").read([0]), None, str)
    assert np.allclose(image, images[0] / 255.0)
    with pytest.raises(ValueError, match="shorter"):
        write_datums(tmp_path / "uneven", images, range(4))


@pytest.mark.parametrize("shape", [(-1, -1, 4), (-4, 1, -1), (0, 0, 0), (2**31 - 1,) * 3])
@pytest.mark.parametrize("count", [1, 2])
def test_impossible_shapes_are_errors(shape, count):
    channels, height, width = shape
    datum = Datum(channels=channels, height=height, width=width, data=bytes(4))
    with pytest.raises(DataError, match=r"record 0: a Datum of .* has 4 values"):
        read_datums([datum.SerializeToString()] * count, "record {}".format)


@pytest.mark.parametrize(
    "other",
    [
        Datum(**RAW, data=b"ghijkl", label=300).SerializeToString(),
        Datum(**RAW, data=b"ghijkl").SerializeToString(),
        Datum(**RAW, data=b"ghijkl", label=-1, encoded=False).SerializeToString(),
        Datum(label=9).SerializeToString() + Datum(**RAW, data=b"ghijkl").SerializeToString(),
        Datum(**RAW, data=b"ghijkl").SerializeToString() + Datum(data=b"mnopqr").SerializeToString(),
        Datum(**RAW, data=b"ghijkl", label=3).SerializeToString() + Datum(label=4).SerializeToString(),
        Datum(**RAW, data=b"ghijkl").SerializeToString()
        + Datum(channels=1, height=2, width=3).SerializeToString(),
        Datum(channels=3, height=1, width=2, data=b"ghijkl").SerializeToString(),
        Datum(**RAW, data=b"ghijkl", label=2, float_data=[1.0]).SerializeToString(),
    ],
)
def test_records_are_what_protobuf_parses(other):
    first = Datum(**RAW, data=b"abcdef", label=7)
    for values in ([first.SerializeToString(), other], [other, first.SerializeToString()], [other, other]):
        images, labels = read_datums(values, "record {}".format)
        expected = [Datum.FromString(value) for value in values]
        assert [image.tobytes() for image in images] == [datum.data for datum in expected]
        assert [image.shape for image in images] == [(d.channels, d.height, d.width) for d in expected]
        assert labels.tolist() == [datum.label for datum in expected]


@pytest.mark.parametrize("labels", [[0, 127], [128, 16384, 3], [None, None], [-1, 2**31 - 1], [None, 5, 200]])
@pytest.mark.parametrize("written", [Block.of, list])
def test_datums_of_one_shape_are_one_array_whatever_their_labels(labels, written):
    datums = [Datum(**RAW, data=bytes([n] * 6)) for n in range(len(labels))]
    for datum, label in zip(datums, labels, strict=True):
        if label is not None:
            datum.label = label
    images, read = read_datums(written([datum.SerializeToString() for datum in datums]), str)
    assert isinstance(images, np.ndarray)
    assert images.shape == (len(labels), 2, 1, 3)
    assert images.reshape(len(labels), 6).tolist() == [[n] * 6 for n in range(len(labels))]
    assert read.tolist() == [np.float32(label or 0) for label in labels]


def test_datums_of_a_block_are_not_copied():
    block = Block.of([Datum(**RAW, data=b"abcdef", label=n).SerializeToString() for n in range(3)])
    images, _ = read_datums(block, str)
    assert np.shares_memory(images, block.data)


def test_parts_of_a_block_are_what_protobuf_parses():
    odd = Datum(channels=3, height=1, width=2, data=b"ghijkl", label=5).SerializeToString()
    for other in (odd, odd[:-1] + b"\xff", None):
        values = [Datum(**RAW, data=bytes([n] * 6), label=n).SerializeToString() for n in range(9)]
        values[7:7] = [] if other is None else [other]
        block = Block.of(values)
        for first, last in ((0, 3), (3, 7), (4, 5)):
            images, labels = read_datums(block.part(first, last).part(0, last - first), str)
            assert isinstance(images, np.ndarray)
            assert images.shape == (last - first, 2, 1, 3)
            assert images[:, 0, 0, 0].tolist() == labels.tolist() == list(range(first, last))
        if other is not None and other != odd:
            with pytest.raises(DataError, match="record 1: damaged"):
                read_datums(block.part(6, 9), "record {}".format)
    images, _ = read_datums(block.part(0, 4), str)
    assert np.shares_memory(images, block.data)


@pytest.mark.parametrize("cut", [1, 3, 6, 12])  # 2 cuts the label, which is optional
def test_cut_record_among_whole_ones_is_named(cut):
    whole = Datum(**RAW, data=b"abcdef", label=7).SerializeToString()
    with pytest.raises(DataError, match=r"record 1: (damaged, or not a Datum|a Datum of)"):
        read_datums([whole, whole[:-cut], whole], "record {}".format)
