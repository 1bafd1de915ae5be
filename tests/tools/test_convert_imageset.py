"""Comparison with recordings of Caffe's ImageData layer, which reads files as ``convert_imageset`` does."""

import logging

import lmdb
import numpy as np
import pytest
from PIL import Image as Pillow

from layerzoo.errors import DataError
from layerzoo.image_file import decode
from layerzoo.schema import Datum
from layerzoo.tools.convert_imageset import Packing, convert_imageset, read_list


@pytest.fixture
def images(data):
    return data / "conformance" / "images"


def records(path):
    with lmdb.open(str(path), readonly=True, lock=False) as env, env.begin() as transaction:
        return {bytes(key).decode(): Datum.FromString(value) for key, value in transaction.cursor()}


def convert(images, tmp_path, packing=None, **options):
    convert_imageset(f"{images}/", images / "list.txt", tmp_path / "db", packing, **options)
    return records(tmp_path / "db")


def pixels(datum):
    return np.frombuffer(datum.data, np.uint8).reshape(datum.channels, datum.height, datum.width)


def test_convert_imageset_has_caffes_keys_labels_and_shapes(images, tmp_path):
    datums = convert(images, tmp_path, Packing(height=40, width=56))
    assert list(datums) == ["00000000_cat.jpg", "00000001_fish-bike.jpg", "00000002_cat_gray.jpg"]
    assert [datum.label for datum in datums.values()] == [0, 1, 2]
    assert {(d.channels, d.height, d.width) for d in datums.values()} == {(3, 40, 56)}


def test_resized_pixels_agree_with_caffe(images, tmp_path):
    recorded = np.load(images / "resize.npz")["x"]
    datums = convert(images, tmp_path, Packing(height=recorded.shape[2], width=recorded.shape[3]))
    difference = np.stack([pixels(datum) for datum in datums.values()]) - recorded
    assert abs(difference).mean() < 1
    assert abs(difference).max() <= 3


def test_gray_pixels_agree_with_caffe(images, tmp_path):
    recorded = np.load(images / "gray.npz")["x"] + 110  # the recorded layer subtracted this mean
    datums = convert(images, tmp_path, Packing(gray=True, height=recorded.shape[2], width=recorded.shape[3]))
    difference = np.stack([pixels(datum) for datum in datums.values()]) - recorded
    assert abs(difference).mean() < 1
    assert abs(difference).max() <= 3


def test_encoded_files_are_kept_byte_for_byte(images, tmp_path):
    datums = convert(images, tmp_path, Packing(encoded=True))
    for key, datum in datums.items():
        assert datum.data == (images / key.partition("_")[2]).read_bytes()
        assert datum.encoded
        assert not datum.HasField("channels")


def test_images_of_another_format_or_size_are_encoded_again(images, tmp_path):
    raw = convert(images, tmp_path / "a", Packing(height=20, width=30))
    png = convert(images, tmp_path / "b", Packing(height=20, width=30, encode_type="png"))
    jpg = convert(images, tmp_path / "c", Packing(height=20, width=30, encoded=True))
    for key, datum in raw.items():
        assert png[key].data.startswith(b"\x89PNG")
        assert (decode(png[key].data, None, key) == pixels(datum)).all()
        assert jpg[key].data.startswith(b"\xff\xd8")
        assert abs(decode(jpg[key].data, None, key).astype(int) - pixels(datum)).mean() < 8
        assert png[key].label == datum.label


@pytest.fixture(autouse=True)
def _folders(tmp_path):
    for name in "abc":
        (tmp_path / name).mkdir()


def test_shuffle_keeps_labels_with_names_and_follows_the_seed(images, tmp_path):
    many = tmp_path / "list.txt"
    many.write_text("".join(f"cat.jpg {label}\n" for label in range(20)))
    packing = Packing(height=2, width=2)
    labels = {}
    for name, seed in {"a": 1, "b": 1, "c": 2}.items():
        convert_imageset(f"{images}/", many, tmp_path / name / "db", packing, shuffle=True, seed=seed)
        labels[name] = [datum.label for datum in records(tmp_path / name / "db").values()]
    assert labels["a"] == labels["b"] != labels["c"]
    assert sorted(labels["a"]) == list(range(20)) != labels["a"]


def test_check_size_refuses_different_sizes(images, tmp_path):
    with pytest.raises(DataError, match=r"fish-bike.jpg: 3 x \d+ x \d+ .* but cat.jpg is 3 x 360 x 480"):
        convert(images, tmp_path, check_size=True)
    assert not (tmp_path / "db").exists()
    assert len(convert(images, tmp_path, Packing(height=8, width=8), check_size=True)) == 3


def test_unreadable_image_is_skipped_with_its_number(images, tmp_path, caplog):
    listing = tmp_path / "list.txt"
    listing.write_text("cat.jpg 3\nlist.txt 4\nnone.jpg 5\ncat_gray.jpg 6\n")
    with caplog.at_level(logging.INFO, "layerzoo"):
        assert convert_imageset(f"{images}/", listing, tmp_path / "db") == 2
    assert {key: datum.label for key, datum in records(tmp_path / "db").items()} == {
        "00000000_cat.jpg": 3,
        "00000003_cat_gray.jpg": 6,
    }
    assert "2 of 4 images were skipped" in caplog.text
    assert "A total of 4 images." in caplog.text


def test_unreadable_images_alone_are_an_error(images, tmp_path):
    with pytest.raises(DataError, match="none of its images could be read"):
        convert_imageset("nowhere/", images / "list.txt", tmp_path / "db")
    assert not (tmp_path / "db").exists()


def test_read_list_splits_names_and_labels(tmp_path):
    listing = tmp_path / "list.txt"
    listing.write_bytes(b"a dir/a b.jpg 7\r\n\nno_label.png\ntab.png\t2\n")
    assert read_list(listing) == [("a dir/a b.jpg", 7), ("no_label.png", 0), ("tab.png", 2)]
    listing.write_text("a.png 1\na.png cat\n")
    with pytest.raises(DataError, match=r"list.txt:2: label 'cat'; expected a name and an integer"):
        read_list(listing)
    listing.write_text("\n")
    with pytest.raises(DataError, match="empty"):
        read_list(listing)
    with pytest.raises(DataError, match="No such file"):
        read_list(tmp_path / "none")


def test_resize_height_alone_does_not_resize(tmp_path, caplog):
    Pillow.new("RGB", (4, 3)).save(tmp_path / "x.png")
    (tmp_path / "list").write_text("x.png 0\n")
    convert_imageset(f"{tmp_path}/", tmp_path / "list", tmp_path / "db", Packing(height=9))
    (datum,) = records(tmp_path / "db").values()
    assert (datum.channels, datum.height, datum.width) == (3, 3, 4)
    assert "requires both resize_height and resize_width" in caplog.text
