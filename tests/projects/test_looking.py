"""Looking at images and labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.errors import DataError
from layerzoo.projects.data_description import Images
from layerzoo.projects.looking import (
    by_class,
    choose_shares,
    count_parts,
    data_layer,
    keys_of,
    look_at_images,
)


def test_images_are_grey_if_all_are(tmp_path: Path) -> None:
    grey, colour = tmp_path / "a.png", tmp_path / "b.png"
    Image.new("L", (20, 10), 7).save(grey)
    Image.new("RGB", (40, 30), (1, 2, 3)).save(colour)
    assert look_at_images([grey]) == (Images(10, 20, 1), [])
    assert look_at_images([grey, colour, colour])[0] == Images(30, 40, 3, several=True)


def test_unreadable_images_are_named_and_refused_if_all_are(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.png", tmp_path / "b.png"
    Image.new("L", (20, 10)).save(good)
    bad.write_bytes(b"torn")
    images, warnings = look_at_images([good, bad])
    assert (images.height, len(warnings)) == (10, 2)
    assert "on_error: SKIP" in warnings[1], "the way on"
    assert "b.png" in warnings[0]
    with pytest.raises(DataError, match="none of the 1 images that were looked at can be read"):
        look_at_images([bad])


def test_shares_are_larger_where_there_is_little() -> None:
    assert [choose_shares(count)[0] for count in (50, 200, 5000)] == [0.2, 0.15, 0.1]


def test_parts_are_counted_by_the_hash_of_keys() -> None:
    counts = count_parts([f"{number}.png" for number in range(1000)], (0.1, 0.2))
    assert sum(counts.values()) == 1000
    assert counts["val"] == pytest.approx(100, abs=30)
    assert counts["test"] == pytest.approx(200, abs=40)
    with pytest.raises(DataError, match="3 samples are too few"):
        count_parts(["a", "b", "c"], (0.2, 0.2))


def test_layer_is_opened_to_look_at_its_samples(photos: Path) -> None:
    layer = data_layer("FolderData", ["x", "t"], folder_data_param={"source": str(photos), "batch_size": 1})
    assert keys_of(layer.source)[:2] == ["cat/0.png", "cat/1.png"]
    assert by_class(layer.source.labels(), ["cat", "dog"]) == {"cat": 30, "dog": 90}
    missing = data_layer("FolderData", ["x"], folder_data_param={"source": "nowhere", "batch_size": 1})
    with pytest.raises(Exception, match="nowhere"):
        keys_of(missing.source)


def test_labels_that_are_no_classes_give_none() -> None:
    assert by_class(None) == by_class(np.array([-1, 2])) == {}
    assert by_class(np.array([0, 2, 2])) == {"0": 1, "1": 0, "2": 2}
