"""Pictures of one light disc or square each, with boxes and masks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

NAMES = ("disc", "square")


def draw(folder: Path, count: int) -> Path:
    """Write ``coco``, ``voc`` and ``masks``, data sets of the same pictures of 64 x 64, into a folder."""
    for inner in ("coco/images", "voc/Annotations", "voc/JPEGImages", "masks/images", "masks/masks"):
        (folder / inner).mkdir(parents=True)
    rng = np.random.default_rng(1)
    images, boxes = [], []
    for number in range(count):
        dark, light = (tuple(rng.integers(low, low + 70, 3).tolist()) for low in (0, 170))
        image, mask = Image.new("RGB", (64, 64), dark), Image.new("L", (64, 64))
        kind, size = number % 2, int(rng.integers(18, 30))
        left, top = rng.integers(2, 62 - size, 2).tolist()
        box = (left, top, left + size, top + size)
        for target, colour in ((image, light), (mask, 255)):
            drawing = ImageDraw.Draw(target)
            (drawing.rectangle if kind else drawing.ellipse)(box, fill=colour)
        for file in ("coco/images", "voc/JPEGImages", "masks/images"):
            image.save(folder / file / f"{number}.png")
        mask.save(folder / f"masks/masks/{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "width": 64, "height": 64})
        edges = {"bbox": [left, top, size, size], "area": size * size, "iscrowd": 0}
        boxes.append({"id": number, "image_id": number, "category_id": kind + 1, **edges})
        sides = zip(("xmin", "ymin", "xmax", "ymax"), (side + 1 for side in box), strict=True)
        text = "".join(f"<{side}>{value}</{side}>" for side, value in sides)
        named = f"<object><name>{NAMES[kind]}</name><bndbox>{text}</bndbox></object>"
        xml = f"<annotation><filename>{number}.png</filename>{named}</annotation>"
        (folder / f"voc/Annotations/{number}.xml").write_text(xml)
    categories = [{"id": number, "name": name} for number, name in enumerate(NAMES, 1)]
    content = {"images": images, "annotations": boxes, "categories": categories}
    (folder / "coco/instances.json").write_text(json.dumps(content))
    return folder
