"""Scenes as PNG."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from layerzoo.drawing.diagram import Diagram
from layerzoo.drawing.png import png
from layerzoo.drawing.scene import Arrow, Scene, scene_of
from layerzoo.errors import LayerzooError


def image_of(scene: Scene) -> Image.Image:
    return Image.open(io.BytesIO(png(scene)))


def test_png_shows_boxes_in_their_colours(two: Diagram) -> None:
    scene = scene_of(two)
    image = image_of(scene)
    assert image.size == (int(2 * scene.width) + 1, int(2 * scene.height) + 1)
    for box, colour in zip(scene.boxes, [(0xE8, 0xEA, 0xED), (0xF8, 0xE8, 0xF4)], strict=True):
        assert image.getpixel((int(2 * box.x) + 14, int(2 * box.y) + 14)) == colour
    assert image.getpixel((1, 1)) == (255, 255, 255)


def test_png_draws_arrows_with_a_head() -> None:
    image = image_of(Scene("n", [], [Arrow([(20, 10), (20, 50)], "", (0, 0), "b")], 40, 60))
    grey = (0x5F, 0x63, 0x68)
    assert image.getpixel((40, 60)) == grey
    assert image.getpixel((30, 60)) == (255, 255, 255)
    assert image.getpixel((44, 88)) == grey, "the head is wider than the line"
    assert image.getpixel((44, 60)) == (255, 255, 255)


@pytest.mark.parametrize(("limit", "size"), [(2400, (41, 61)), (2399, (21, 31)), (599, (11, 16))])
def test_png_reduces_the_scale_past_the_size_limit(
    limit: int, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{png.__module__}._MAX_PIXELS", limit)
    assert image_of(Scene("n", [], [], 40, 60)).size == size


def test_png_rejects_scenes_past_the_size_limit() -> None:
    with pytest.raises(LayerzooError, match=r"a picture of 1000000 x 1000000 is too large for PNG; write"):
        png(Scene("n", [], [], 1e6, 1e6))
