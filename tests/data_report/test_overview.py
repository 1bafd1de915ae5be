"""Overviews of data as files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from layerzoo.data_report.annotations import Annotation
from layerzoo.data_report.findings import judge
from layerzoo.data_report.overview import Gallery, write_overview
from layerzoo.data_report.statistics import read_statistics
from tests.data_report.photos import net_text, photo, photos, save, sources


def test_thumbnails_of_each_class_are_bounded(tmp_path: Path) -> None:
    source = sources(net_text(photos(tmp_path / "photos")))[0]
    gallery = Gallery(source, tmp_path, "0", 3)
    read_statistics(source, look=gallery.look)
    assert [one["classes"] for one in gallery.samples] == [["cat"]] * 3 + [["dog"]] * 3
    with Image.open(tmp_path / gallery.samples[0]["file"]) as picture:
        assert picture.size == (112, 112)


def test_mean_image_is_the_mean(tmp_path: Path) -> None:
    source = sources(net_text(photos(tmp_path / "photos")))[0]
    gallery = Gallery(source, tmp_path, "0", 1)
    for place, level in enumerate((10, 30)):
        gallery.look(place, Annotation(label=place), np.full((3, 4, 5), level, np.uint8))
    facts = gallery.facts()
    assert facts["mean_images"] == {"": "0-mean.png", "cat": "0-mean-0.png", "dog": "0-mean-1.png"}
    with Image.open(tmp_path / "0-mean.png") as picture:
        assert picture.size == (5, 4)
        assert picture.getpixel((0, 0)) == (20, 20, 20)
    with Image.open(tmp_path / "0-mean-1.png") as picture:
        assert picture.getpixel((0, 0)) == (30, 30, 30)


def test_sizes_are_counted_in_ranges(tmp_path: Path) -> None:
    source = sources(net_text(photos(tmp_path / "photos")))[0]
    gallery = Gallery(source, tmp_path, "0", 1)
    for place, wide in enumerate((10, 10, 33)):
        gallery.look(place, Annotation(label=0), np.zeros((3, 7, wide), np.uint8))
    sizes = gallery.facts()["sizes"]
    assert sizes["common"] == [[10, 7, 2], [33, 7, 1]]
    assert sizes["widths"][0] == [10, 11, 2]
    assert sizes["widths"][-1] == [32, 33, 1]
    assert sizes["heights"] == [[7, 7, 3]]


def test_finding_has_the_pictures_of_duplicates(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos")
    save(folder / "train" / "dog" / "copy.png", photo(0))
    each = sources(net_text(folder))[0]
    gallery = Gallery(each, tmp_path, "0", 60)
    statistics = [read_statistics(each, look=gallery.look)]
    write_overview(tmp_path, "photos", statistics, judge(statistics), [gallery])
    report = json.loads((tmp_path / "overview.json").read_text())
    assert report["level"] == "warn"
    pair = report["findings"][0]["pictures"][0]
    assert [one["caption"] for one in pair] == ["TRAIN: t00.png (cat)", "TRAIN: copy.png (dog)"]
    assert all((tmp_path / one["file"]).is_file() for one in pair)
