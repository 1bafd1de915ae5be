"""The service that decodes images, in this process."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from layerzoo import image_file
from layerzoo.reader.arrays import unpacked
from layerzoo.reader.protocol import Message
from layerzoo.sandboxed.image_service import ImageService


def test_decode_and_open_answer_with_pixels() -> None:
    progress: Any = None
    service = ImageService({}, progress)
    ImageService.prepare()
    file = io.BytesIO()
    Image.fromarray(np.arange(60, dtype=np.uint8).reshape(4, 5, 3)).save(file, "PNG")
    data = [memoryview(file.getvalue())]
    head, parts = service.decode(Message({"color": True, "name": "x"}, data))
    assert np.array_equal(
        unpacked(head, [memoryview(part) for part in parts]), image_file.decode(file.getvalue(), True, "x")
    )
    assert service.measure(Message({"name": "x"}, data)) == ({"geometry": [4, 5, 1]}, [])
    head, parts = service.open(Message({"name": "x", "indices": False}, data))
    rgb = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    assert np.array_equal(unpacked(head, [memoryview(part) for part in parts]), rgb)


def test_decoders_are_imported_before_the_sandbox_closes() -> None:
    image_file.simplejpeg.cache_clear()
    ImageService.prepare()
    assert image_file.simplejpeg.cache_info().misses == 1
    assert image_file.simplejpeg() is not None
    assert image_file.simplejpeg.cache_info().misses == 1
