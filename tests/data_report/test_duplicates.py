"""Find images that are the same, or nearly so."""

from __future__ import annotations

from io import BytesIO
from time import perf_counter

import numpy as np
from PIL import Image

from layerzoo.data_report.duplicates import Pair, hash_of, near_pairs, same_values, thumbnail_of
from tests.data_report.photos import photo


def hashed(images: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    thumbnails = [thumbnail_of(image.transpose(2, 0, 1)) for image in images]
    return np.array([hash_of(each) for each in thumbnails], np.uint64), np.stack(thumbnails)


def changed(pixels: np.ndarray, side: int, quality: int) -> np.ndarray:
    data = BytesIO()
    Image.fromarray(pixels).resize((side, side)).save(data, "JPEG", quality=quality)
    return np.asarray(Image.open(data))


def test_smaller_and_compressed_copies_are_near_and_others_are_not() -> None:
    images = [photo(seed, 96) for seed in range(40)]
    copies = [changed(images[seed], side, quality) for seed, side, quality in ((3, 64, 60), (9, 48, 80))]
    found = near_pairs(hashed(images), hashed([photo(77, 96), *copies]))
    assert found == [Pair(3, 1, False), Pair(9, 2, False)]
    assert near_pairs(hashed(images)) == []
    assert near_pairs(hashed([*images[:5], copies[0]])) == [Pair(3, 5, False)]


def test_flat_images_are_not_compared() -> None:
    flat = [np.full((20, 20, 3), value, np.uint8) for value in (10, 11)]
    assert near_pairs(hashed(flat)) == []


def test_thumbnail_is_the_mean_of_cells() -> None:
    image = np.zeros((1, 32, 48), np.uint8)
    image[0, :2, :3] = 60
    image[0, 0, 3] = 60
    thumbnail = thumbnail_of(image)
    assert thumbnail[:3].tolist() == [60, 10, 0]
    small = thumbnail_of(np.arange(16, dtype=np.uint8).reshape(1, 4, 4) * 10)
    assert small.reshape(16, 16)[::4, ::4].tolist() == (np.arange(16).reshape(4, 4) * 10).tolist()


def test_same_values_within_and_between() -> None:
    assert same_values([b"a", b"b", b"a", b"a"]) == [Pair(0, 2, True), Pair(0, 3, True)]
    assert same_values([b"a", b"b"], [b"c", b"b"]) == [Pair(1, 1, True)]


def test_a_hundred_thousand_images_are_compared_in_time() -> None:
    rng = np.random.default_rng(0)
    thumbnails = rng.integers(0, 256, (100_000, 256), dtype=np.uint8)
    hashes = rng.integers(0, 2**63, 100_000).astype(np.uint64)
    hashes[:5000] = hashes[0]  # a group of equal hashes
    hashes[5000:] |= np.uint64(1 << 63)
    start = perf_counter()
    found = near_pairs((hashes[2000:], thumbnails[2000:]), (hashes[:2000], thumbnails[:2000]))
    assert found == []
    assert perf_counter() - start < 60
