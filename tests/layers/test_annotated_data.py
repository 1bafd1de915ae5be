"""AnnotatedData, as SSD's fork reads it, and the boxes under random transforms."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.errors import ConfigError, DataError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import AnnotatedDatum
from tests.layers.recorded_images import cases, compare

CASES = cases("annotated", "ann_*")
Write = Callable[..., Path]


@pytest.mark.parametrize("name", CASES)
def test_recorded_batches_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(CASES) == 5
    compare("annotated", name, monkeypatch)


def datum(
    left: int, top: int, right: int, bottom: int, label: int = 1, difficult: bool = False
) -> AnnotatedDatum:
    """A picture of 60 x 40 with a white rectangle, which is annotated."""
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[top:bottom, left:right] = 255
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    made = AnnotatedDatum(type=AnnotatedDatum.BBOX)
    made.datum.data, made.datum.encoded, made.datum.label = file.getvalue(), True, 7
    box = made.annotation_group.add(group_label=label).annotation.add(instance_id=3).bbox
    box.xmin, box.ymin, box.xmax, box.ymax = left / 60, top / 40, right / 60, bottom / 40
    box.difficult = difficult
    return made


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def made(*datums: AnnotatedDatum) -> Path:
        records = ((b"%03d" % i, each.SerializeToString()) for i, each in enumerate(datums))
        write_lmdb(tmp_path / "lmdb", records)
        return tmp_path / "lmdb"

    return made


def example(folder: Path) -> str:
    record = datum(10, 5, 40, 30)
    record.datum.seg_label = record.datum.data
    write_lmdb(folder / "annotated", [(b"0", record.SerializeToString())])
    return (
        f'layer {{ name: "m" type: "AnnotatedData" top: "i" top: "j" top: "k" data_param {{ source: '
        f'"{folder / "annotated"}" batch_size: 1 backend: LMDB }} annotated_data_param {{ seg_scales: 2 }} }}'
        f'layer {{ name: "d" type: "AnnotatedData" top: "x" top: "y" data_param {{ source: '
        f'"{folder / "annotated"}" batch_size: 1 backend: LMDB }} annotated_data_param {{ batch_sampler {{ '
        f"max_sample: 1 }} }} transform_param {{ resize_param {{ height: 8 width: 8 }} }} }}"
    )


def batch(
    source: Path, fields: str = "", size: int = 4, phase: str = "TRAIN", tops: int = 2
) -> list[np.ndarray]:
    names = " ".join(f'top: "t{index}"' for index in range(tops))
    net = Net(
        parse_net(
            f'layer {{ name: "d" type: "AnnotatedData" {names} data_param {{ source: "{source}" '
            f"batch_size: {size} backend: LMDB prefetch: 0 }} {fields} }}"
        ).message,
        phase=phase,
        seed=3,
    )
    net()
    blobs = [net.blobs[f"t{index}"].numpy().copy() for index in range(tops)]
    for layer in net.data_layers:
        layer.close()
    return blobs


AUGMENTED = """transform_param { mirror: true resize_param { height: 60 width: 60 }
  expand_param { prob: 0.5 max_expand_ratio: 2 } emit_constraint { emit_type: CENTER }
  distort_param { brightness_prob: 0.5 brightness_delta: 5 } }
