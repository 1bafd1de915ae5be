"""The service that decodes images."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from layerzoo import image_file
from layerzoo.reader.arrays import packed
from layerzoo.reader.protocol import Message
from layerzoo.reader.serve import Answer, Progress, Service


class ImageService(Service):
    """Decodes images that come as bytes."""

    calls: ClassVar = ("decode", "measure", "open")

    def __init__(self, setup: dict[str, Any], progress: Progress) -> None:
        pass

    @classmethod
    def prepare(cls) -> None:
        """Import the decoders."""
        cv2 = image_file.opencv()
        if cv2 is not None:
            cv2.setNumThreads(0)
        image_file.simplejpeg()
        from PIL import Image

        Image.init()

    def decode(self, question: Message) -> Answer:
        """The pixels of an image."""
        head, (data,) = question
        pixels, values = packed(image_file.decode(bytes(data), head["color"], head["name"]))
        return pixels, [values]

    def measure(self, question: Message) -> Answer:
        """The size of an image and its orientation."""
        head, (data,) = question
        return {"geometry": list(image_file.geometry(bytes(data), head["name"]))}, []

    def open(self, question: Message) -> Answer:
        """An image as Pillow sees it, in grey, in 32 bits, or in RGB; or the indices of a palette."""
        head, (data,) = question
        with image_file.open_image(bytes(data), head["name"]) as image:
            if image.mode.startswith("I"):
                values = np.asarray(image).astype(np.int32)
            elif head["indices"] and image.mode == "P":
                values = np.asarray(image)
            else:
                values = np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))
        pixels, part = packed(values)
        return pixels, [part]
