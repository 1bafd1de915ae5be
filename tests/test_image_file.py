from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from layerzoo import image_file
from layerzoo.errors import DataError
from layerzoo.image_file import decode, read_file

SIMPLEJPEG = image_file.simplejpeg


@pytest.fixture(params=["opencv", "pillow", "simplejpeg"], autouse=True)
def _decoder(request, monkeypatch):
    if request.param == "opencv":
        pytest.importorskip("cv2")
    else:
        monkeypatch.setattr(image_file, "opencv", lambda: None)
    if request.param == "simplejpeg":
        assert image_file.simplejpeg() is not None, "the test extra has it"
    else:
        monkeypatch.setattr(image_file, "simplejpeg", lambda: None)


def packed(pixels, mode=None, form="PNG", **options):
    buffer = io.BytesIO()
    drawn = Pillow.fromarray(pixels)
    (drawn.convert(mode) if mode else drawn).save(buffer, form, **options)
    return buffer.getvalue()


RGB = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
GREY = np.array([[9, 200]], np.uint8)


def test_colour_channels_are_blue_green_red():
    assert decode(packed(RGB), True, "x").tolist() == [[[3, 6]], [[2, 5]], [[1, 4]]]
    assert decode(packed(RGB), None, "x").tolist() == [[[3, 6]], [[2, 5]], [[1, 4]]]


def test_grey_is_the_weighted_mean_of_colours():
    # 0.299 R + 0.587 G + 0.114 B; decoders round differently
    colours = np.diag([200, 200, 200]).astype(np.uint8)[None]
    grey = decode(packed(colours), False, "x")
    assert grey.shape == (1, 1, 3)
    assert abs(grey.ravel().astype(int) - [60, 117, 23]).max() <= 1


def test_grey_files_stay_grey_or_get_three_channels():
    assert decode(packed(GREY), None, "x").tolist() == [[[9, 200]]]
    assert decode(packed(GREY), True, "x").tolist() == [[[9, 200]]] * 3


def test_alpha_is_a_fourth_channel_only_without_color():
    rgba = np.array([[[1, 2, 3, 77]]], np.uint8)
    assert decode(packed(rgba), None, "x").ravel().tolist() == [3, 2, 1, 77]
    assert decode(packed(rgba), True, "x").ravel().tolist() == [3, 2, 1]


def test_palette_images_are_converted():
    assert decode(packed(np.repeat(RGB[:, :1], 4, 1), "P"), True, "x").shape == (3, 1, 4)


def test_sixteen_bit_images_are_reduced_or_rejected():
    deep = packed(np.array([[256, 65535]], np.uint16))
    assert decode(deep, False, "x").tolist() == [[[1, 255]]]
    with pytest.raises(DataError, match=r"x: .*expected 8 bits per channel|x: .*more than 8 bits"):
        decode(deep, None, "x")


def test_exif_orientation_is_applied():
    exif = Pillow.Exif()
    exif[0x0112] = 6  # orientation: rotated by 90 degrees
    turned = packed(np.zeros((8, 16, 3), np.uint8), form="JPEG", exif=exif)
    assert decode(turned, True, "x").shape == (3, 16, 8)
    assert decode(turned, False, "x").shape == (1, 16, 8)
    assert decode(turned, None, "x").shape == (3, 8, 16)


