"""Samples of Fast and Faster R-CNN: scaled images with objects or regions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerzoo.data.image import encode
from layerzoo.data.region_samples import RegionSettings, SyntheticRegions, WindowFile
from layerzoo.errors import DataError

SETTINGS = RegionSettings(False, 4, 20, 60, (10.0, 20.0, 30.0), False, 8, 0.25, 0.5, 0.5, 0.1)
REGIONS = SETTINGS._replace(of_regions=True, mean=(0.0,))


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A window file of two images, 10 x 20 and 10 x 40 (height x width)."""
    for name, width in (("a", 20), ("b", 40)):
        image = np.zeros((3, 10, width), np.uint8)
        image[:, :, : width // 2] = np.array([40, 50, 60], np.uint8).reshape(3, 1, 1)
        (tmp_path / f"{name}.png").write_bytes(encode(image, "png", name))
    windows = "2 1 0 0 9 9\n0 0.2 5 5 9 9\n2 0.6 0 0 7 9\n0 0 15 0 19 9\n"
    text = f"# 0\na.png\n3\n10\n20\n4\n{windows}# 1\nb.png\n3\n10\n40\n1\n3 1 30 0 39 4\n"
    path = tmp_path / "windows.txt"
    path.write_text(text)
    return str(path)


def read(samples: WindowFile | SyntheticRegions, *indices: int, key: int = 5) -> tuple[np.ndarray, ...]:
    numbers = np.array(indices)
    return samples.read(numbers, numbers, key)


def test_image_is_scaled_to_its_shorter_side_unless_the_longer_is_too_long(source: str) -> None:
    samples = WindowFile(source, "", SETTINGS)
    assert len(samples) == 2
    image, size, objects = read(samples, 0)
    assert image.shape == (1, 3, 20, 40)
    assert image[0, :, 10, 5].tolist() == [30, 30, 30]  # without the mean
    assert size.tolist() == [[20, 40, 2]]
    assert objects.tolist() == [[0, 0, 18, 18, 2]]
    image, size, objects = read(samples, 1)
    assert image.shape == (1, 3, 15, 60)
    assert size.tolist() == [[15, 60, 1.5]]
    assert objects.tolist() == [[45, 0, 58.5, 6, 3]]


def test_mirrored_image_has_mirrored_objects(source: str) -> None:
    samples = WindowFile(source, "", SETTINGS._replace(mirror=True))
    seen = {tuple(read(samples, 0, key=key)[2][0]) for key in range(20)}
    assert seen == {(0, 0, 18, 18, 2), (20, 0, 38, 18, 2)}
    image = next(b[0] for k in range(20) if (b := read(samples, 0, key=k))[2][0, 0] == 20)
    assert image[0, :, 10, 35].tolist() == [30, 30, 30]


def test_regions_are_sampled_by_overlap_with_targets(source: str) -> None:
    image, regions, labels, targets, inside, outside = read(WindowFile(source, "", REGIONS), 0)
    assert image[0, :, 10, 5].tolist() == [40, 50, 60]
    # an object, a region that shows it, and background of overlap 0.2; overlap 0 is below bg_thresh_lo
    assert labels.tolist() == [2, 2, 0]
    assert regions[2].tolist() == [0, 10, 10, 18, 18]
    own = regions[:, 3] == 14
    np.testing.assert_allclose(
        targets[own][0, 8:12], [2 / 15 / 0.1, 0, np.log(19 / 15) / 0.2, 0], rtol=1e-5, atol=1e-6
    )
    assert targets[:, :8].any() == targets[:, 12:].any() == False  # noqa: E712 (numpy's)
    assert inside.sum() == 8
    assert np.array_equal(inside, outside)


def test_images_of_a_batch_are_padded(source: str) -> None:
    image, regions, *_ = read(WindowFile(source, "", REGIONS), 0, 1)
    assert image.shape == (2, 3, 20, 60)
    assert not image[1, :, 15:].any()
    assert set(regions[:, 0]) == {0, 1}


def test_samples_depend_only_on_number_and_key(source: str) -> None:
    for samples in (WindowFile(source, "", REGIONS), SyntheticRegions(REGIONS)):
        for one, other in zip(read(samples, 1, key=3), read(samples, 1, key=3), strict=True):
            assert np.array_equal(one, other)


def test_synthetic_images_have_the_full_size(source: str) -> None:
    image, size, objects = read(SyntheticRegions(SETTINGS), 0)
    assert image.shape == (1, 3, 20, 60)
    assert size.tolist() == [[20, 60, 1]]
    assert objects.shape == (4, 5)
    assert (objects[:, :2] >= 0).all()
    assert (objects[:, 2] <= 59).all()
    assert set(objects[:, 4]) <= {1, 2, 3}
    assert read(SyntheticRegions(REGIONS), 0)[1].shape == (8, 5)


def test_class_out_of_range_and_file_without_images_are_errors(source: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="class of an object is not in 1 to 1"):
        read(WindowFile(source, "", SETTINGS._replace(classes=2)), 0)
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(DataError, match=r"empty.txt"):
        WindowFile(str(tmp_path / "empty.txt"), "", SETTINGS)


def test_keys_are_the_paths_as_they_are_written(source: str) -> None:
    samples = WindowFile(source, "", SETTINGS)
    assert [samples.key_of(index) for index in range(2)] == ["a.png", "b.png"]
    assert samples.name(1) == f"{Path(source).parent / 'b.png'} (image 1 of {source})"
