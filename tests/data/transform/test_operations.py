"""The operations of RandAugment and TrivialAugment."""

from __future__ import annotations

import numpy as np
import pytest

from layerzoo.data.samples import Image
from layerzoo.data.transform.operations import OPERATIONS, WIDE_OPERATIONS, Operation, apply
from layerzoo.data.warping import Matrix, warp

IMAGE = np.random.default_rng(0).integers(20, 200, (3, 21, 21), dtype=np.uint8)


def done(name: str, strength: float, image: Image = IMAGE, wide: bool = False) -> Image:
    operations = {each.name: each for each in (WIDE_OPERATIONS if wide else OPERATIONS)}
    return apply(image, [(operations[name], strength)], warp)


def test_there_are_the_14_operations_of_the_papers() -> None:
    assert [each.name for each in OPERATIONS] == [each.name for each in WIDE_OPERATIONS]
    assert len({each.name for each in OPERATIONS}) == 14


def test_strength_0_changes_nothing() -> None:
    for operation in OPERATIONS:
        if operation.name not in ("AutoContrast", "Equalize"):
            np.testing.assert_array_equal(apply(IMAGE, [(operation, 0.0)], warp), IMAGE)


def test_operations_of_known_results() -> None:
    line = np.array([[[50, 100, 150]]], np.uint8)
    assert done("AutoContrast", 1, line).tolist() == [[[0, 128, 255]]]
    assert done("Solarize", 0.5, line).tolist() == [[[50, 100, 105]]]  # from 128 on: 255 - 150
    assert done("Posterize", 1, line).tolist() == [[[48, 96, 144]]]  # 4 bits are left
    assert done("Posterize", 1, line, wide=True).tolist() == [[[0, 64, 128]]]  # 2 bits
    assert done("Brightness", -0.5, line).tolist() == [[[28, 55, 82]]]  # times 0.55, halves to even
    np.testing.assert_array_equal(done("Rotate", 1, wide=False), done("Rotate", 30 / 135, wide=True))
    moved = done("TranslateX", 5 / 32, wide=True)
    np.testing.assert_array_equal(moved[:, :, 5:], IMAGE[:, :, :-5])
    assert np.ptp(done("Color", -1, wide=True).astype(int), axis=0).max() <= 2, "almost grey"
    assert done("Contrast", -1, wide=True).std() < IMAGE.std() / 10
    assert done("Sharpness", 1).std() > IMAGE.std() > done("Sharpness", -1).std()


def test_consecutive_maps_are_one_resampling() -> None:
    calls: list[Matrix] = []

    def counted(image: Image, matrix: Matrix) -> Image:
        calls.append(matrix)
        return warp(image, matrix)

    named = {each.name: each for each in WIDE_OPERATIONS}
    there: list[tuple[Operation, float]] = [(named["TranslateX"], 0.25), (named["TranslateY"], 0.5)]
    apply(IMAGE, [*there, (named["TranslateX"], -0.25), (named["Brightness"], 0.1)], counted)
    assert len(calls) == 1
    np.testing.assert_allclose(calls[0], [[1, 0, 0], [0, 1, -16], [0, 0, 1]], atol=1e-12)
    apply(IMAGE, [there[0], (named["Equalize"], 1.0), there[1]], counted)
    assert len(calls) == 3


def test_maps_are_applied_in_order() -> None:
    named = {each.name: each for each in OPERATIONS}
    turn, move = named["Rotate"], named["TranslateX"]
    smooth = np.add.outer(np.arange(21) * 4, np.arange(21) * 8).astype(np.uint8)[None]
    together = apply(smooth, [(turn, 1.0), (move, 0.5)], warp)
    apart = apply(apply(smooth, [(turn, 1.0)], warp), [(move, 0.5)], warp)
    assert np.abs(together.astype(int) - apart).mean() < 3
    other = apply(smooth, [(move, 0.5), (turn, 1.0)], warp)
    assert np.abs(together.astype(int) - other).mean() > 6


@pytest.mark.parametrize("operation", WIDE_OPERATIONS, ids=lambda each: each.name)
def test_grey_images_are_taken(operation: Operation) -> None:
    assert apply(IMAGE[:1], [(operation, 0.7)], warp).shape == (1, 21, 21)
