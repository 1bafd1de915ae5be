"""Images with boxes as samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.data.box_samples import AnnotatedFile, BoxSamples, roi_rows, ssd_rows, upright_edges, yolo_rows
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.data.transform.steps.mirror import Mirror
from layerzoo.data.transform.steps.resize import Resize
from layerzoo.errors import DataError
from layerzoo.image_file import decode
from layerzoo.schema import SSD_BOXES, YOLO_BOXES


def boxes(*objects: tuple[float, float, float, float, int, int]) -> Boxes:
    rows = np.array(objects, np.float32).reshape(-1, 6)
    labels = np.stack([rows[:, 4], np.arange(len(rows)), rows[:, 5]], 1)
    return Boxes(rows[:, :4], labels.astype(np.float32))


def test_ssd_rows_are_as_many_for_each_image() -> None:
    rows = ssd_rows([boxes((0, 0, 0.5, 1, 2, 1)), boxes()], 2)
    assert rows.shape == (1, 1, 4, 8)
    assert rows[0, 0].tolist() == [[0, 2, 0, 0, 0, 0.5, 1, 1], *[[-1] * 8] * 3]
    three = boxes(*[(0, 0, 1, 1, number, 0) for number in (1, 2, 3)])
    assert ssd_rows([three, three], 2)[0, 0, :, :2].tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]


def test_yolo_rows_hold_centres_and_classes_from_0() -> None:
    rows = yolo_rows([boxes((0.25, 0.5, 0.75, 1, 3, 0))])
    assert rows.shape == (1, 300, 5)
    assert rows[0, 0].tolist() == [2, 0.5, 0.75, 0.5, 0.5]
    assert not rows[0, 1:].any()


def test_roi_rows_are_pixels_and_repeat_the_last() -> None:
    rows = roi_rows([boxes((0, 0, 0.5, 0.5, 1, 0), (0.5, 0, 1, 1, 2, 0))], 3, 10, 20)
    assert rows.tolist() == [[0, 0, 9, 4, 1], [10, 0, 19, 9, 2], [10, 0, 19, 9, 2]]
    assert roi_rows([boxes()], 2, 10, 20).tolist() == [[0] * 5] * 2


def samples(folder: Path, target: int, use_difficult: bool = False) -> BoxSamples:
    Image.new("L", (20, 10)).save(folder / "a.png")
    edges = np.array([[5, 0, 10, 5], [0, 0, 20, 10]], np.float32)
    file = AnnotatedFile(
        folder / "a.png", "x/a.png", None, edges, np.array([1, 2], np.float32), np.array([0, 1], np.float32)
    )
    pipeline = Pipeline(Decode(False), Resize(4, 4))
    return BoxSamples([file], pipeline, target, 2, use_difficult)


def test_edges_are_fractions_of_the_image(tmp_path: Path) -> None:
    images, rows = samples(tmp_path, SSD_BOXES).read(np.arange(1), np.arange(1), 0)
    assert images.shape == (1, 1, 4, 4)
    assert rows[0, 0].tolist() == [[0, 1, 0, 0.25, 0, 0.5, 0.5, 0], [0, 2, 1, 0, 0, 1, 1, 1]]


@pytest.mark.parametrize(("use_difficult", "count"), [(False, 1), (True, 2)])
def test_difficult_objects_are_left_out(tmp_path: Path, use_difficult: bool, count: int) -> None:
    _, rows = samples(tmp_path, YOLO_BOXES, use_difficult).read(np.arange(1), np.arange(1), 0)
    assert int((rows[0, :, 3] > 0).sum()) == count
    _, rows = samples(tmp_path, SSD_BOXES, use_difficult).read(np.arange(1), np.arange(1), 0)
    assert rows[0, 0, :, 7].tolist() == [0, float(not use_difficult)]


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("declared", ["stored", "upright", ""])
def test_boxes_are_where_their_objects_are_in_turned_images(
    tmp_path: Path, orientation: int, declared: str
) -> None:
    pixels = np.zeros((16, 32), np.uint8)
    pixels[0:8, 8:16] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    data = (tmp_path / "a.png").read_bytes()
    upright = decode(data, False, "a")[0]
    rows, columns = np.flatnonzero(upright.any(1)), np.flatnonzero(upright.any(0))
    seen = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    one = np.array([1], np.float32)
    edges = np.array([[8, 0, 16, 8] if declared == "stored" else seen], np.float32)
    size = {"stored": (16, 32), "upright": (32, 16), "": None}[declared]
    file = AnnotatedFile(tmp_path / "a.png", "a", size, edges, one, one * 0)
    expected = (np.array([seen]) / [16, 32, 16, 32]).tolist()
    assert upright_edges(file, data).tolist() == expected
    both = BoxSamples([file], Pipeline(Decode(False)), SSD_BOXES, 1, False)
    assert both.read(np.arange(1), np.arange(1), 0)[1][0, 0, 0, 3:7].tolist() == expected[0]


def test_an_image_of_another_size_than_declared_is_an_error(tmp_path: Path) -> None:
    Image.new("L", (20, 10)).save(tmp_path / "a.png")
    none = np.empty(0, np.float32)
    file = AnnotatedFile(tmp_path / "a.png", "a", (20, 10), none.reshape(0, 4), none, none)
    with pytest.raises(DataError, match=r"a.png: 10 x 20 pixels .* but its annotations declare 20 x 10"):
        BoxSamples([file], Pipeline(Decode(False)), SSD_BOXES, 1, False).read(np.arange(1), np.arange(1), 0)


def test_boxes_are_mirrored_with_their_images(tmp_path: Path) -> None:
    pixels = np.zeros((10, 20), np.uint8)
    pixels[:, :10] = 200
    Image.fromarray(pixels).save(tmp_path / "b.png")
    one = np.array([1], np.float32)
    file = AnnotatedFile(
        tmp_path / "b.png", "b", (10, 20), np.array([[0, 0, 10, 10]], np.float32), one, one * 0
    )
    both = BoxSamples([file], Pipeline(Decode(False), Mirror()), SSD_BOXES, 1, False)
    seen = set()
    for number in range(20):
        images, rows = both.read(np.arange(1), np.array([number]), 7)
        left = bool(images[0, 0, 0, 0] > 100)
        assert rows[0, 0, 0, 3:7].tolist() == ([0, 0, 0.5, 1] if left else [0.5, 0, 1, 1])
        seen.add(left)
    assert seen == {True, False}


def test_samples_have_keys_and_names(tmp_path: Path) -> None:
    one = samples(tmp_path, SSD_BOXES)
    assert (len(one), one.key_of(0), one.name(0)) == (1, "x/a.png", str(tmp_path / "a.png"))
