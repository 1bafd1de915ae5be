import io

import numpy as np
import pytest
from PIL import Image as Pillow

from layerzoo import image_file
from layerzoo.data import image
from layerzoo.data.image import encode, read_image, resize
from layerzoo.errors import DataError
from layerzoo.image_file import decode


@pytest.fixture(params=["opencv", "pillow"], autouse=True)
def _decoder(request, monkeypatch):
    if request.param == "opencv":
        pytest.importorskip("cv2")
    else:
        monkeypatch.setattr(image_file, "opencv", lambda: None)


def packed(pixels, mode=None, form="PNG", **options):
    buffer = io.BytesIO()
    drawn = Pillow.fromarray(pixels)
    (drawn.convert(mode) if mode else drawn).save(buffer, form, **options)
    return buffer.getvalue()


RGB = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
GREY = np.array([[9, 200]], np.uint8)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.png: No such file"):
        read_image(tmp_path / "none.png", True)


def test_resize_is_bilinear_between_pixel_centres():
    # new centres are at -0.25, 0.25, 0.75, 1.25 of the old pixels
    row = np.array([[[0, 100]]], np.uint8)
    assert resize(row, 1, 4).tolist() == [[[0, 25, 75, 100]]]
    assert resize(row.transpose(0, 2, 1), 4, 1).ravel().tolist() == [0, 25, 75, 100]


def test_resize_does_not_antialias():
    # to a third: centres at 1 and 4, so the pixels between don't count
    row = np.array([[[0, 10, 255, 255, 40, 0]]], np.uint8)
    assert resize(row, 1, 2).tolist() == [[[10, 40]]]


def test_resize_to_the_same_size_returns_the_image():
    pixels = decode(packed(RGB), True, "x")
    assert resize(pixels, 1, 2) is pixels


def test_resize_refuses_images_of_other_values():
    with pytest.raises(TypeError, match="an image of float32; expected uint8"):
        resize(np.full((1, 2, 2), 0.5, np.float32), 1, 1)


def test_resize_agrees_with_and_without_opencv():
    pytest.importorskip("cv2")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 37, 53)).astype(np.uint8)
    by_numpy = image._resize_by_numpy(pixels.transpose(1, 2, 0), 20, 80).transpose(2, 0, 1)
    off = resize(pixels, 20, 80).astype(int) - by_numpy
    assert abs(off).max() <= 1
    assert abs(off).mean() < 0.01


def test_lossless_images_survive_encode_and_decode():
    for pixels in (RGB.transpose(2, 0, 1)[::-1], GREY[None]):
        data = encode(np.ascontiguousarray(pixels), "png", "x")
        assert data.startswith(b"\x89PNG")
        assert (decode(data, None, "x") == pixels).all()


def test_jpeg_quality_is_that_of_opencv():
    smooth = np.add.outer(np.arange(32), np.arange(32)).astype(np.uint8)[None] * 4
    data = encode(smooth, "jpg", "x")
    assert data.startswith(b"\xff\xd8")
    assert abs(decode(data, None, "x").astype(int) - smooth).max() <= 3
    with Pillow.open(io.BytesIO(data)) as jpeg:
        # quality 95 divides the standard's tables by 10; their first entry is 16
        assert jpeg.quantization[0][0] == 2


def test_encode_rejects_unknown_formats():
    with pytest.raises(DataError, match=r"x: can't be encoded as 'nothing'; use jpg or png"):
        encode(GREY[None], "nothing", "x")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((30, 41, 3), (16, 17)),
        ((7, 5, 3), (3, 11)),
        ((1, 1, 3), (4, 4)),
        ((64, 64, 1), (63, 65)),
        ((90, 80, 4), (9, 8)),
        ((5, 6, 3), (5, 3)),
    ],
)
def test_resize_without_opencv_computes_opencvs_integers(old, new):
    pixels = np.random.default_rng(2).integers(0, 256, old, np.uint8)
    made = image._resize_by_numpy(pixels, *new)
    one = 2048

    def taps(size, count, index):
        centre = (index + 0.5) * (size / count) - 0.5
        first = int(np.floor(centre))
        weight = int(np.rint((centre - first) * one))
        if first < 0 or first >= size - 1:
            weight = 0
        first = min(max(first, 0), size - 1)
        return first, min(first + 1, size - 1), weight

    for row in range(new[0]):
        top, bottom, down = taps(old[0], new[0], row)
        for column in range(new[1]):
            left, right, across = taps(old[1], new[1], column)
            for channel in range(old[2]):
                weighted = ((left, one - across), (right, across))
                upper, lower = (
                    sum(int(pixels[y, x, channel]) * weight for x, weight in weighted) >> 4
                    for y in (top, bottom)
                )
                expected = (((one - down) * upper >> 16) + (down * lower >> 16) + 2) >> 2
                assert made[row, column, channel] == expected
