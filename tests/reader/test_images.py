"""Images that are decoded in the sandbox, and a process that lies about them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from layerzoo import image_file
from layerzoo.errors import DataError
from layerzoo.reader import images, sandbox
from layerzoo.reader.protocol import Message


def png(mode: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 4), np.uint8)
    wide = pixels[..., 0].astype(np.uint16) * 200
    image = Image.fromarray(wide) if mode == "I;16" else Image.fromarray(pixels, "RGBA").convert(mode)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "I;16"])
def test_pixels_are_those_of_this_process(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = png(mode)

    def decoded(color: bool | None) -> Any:
        try:
            return image_file.decode(data, color, "x.png").tolist()
        except DataError as error:
            return str(error)

    plain = [decoded(color) for color in (True, False, None)]
    monkeypatch.setenv(sandbox.VARIABLE, "1")
    assert [decoded(color) for color in (True, False, None)] == plain


@pytest.mark.parametrize("cut", [0, 9])
def test_jpeg_has_the_outcome_of_this_process(cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)).save(file, "JPEG")
    data = file.getvalue()[: -cut or None]

    def decoded(color: bool | None) -> Any:
        try:
            return image_file.decode(data, color, "x.jpg").tolist()
        except DataError as error:
            return str(error)

    plain = [decoded(color) for color in (True, False, None)]
    assert [isinstance(each, str) for each in plain] == [cut > 0] * 3
    monkeypatch.setenv(sandbox.VARIABLE, "1")
    assert [decoded(color) for color in (True, False, None)] == plain


@pytest.mark.parametrize(("mode", "opened"), [("RGBA", "RGB"), ("1", "L"), ("L", "L"), ("I;16", "I")])
def test_opened_image_has_the_same_pixels(mode: str, opened: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = png(mode)
    with image_file.open_image(data, "x") as image:
        plain = np.asarray(image.convert("RGB") if opened == "RGB" else image).astype(int)
    monkeypatch.setenv(sandbox.VARIABLE, "1")
    with image_file.open_image(data, "x") as image:
        assert image.mode == opened
        assert np.array_equal(np.asarray(image), plain * (255 if mode == "1" else 1))


def test_error_has_the_text_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def text() -> str:
        with pytest.raises(DataError) as error:
            image_file.decode(b"\xff\xd8\xff broken", True, "a\x1b.jpg")
        return str(error.value)

    plain = text()
    monkeypatch.setenv(sandbox.VARIABLE, "1")
    assert text().replace("\\x1b", "\x1b") == plain


@pytest.mark.parametrize(
    ("head", "size"),
    [
        ({"dtype": "uint8", "shape": [3, 1, 2]}, 5),
        ({"dtype": "float32", "shape": [3, 1, 1]}, 12),
        ({"dtype": "uint8", "shape": [4, 1, 1]}, 4),
        ({"dtype": "uint8", "shape": [3, 0, 1]}, 0),
        ({"dtype": "uint8", "shape": [3, 1]}, 3),
        ({}, 3),
    ],
)
def test_lies_about_an_image_are_a_data_error(
    head: dict[str, Any], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Message(head, [memoryview(bytes(size))])
    monkeypatch.setattr(images._READER, "call", lambda *_: answer)
    with pytest.raises(DataError, match="x: the process that reads it sent something else"):
        images.decode(b"", True, "x")


@pytest.mark.parametrize(
    "values", [None, [4, 5], [4, 5, 9], [4, 5, 0], [-4, -5, 1], [4, "5", 1], [1 << 20, 1 << 20, 1]]
)
def test_lies_about_a_geometry_are_a_data_error(values: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images._READER, "call", lambda *_: Message({"geometry": values}, []))
    with pytest.raises(DataError, match="x: the process that reads it sent something else"):
        images.geometry(b"", "x")
