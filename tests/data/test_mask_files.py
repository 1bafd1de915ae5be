"""Images and label images with the same names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.data.mask_files import MaskedImage, MaskFiles, read_mask, read_mask_folders
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.mirror import Mirror
from layerzoo.errors import DataError
from layerzoo.reader import sandbox


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_images_and_masks_pair_by_name(tmp_path: Path) -> None:
    touched(
        tmp_path, "i/b.jpg", "i/x/a.png", "i/.c.jpg", "i/note.txt", "m/b.png", "m/x/a_mask.gif", "m/z.png"
    )
    pairs = read_mask_folders(tmp_path / "i", tmp_path / "m")
    assert pairs == [
        MaskedImage(tmp_path / "i" / "b.jpg", tmp_path / "m" / "b.png", "b"),
        MaskedImage(tmp_path / "i" / "x" / "a.png", tmp_path / "m" / "x" / "a_mask.gif", "x/a"),
    ]


def test_image_set_selects(tmp_path: Path) -> None:
    touched(tmp_path, "i/a.png", "i/b.png", "m/a.png")
    (tmp_path / "set.txt").write_text("a\n")
    assert [
        pair.key for pair in read_mask_folders(tmp_path / "i", tmp_path / "m", str(tmp_path / "set.txt"))
    ] == ["a"]
    (tmp_path / "set.txt").write_text("c\n")
    with pytest.raises(DataError, match="no image 'c' in"):
        read_mask_folders(tmp_path / "i", tmp_path / "m", str(tmp_path / "set.txt"))


def test_images_without_a_mask_are_an_error(tmp_path: Path) -> None:
    touched(tmp_path, "i/a.png", "i/b.png", "m/a.png")
    with pytest.raises(DataError, match="no mask for 1 images, such as 'b'"):
        read_mask_folders(tmp_path / "i", tmp_path / "m")
    touched(tmp_path, "i/a.jpg")
    with pytest.raises(DataError, match="two images named 'a'"):
        read_mask_folders(tmp_path / "i", tmp_path / "m")
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="none: no images"):
        read_mask_folders(tmp_path / "none", tmp_path / "m")
    with pytest.raises(FileNotFoundError):
        read_mask_folders(tmp_path / "absent", tmp_path / "m")


def palette(path: Path, values: np.ndarray) -> Path:
    image = Image.fromarray(values.astype(np.uint8), "P")
    image.putpalette([number * 7 % 256 for number in range(768)])
    image.save(path)
    return path


VALUES = np.array([[0, 1, 2], [20, 255, 3]])


@pytest.mark.parametrize("boxed", ["", "1"])
def test_masks_hold_indices_and_grey_levels(
    tmp_path: Path, boxed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sandbox.VARIABLE, boxed)
    assert read_mask(palette(tmp_path / "p.png", VALUES)).tolist() == [VALUES.tolist()]
    Image.fromarray(VALUES.astype(np.uint8)).save(tmp_path / "l.png")
    assert read_mask(tmp_path / "l.png").tolist() == [VALUES.tolist()]
    Image.fromarray((VALUES * 100).astype(np.uint16)).save(tmp_path / "w.png")
    assert read_mask(tmp_path / "w.png").tolist() == [(VALUES * 100).tolist()]
    Image.fromarray(np.repeat(VALUES[..., None], 3, 2).astype(np.uint8)).save(tmp_path / "rgb.png")
    assert read_mask(tmp_path / "rgb.png").tolist() == [VALUES.tolist()]
    assert read_mask(tmp_path / "l.png", binary=True).tolist() == [[[0, 0, 0], [0, 1, 0]]]
    Image.fromarray(np.arange(18, dtype=np.uint8).reshape(2, 3, 3)).save(tmp_path / "c.png")
    with pytest.raises(DataError, match=r"c.png: a mask with colours"):
        read_mask(tmp_path / "c.png")


@pytest.mark.parametrize("boxed", ["", "1"])
def test_black_and_white_masks(tmp_path: Path, boxed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sandbox.VARIABLE, boxed)
    places = np.array([[0, 1], [1, 0]], np.uint8)
    image = Image.fromarray(places, "P")
    image.putpalette([0, 0, 0, 255, 255, 255])
    image.save(tmp_path / "white.png")
    assert read_mask(tmp_path / "white.png", binary=True).tolist() == [places.tolist()]
    assert read_mask(tmp_path / "white.png").tolist() == [places.tolist()]
    image.putpalette([255, 250, 255, 0, 0, 0])
    image.save(tmp_path / "black.png")
    assert read_mask(tmp_path / "black.png", binary=True).tolist() == [(1 - places).tolist()]
    image.putpalette([0, 0, 0, 128, 0, 0])
    image.save(tmp_path / "red.png")
    with pytest.raises(DataError, match=r"red.png: binary is for .* values up to 38 alone; remove binary"):
        read_mask(tmp_path / "red.png", binary=True)
    Image.fromarray(places).save(tmp_path / "classes.png")
    with pytest.raises(DataError, match=r"classes.png: binary is for .* values up to 1 alone; remove binary"):
        read_mask(tmp_path / "classes.png", binary=True)
    Image.fromarray(places * 0).save(tmp_path / "empty.png")
    assert read_mask(tmp_path / "empty.png", binary=True).tolist() == [[[0, 0], [0, 0]]]
    Image.fromarray(np.full((8, 8), 3, np.uint8)).save(tmp_path / "noise.jpg")
    assert not read_mask(tmp_path / "noise.jpg", binary=True).any()
    Image.fromarray(places.astype(bool)).save(tmp_path / "bits.png")
    assert read_mask(tmp_path / "bits.png", binary=True).tolist() == [places.tolist()]


def samples(folder: Path, values: np.ndarray, **options: int) -> MaskFiles:
    Image.fromarray((values * 10).astype(np.uint8)).save(folder / "i.png")
    pair = MaskedImage(folder / "i.png", palette(folder / "m.png", values), "i")
    settings = {"classes": 0, "ignore_label": 255, "binary": False, **options}
    return MaskFiles([pair], Pipeline(Mirror()), False, **settings)  # type: ignore[arg-type]


def test_masks_are_mirrored_with_their_images(tmp_path: Path) -> None:
    values = np.array([[0, 1, 2], [3, 4, 5]])
    one = samples(tmp_path, values)
    seen = set()
    for number in range(20):
        images, masks = one.read(np.arange(1), np.array([number]), 3)
        np.testing.assert_array_equal(images, masks * 10)
        seen.add(float(masks[0, 0, 0, 0]))
    assert seen == {0.0, 2.0}
    assert masks.dtype == np.float32
    assert (one.key_of(0), one.name(0), len(one)) == ("i", str(tmp_path / "i.png"), 1)


def test_a_class_that_is_none_is_an_error(tmp_path: Path) -> None:
    one = samples(tmp_path, np.array([[0, 1, 3]]), classes=3)
    with pytest.raises(DataError, match=r"m.png: class 3 of a pixel; there are 3 classes"):
        one.read(np.arange(1), np.arange(1), 0)
    samples(tmp_path, np.array([[0, 1, 255]]), classes=2).read(np.arange(1), np.arange(1), 0)
    one = samples(tmp_path, np.array([[0, 1, 255]]), classes=2, ignore_label=9)
    with pytest.raises(DataError, match="give binary: true"):
        one.read(np.arange(1), np.arange(1), 0)


def test_a_mask_of_another_size_is_an_error(tmp_path: Path) -> None:
    one = samples(tmp_path, np.array([[0, 1, 3]]))
    palette(tmp_path / "m.png", np.array([[0], [1]]))
    with pytest.raises(DataError, match=r"m.png: 2 x 1 pixels, its image 1 x 3"):
        one.read(np.arange(1), np.arange(1), 0)
