"""What nets answer for pictures and other samples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from layerzoo.data.new_samples import NewSource
from layerzoo.data.picture import open_picture
from layerzoo.errors import DataError
from layerzoo.evaluation.overlays import colour, mask_picture, masked
from layerzoo.image_file import read_file
from layerzoo.studio.worker.open_nets import Target, open_net
from layerzoo.visualise.page import png
from layerzoo.zoo.new_data import classify_new
from layerzoo.zoo.regions import detect_each, segment_each


def classify(target: Target, files: Sequence[str], top: int) -> list[dict[str, Any]]:
    """The best classes of each picture, or its numbers."""
    net = open_net(target)
    rows: list[dict[str, Any]] = []
    for _, found in net.classify_each([Path(file) for file in files], top):
        if isinstance(found, DataError):
            rows.append({"error": str(found), "guesses": []})
        else:
            rows.append({"error": "", "guesses": [vars(guess) for guess in found]})
    return rows


def detect(target: Target, files: Sequence[str], threshold: float) -> list[dict[str, Any]]:
    """The objects in each picture; sides of boxes are shares of the picture's."""
    net = open_net(target)
    rows: list[dict[str, Any]] = []
    for _, found in detect_each(net, [Path(file) for file in files], threshold):
        if isinstance(found, DataError):
            rows.append({"error": str(found), "objects": []})
        else:
            objects = [{**vars(one), "colour": _hex(one.index)} for one in found]
            rows.append({"error": "", "objects": objects})
    return rows


def segment(target: Target, files: Sequence[str], out: str) -> list[dict[str, Any]]:
    """The share of each class in each picture; writes the coloured picture and the mask."""
    net, folder = open_net(target), Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for number, (image, found) in enumerate(segment_each(net, [Path(file) for file in files])):
        if isinstance(found, DataError):
            rows.append({"error": str(found), "classes": []})
            continue
        assert isinstance(image, Path)
        picture = open_picture(read_file(image))
        (folder / f"{number}.png").write_bytes(png(masked(picture, found.mask)))
        (folder / f"{number}-mask.png").write_bytes(png(mask_picture(found.mask)))
        classes = [
            {
                "label": label,
                "index": index,
                "share": float((found.mask == index).mean()),
                "colour": _hex(index),
            }
            for index, label in found.labels.items()
        ]
        classes.sort(key=lambda one: -float(str(one["share"])))
        rows.append({"error": "", "classes": classes, "file": f"{number}.png", "mask": f"{number}-mask.png"})
    return rows


def samples(target: Target, file: str, typed: str, name: str, top: int, most: int) -> dict[str, Any]:
    """The best classes of each sample of a file, or of a text that was typed.

    Args:
        target: the net.
        file: empty if a text was typed.
        typed: the text.
        name: what answers call the file.
        top: classes for each sample.
        most: the most samples.
    """
    net = open_net(target)
    source = NewSource(name, Path(file)) if file else NewSource(typed[:60], None, typed.encode())
    found = classify_new(net, source, top)
    rows: list[dict[str, Any]] = []
    for sample, guesses in found.guesses:
        if len(rows) == most:
            return {"notes": [*found.notes, f"the first {most:,} samples"], "rows": rows}
        rows.append({"name": sample, "guesses": [vars(guess) for guess in guesses]})
    return {"notes": list(found.notes), "rows": rows}


def _hex(index: int) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour(index))