def photo(mode, height, width, seed=0):
    """An image of smooth colours and noise."""
    rng = np.random.default_rng(seed)
    bands = Pillow.new(mode, (1, 1)).getbands()
    small = rng.integers(0, 256, (2 + height // 12, 2 + width // 12, len(bands)), np.uint8)
    planes = [
        np.asarray(Pillow.fromarray(small[..., band]).resize((width, height))) for band in range(len(bands))
    ]
    noisy = np.stack(planes, -1) + rng.integers(-9, 10, (height, width, len(bands)))
    return Pillow.fromarray(noisy.clip(0, 255).astype(np.uint8).squeeze(-1 if len(bands) == 1 else ()), mode)


def jpeg(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def outcome(data, color):
    try:
        pixels = decode(data, color, "x")
    except DataError as error:
        return str(error)
    return pixels.tolist()


def by_pillow(data, color, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(image_file, "simplejpeg", lambda: None)
        patch.setattr(image_file, "opencv", lambda: None)
        return outcome(data, color)


def without_pillow(data, color, monkeypatch):
    def fail(*arguments):
        raise AssertionError("Pillow decodes")

    with monkeypatch.context() as patch:
        patch.setattr(image_file, "simplejpeg", SIMPLEJPEG)
        patch.setattr(image_file, "_by_pillow", fail)
        patch.setattr(image_file, "_by_opencv", fail)
        return outcome(data, color)


@pytest.mark.parametrize("color", [True, False, None])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("L", {}),
        ("RGB", {"subsampling": "4:4:4"}),
        ("RGB", {"subsampling": "4:2:2"}),
        ("RGB", {"subsampling": "4:2:0"}),
        ("RGB", {"keep_rgb": True}),
    ],
)
def test_jpegs_have_the_pixels_of_pillow_by_simplejpeg(mode, options, progressive, color, monkeypatch):
    for height, width in ((1, 1), (8, 16), (17, 33), (1, 40), (95, 131)):
        for quality in (20, 75, 95):
            image = photo(mode, height, width, seed=quality)
            data = jpeg(image, quality=quality, progressive=progressive, **options)
            assert without_pillow(data, color, monkeypatch) == by_pillow(data, color, monkeypatch)


@pytest.mark.parametrize("orientation", range(10))
def test_orientation_by_simplejpeg_is_that_of_pillow(orientation, monkeypatch):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    image = photo("RGB", 12, 20)
    data = jpeg(image, exif=exif)
    upright = ImageOps.exif_transpose(Pillow.open(io.BytesIO(data)))
    expected = np.asarray(upright)[..., ::-1].transpose(2, 0, 1).tolist()
    assert without_pillow(data, True, monkeypatch) == expected
    assert by_pillow(data, True, monkeypatch) == expected


@pytest.mark.parametrize("color", [True, False, None])
def test_jpegs_that_simplejpeg_does_not_decode_are_decoded_by_pillow(color, monkeypatch):
    data = jpeg(photo("CMYK", 9, 14))
    expected = by_pillow(data, color, monkeypatch)
    monkeypatch.setattr(image_file, "simplejpeg", SIMPLEJPEG)
    monkeypatch.setattr(image_file, "opencv", lambda: None)
    assert outcome(data, color) == expected
    assert np.shape(expected) == ((1, 9, 14) if color is False else (3, 9, 14))


@pytest.mark.parametrize("color", [True, False, None])
@pytest.mark.parametrize("progressive", [False, True])
def test_damaged_jpegs_lead_to_the_same_with_simplejpeg(progressive, color, monkeypatch):
    whole = jpeg(photo("RGB", 40, 56), progressive=progressive)
    rng = np.random.default_rng(0)
    cut = [whole[:size] for size in (2, 30, len(whole) // 2, len(whole) - 40, len(whole) - 2)]
    longer = [whole + bytes(9), whole + whole]
    changed = []
    for place in rng.integers(2, len(whole) - 2, 60).tolist():
        changed.append(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
    expected = [by_pillow(data, color, monkeypatch) for data in (*cut, *longer, *changed)]
    monkeypatch.setattr(image_file, "simplejpeg", SIMPLEJPEG)
    monkeypatch.setattr(image_file, "opencv", lambda: None)
    assert [outcome(data, color) for data in (*cut, *longer, *changed)] == expected
    assert [type(each) for each in expected[:7]] == [str] * 5 + [list] * 2


@pytest.mark.parametrize("content", [b"", b"GIF", b"no image at all", b"\xff\xd8\xff\xe0"])
@pytest.mark.parametrize("color", [True, False, None])
def test_decode_error_names_the_image(content, color):
    with pytest.raises(
        DataError, match=rf"a\.jpg: not an image that can be decoded \({len(content)} bytes\)"
    ):
        decode(content, color, "a.jpg")


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(%pipe%touch owned) (w) file\n"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
def test_formats_are_found_by_content(form, tmp_path):
    data = packed(np.full((4, 5, 3), 200, np.uint8), form=form)
    (tmp_path / "a.eps").write_bytes(data)
    assert image_file.format_of(data) == form
    assert abs(decode(read_file(tmp_path / "a.eps"), True, "x").astype(int) - 200).max() <= 2


@pytest.mark.parametrize("kind", [b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"])
def test_portable_formats_are_decoded(kind):
    most = b"" if kind in {b"P1", b"P4"} else b" 255"
    values = {
        b"P1": b"1 1",
        b"P4": b"\xc0",
        b"P2": b"0 0",
        b"P3": b"0 0 0 0 0 0",
        b"P5": b"\0\0",
        b"P6": b"\0" * 6,
    }
    assert decode(kind + b"\n2 1" + most + b"\n" + values[kind] + b"\n", False, "x").tolist() == [[[0, 0]]]


@pytest.mark.parametrize(
    "data",
    [
        EPS,
        b"\xc5\xd0\xd3\xc6" + bytes(26) + EPS,  # EPS with a preview for DOS
        packed(RGB, form="TGA"),
        packed(RGB, form="ICO"),
        packed(RGB, form="PDF"),
        b"\0\0\0\x0cjP  \r\n\x87\n",  # JPEG 2000
        b"P7\nWIDTH 1\n",
        b"<svg/>",
    ],
)
def test_other_formats_are_refused_whatever_their_name(data, tmp_path, monkeypatch):
    def start(*arguments, **more):
        raise AssertionError(f"a program is started: {arguments}")

    monkeypatch.setattr("subprocess.Popen", start)
    monkeypatch.setattr("os.system", start)
    (tmp_path / "x.png").write_bytes(data)
    with pytest.raises(
        DataError, match=r"x\.png: not an image that can be decoded .*: expected JPEG, PNG, .* or PBM, "
    ):
        decode(read_file(tmp_path / "x.png"), True, str(tmp_path / "x.png"))


def png(width, height, rows=b"", depth=8, kind=2):
    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def tiff(width, height, size=2000):
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    tags += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 100)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return (b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)).ljust(size, b"\0")


def bmp(width, height):
    head = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return head + bytes(100)


def webp(width, height):
    bits = (width - 1) | (height - 1) << 14
    content = b"WEBPVP8L" + struct.pack("<I", 30) + b"\x2f" + struct.pack("<I", bits) + bytes(25)
    return b"RIFF" + struct.pack("<I", len(content)) + content


@pytest.mark.parametrize("color", [True, False, None])
@pytest.mark.parametrize(
    "data",
    [
        png(12_900, 12_900),
        tiff(12_900, 12_900),
        bmp(12_900, 12_900),
        webp(12_900, 12_900),
        b"P6 12900 12900 255\n" + bytes(100),
        b"GIF89a" + struct.pack("<HHBBB", 12_900, 12_900, 0x80, 0, 0) + bytes(6) + b",",
        b"\xff\xd8\xff\xc0\0\x0b\x08" + struct.pack(">HH", 12_900, 12_900) + b"\x01\x01\x11\0" + bytes(1000),
    ],
    ids=["png", "tiff", "bmp", "webp", "ppm", "gif", "jpeg"],
)
def test_size_is_checked_before_pixels_are_decoded(data, color):
    tracemalloc.start()
    with pytest.raises(DataError, match=r"x: (12,900 x 12,900 pixels|not an image)"):
        decode(data, color, "x")
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_size_has_a_limit_and_a_limit_per_byte(monkeypatch):
    wide = png(4096, 1100)
    with pytest.raises(DataError, match=r"x: declares 4,096 x 1,100 pixels .*, but has \d+ bytes"):
        decode(wide, True, "x")
    rows = (b"\0" + bytes(4096 * 3)) * 1100
    assert decode(png(4096, 1100, rows), True, "x").shape == (3, 1100, 4096)
    monkeypatch.setattr(image_file, "MAX_PIXELS", 4096 * 1100 - 1)
    with pytest.raises(DataError, match=r"x: 4,096 x 1,100 pixels .*; at most 4,505,599 .*; scale it down"):
        decode(png(4096, 1100, rows), True, "x")


def test_first_of_several_frames_is_decoded():
    frames = [Pillow.new("RGB", (3, 2), (level, level, level)) for level in (10, 200)]
    for form in ("GIF", "TIFF", "WEBP", "PNG"):
        buffer = io.BytesIO()
        options = {"lossless": True} if form == "WEBP" else {}
        frames[0].save(buffer, form, save_all=True, append_images=frames[1:], **options)
        assert decode(buffer.getvalue(), True, "x").tolist() == [[[10] * 3] * 2] * 3


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
def test_damaged_images_raise_nothing_but_data_errors(form):
    rng = np.random.default_rng(0)
    whole = packed(rng.integers(0, 256, (16, 16, 3)).astype(np.uint8), form=form)
    refused = 0
    for _ in range(60):
        data = bytearray(whole)
        for place in rng.integers(0, min(len(data), 200), 3):
            data[place] = rng.integers(0, 256)
        for color in (True, None):
            try:
                decode(bytes(data[: rng.integers(1, len(data) + 1)]), color, "x")
            except DataError:
                refused += 1
    assert refused


@pytest.mark.parametrize(
    "error", [MemoryError, RecursionError, IndexError, struct.error, zlib.error, UserWarning]
)
def test_errors_of_decoders_become_data_errors(error, monkeypatch):
    def fail(*arguments, **more):
        raise error("no")

    monkeypatch.setattr(Pillow, "open", fail)
    with pytest.raises(DataError, match=f"x: not an image .*: a damaged PNG: {error.__name__}"):
        decode(packed(RGB), True, "x")


def test_interrupt_of_the_user_is_no_data_error(monkeypatch):
    def interrupt(*arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(Pillow, "open", interrupt)
    with pytest.raises(KeyboardInterrupt):
        decode(packed(RGB), True, "x")


def test_warnings_of_pillow_are_ignored():
    decode(packed(RGB), True, "x")
    with warnings.catch_warnings(action="error"):  # a filter after the one that an earlier image has set
        decode(packed(RGB), True, "x")
        warnings.warn_explicit("odd", UserWarning, "Image.py", 1, module="PIL.Image")


def test_palette_with_transparency_is_decoded_without_a_warning(monkeypatch):
    monkeypatch.setattr(image_file, "_ignore_warnings", lambda: None)
    image = Pillow.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    image.save(buffer := io.BytesIO(), "PNG", transparency=b"\0\xff")
    assert decode(buffer.getvalue(), True, "x").tolist() == 3 * decode(buffer.getvalue(), False, "x").tolist()


def test_damaged_exif_data_is_ignored():
    data = packed(np.zeros((8, 16, 3), np.uint8), form="JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff damaged")
    assert decode(data, True, "x").shape == (3, 8, 16)


def test_read_file_reads_regular_files_of_bounded_size(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "fifo.png")
    with pytest.raises(DataError, match=r"fifo\.png: not a regular file but a FIFO"):
        read_file(tmp_path / "fifo.png")
    with pytest.raises(DataError, match=r"a \(list\.txt:3\): Is a directory"):
        read_file(tmp_path, "a (list.txt:3)")
    (tmp_path / "a.png").write_bytes(b"12345")
    monkeypatch.setattr(image_file, "MAX_FILE", 4)
    with pytest.raises(DataError, match=r"a\.png: more than 4 bytes"):
        read_file(tmp_path / "a.png")


def test_image_file_needs_no_torch():
    code = "import sys, layerzoo.image_file; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