annotated_data_param { batch_sampler { max_sample: 1 max_trials: 1 }
  batch_sampler { sampler { min_scale: 0.4 min_aspect_ratio: 0.5 max_aspect_ratio: 2 }
    sample_constraint { min_object_coverage: 0.8 } max_sample: 1 max_trials: 50 } }"""


def test_boxes_move_along_with_the_objects(write: Write) -> None:
    source = write(datum(10, 5, 40, 30), datum(30, 10, 58, 38, label=2))
    images, boxes = batch(source, AUGMENTED, size=40)
    assert images.shape == (40, 3, 60, 60)
    assert len(boxes[0, 0]) > 30
    corners = set()
    for image, label, instance, left, top, right, bottom, difficult in boxes[0, 0]:
        assert (label, instance, difficult) == (1 + image % 2, 3, 0)
        white = images[int(image)].mean(0) > 128
        rows, columns = np.flatnonzero(white.any(1)), np.flatnonzero(white.any(0))
        found = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) / 60
        np.testing.assert_allclose([left, top, right, bottom], found, atol=0.07)
        corners.add((round(float(left), 2), round(float(top), 2)))
    assert len(corners) > 20, "they are random"


def test_batches_depend_on_the_seed_and_the_number_alone(write: Write) -> None:
    source = write(datum(10, 5, 40, 30), datum(30, 10, 58, 38, label=2))
    one, again = (batch(source, AUGMENTED, size=6) for _ in range(2))
    for blob, other in zip(one, again, strict=True):
        np.testing.assert_array_equal(blob, other)


def test_images_without_boxes_give_one_row_of_minus_one(write: Write) -> None:
    empty = datum(0, 0, 1, 1)
    empty.ClearField("annotation_group")
    _, boxes = batch(write(empty, empty), size=2)
    assert boxes.tolist() == [[[[-1] * 8]]]


def test_records_without_annotations_give_labels(write: Write) -> None:
    plain = datum(0, 0, 1, 1)
    plain.ClearField("annotation_group")
    plain.ClearField("type")
    source = write(plain, plain)
    assert batch(source, size=2)[1].tolist() == [[[[7]]]] * 2
    assert batch(source, "annotated_data_param { anno_type: BBOX }", size=2)[1].tolist() == [[[[-1] * 8]]]
    mixed = write(datum(0, 0, 9, 9), plain)
    with pytest.raises(DataError, match="record 1: no type of annotations, which other records have"):
        batch(mixed, size=2)


def test_one_top_is_the_images(write: Write) -> None:
    (images,) = batch(write(datum(10, 5, 40, 30)), size=2, tops=1)
    assert images.shape == (2, 3, 40, 60)


def test_yolo_data_type_gives_rows_for_each_image(write: Write) -> None:
    source = write(datum(10, 5, 40, 30), datum(30, 10, 60, 40, label=2, difficult=True))
    yolo = "annotated_data_param { yolo_data_type: 1 %s } "
    yolo += "transform_param { resize_param { height: 8 width: 8 } }"
    still = "yolo_data_jitter: 0"
    _, rows = batch(source, yolo % still, size=2)
    assert rows.shape == (2, 1, 300, 5)
    np.testing.assert_allclose(rows[0, 0, 0], [0, 25 / 60, 17.5 / 40, 0.5, 25 / 40], atol=1e-6)
    np.testing.assert_allclose(rows[1, 0, 0], [1, 0.75, 0.625, 0.5, 0.75], atol=1e-6)
    assert not rows[:, 0, 1:].any()
    _, rows = batch(source, yolo % f"{still} train_diffcult: false", size=2)
    assert not rows[1].any()
    _, moved = batch(source, yolo % "yolo_data_jitter: 0.7", size=40)
    sizes = moved[::2, 0, 0, 3]  # of the object in the region, of which it may be a part
    assert len(np.unique(sizes)) > 10
    assert 0.8 < sizes.max() <= 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("annotated_data_param { yolo_data_type: 2 }", "yolo_data_type is 2; expected 0 or 1"),
        ("annotated_data_param { yolo_data_jitter: 1 }", "yolo_data_jitter is 1; it has to be"),
        ("annotated_data_param { batch_sampler { sampler { max_scale: 2 } } }", "scales from 1 to 2"),
        ("transform_param { crop_h: 5 }", "crop_h without crop_w"),
    ],
)
def test_faults_are_config_errors(write: Write, fields: str, message: str) -> None:
    source = write(datum(10, 5, 40, 30))
    with pytest.raises(ConfigError, match=message):
        batch(source, fields)


def test_third_top_has_the_masks_of_the_label_images(tmp_path: Path) -> None:
    """The mask of a rectangle covers it in the image, whatever is cut out and mirrored."""
    records = []
    for number in range(8):
        record = datum(10 + 4 * number, 8, 22 + 4 * number, 30, label=1)
        labels = np.zeros((40, 60), np.uint8)
        labels[8:30, 10 + 4 * number : 22 + 4 * number] = 2
        file = io.BytesIO()
        Image.fromarray(labels).save(file, "PNG")
        record.datum.seg_label, record.type = file.getvalue(), AnnotatedDatum.BBOXandSeg
        records.append((b"%d" % number, record.SerializeToString()))
    write_lmdb(tmp_path / "lmdb", records)
    ids = "".join(f'item {{ name: "c{i}" label: {i} label_id: {i} }}' for i in range(3))
    (tmp_path / "map.prototxt").write_text(ids)
    net = Net(
        parse_net(
            'layer { name: "d" type: "AnnotatedData" top: "x" top: "y" top: "m" data_param { batch_size: 8 '
            f'source: "{tmp_path}/lmdb" backend: LMDB }} annotated_data_param {{ yolo_data_type: 1 '
            f'seg_scales: 2 single_class: false label_map_file: "{tmp_path}/map.prototxt" '
            "yolo_data_jitter: 0.4 } transform_param { mirror: true scale: 0.00392157 resize_param { "
            "resize_mode: WARP height: 48 width: 64 } } }"
        ).message,
        "TRAIN",
    )
    tops = net()
    images, boxes, masks = tops["x"], tops["y"], tops["m"]
    assert masks.shape == (8, 2, 24, 32)
    assert not masks[:, 0].any(), "no pixel is of the class of the first mask"
    seen = torch.nn.functional.avg_pool2d(images[:, :1], 2)[:, 0]
    assert (masks[:, 1] - seen).abs().mean() < 0.02
    assert masks[:, 1].mean() > 0.05
    for mask, rows in zip(masks[:, 1], boxes[:, 0], strict=True):
        columns = (mask > 0.5).any(0).nonzero()[:, 0]
        centre = (columns.min() + columns.max() + 1).item() / 64
        assert centre == pytest.approx(rows[0, 1].item(), abs=0.05), "two pixels of the mask"


def test_third_top_of_records_with_a_label_only(tmp_path: Path) -> None:
    record = datum(10, 8, 22, 30)
    record.ClearField("annotation_group")
    record.ClearField("type")
    record.datum.seg_label = record.datum.data
    write_lmdb(tmp_path / "lmdb", [(b"0", record.SerializeToString())])
    text = (
        'layer { name: "d" type: "AnnotatedData" top: "x" top: "y" top: "m" data_param { batch_size: 1 '
        f'source: "{tmp_path}/lmdb" backend: LMDB }} annotated_data_param {{ seg_resize_height: 4 '
        "seg_resize_width: 6 } }"
    )
    tops = Net(parse_net(text).message, "TRAIN")()
    assert tops["y"].flatten().tolist() == [7]
    assert tops["m"].shape == (1, 1, 4, 6)
    assert tops["m"].mean().item() == pytest.approx(12 * 22 / (40 * 60), abs=0.01)


def test_mistakes_of_the_third_top(write: Write, tmp_path: Path) -> None:
    folder = write(datum(10, 5, 40, 30))

    def build(fields: str, transform: str = "") -> Net:
        text = (
            'layer { name: "d" type: "AnnotatedData" top: "x" top: "y" top: "m" data_param { batch_size: 1 '
            f'source: "{folder}" backend: LMDB }} annotated_data_param {{ {fields} }} {transform} }}'
        )
        return Net(parse_net(text).message, "TRAIN")

    with pytest.raises(DataError, match="no label image in seg_label; a third top needs one"):
        build("")
    with pytest.raises(ConfigError, match="label_map_file is missing"):
        build("single_class: false")
    with pytest.raises(ConfigError, match="seg_resize_height is 3, seg_resize_width 0"):
        build("seg_resize_height: 3")
    with pytest.raises(ConfigError, match="seg_scales must be at least 1"):
        build("seg_scales: 0")
