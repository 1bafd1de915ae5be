"""Sheets of what a net is fed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from layerzoo.cli.sourced import sources_in
from layerzoo.data_report.sheet import draw_sheet, picture_of
from tests.data_report.photos import net_text, photos, save, sources

RED, BLUE = (220, 20, 10), (15, 30, 210)


def colours(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((np.abs(picture.astype(int) - colour).max(-1) < 12).sum())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "a_red" / "1.png", np.full((20, 40, 3), RED, np.uint8))
    save(tmp_path / "b_blue" / "1.png", np.full((40, 40, 3), BLUE, np.uint8))
    return tmp_path


def test_colours_are_right_before_and_after(folder: Path) -> None:
    transform = "resize_param: {height: 16, width: 16}, mean_value: [104, 117, 123], scale: 0.017"
    source = sources(net_text(folder, transform=transform))[0]
    sheet = np.asarray(draw_sheet(source, 0, rows=2, columns=3, side=64))
    assert colours(sheet, RED) == 64 * 32 + 3 * 64 * 64  # the sample keeps its shape, the net is fed squares
    assert colours(sheet, BLUE) == 64 * 64 * 4


def test_sheet_has_a_row_a_sample_and_a_column_an_epoch(tmp_path: Path) -> None:
    source = sources(net_text(photos(tmp_path)))[0]
    small, tall = (draw_sheet(source, 0, rows=rows, columns=1, side=64) for rows in (1, 4))
    assert tall.height - small.height == 3 * (64 + 2 * 17 + 10)
    wide = draw_sheet(source, 0, rows=1, columns=12, side=64)
    assert wide.width == 10 + 13 * 74


def test_boxes_and_masks_are_drawn() -> None:
    text = """
    layer {{ name: "d" type: "Dataset" top: "data" top: "label"
      dataset_param {{ name: "shapes" batch_size: 2 target: {target} }} }}
    """
    plain, boxes, masks = (
        np.asarray(draw_sheet(sources(text.format(target=target))[0], 0, 2, 1, 96))
        for target in ("CLASS", "SSD_BOXES", "MASK")
    )
    assert (boxes[60:150, 10:100] != plain[60:150, 10:100]).any()
    assert (masks[60:150, 10:100] != plain[60:150, 10:100]).any()
    assert len(masks) > len(boxes), "a legend"


def test_pictures_with_boxes_keep_their_scale(tmp_path: Path) -> None:
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[10:30, 40:60] = BLUE
    save(tmp_path / "a.png", pixels)
    content = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "categories": [{"id": 1, "name": "x"}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": [60, 10, 20, 20]}],
    }
    (tmp_path / "c.json").write_text(json.dumps(content))
    (source,), _ = sources_in(str(tmp_path / "c.json"))
    sheet = np.asarray(draw_sheet(source, 0, rows=1, columns=1, side=160))
    # the square of 20 pixels at twice the size, in two pictures, but for what the box beside it covers
    assert 2 * 40 * 36 <= colours(sheet, BLUE) <= 2 * 40 * 40


def test_grey_images_and_clips_are_pictures() -> None:
    grey = picture_of(np.full((1, 4, 6), 9, np.uint8))
    assert grey.size == (6, 4)
    assert grey.getpixel((0, 0)) == (9, 9, 9)
    clip = np.zeros((3, 5, 4, 6), np.uint8)
    clip[0, 2] = 200  # blue, in the middle frame
    assert picture_of(clip).getpixel((0, 0)) == (0, 0, 200)
