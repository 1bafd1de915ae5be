"""Read annotations in COCO's format: JSON with images, categories and boxes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np

from layerzoo.data.box_samples import MAX_EDGE, AnnotatedFile
from layerzoo.data.listed_files import image_folder
from layerzoo.data.parse_memory import check_memory, json_memory
from layerzoo.errors import DataError, did_you_mean, nearest
from layerzoo.regular_file import read_bytes

MAX_BYTES: Final = 1 << 30
"""The largest file of annotations; that of COCO's 118,000 training images has 470 million bytes."""
_MAX_SIDE: Final = 1 << 20


def read_coco(
    source: str | Path, root: str = "", names: Sequence[str] = ()
) -> tuple[list[str], list[AnnotatedFile]]:
    """Read the classes, and the images with their boxes.

    Classes are the categories in the order of their numbers, counted from 1 without gaps. Boxes without area
    are left out.

    Args:
        source: the file.
        root: folder of the images; empty: that of the file, or one beside it that has the first image, see
            `layerzoo.data.listed_files.image_folder`.
        names: names of the categories to read, in the order of the classes; none: all.

    Raises:
        OSError: the file can't be read.
        DataError: it isn't in COCO's format.
    """
    data = read_bytes(source, MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DataError(f"{source}: annotations of more than {MAX_BYTES:,} bytes")
    check_memory(source, json_memory(data))
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source}: not JSON: {error!s:.200}") from None
    lists = {key: _list(content, key, source) for key in ("images", "categories", "annotations")}
    categories = {
        _whole(entry, "id", f"{source}: category {number}"): _text(
            entry, "name", f"{source}: category {number}"
        )
        for number, entry in enumerate(lists["categories"])
    }
    classes, class_of = _classes(categories, names, source)
    boxes: dict[int, list[tuple[float, ...]]] = {}
    for number, entry in enumerate(lists["annotations"]):
        where = f"{source}: annotation {number}"
        category, image = _whole(entry, "category_id", where), _whole(entry, "image_id", where)
        if category not in categories:
            raise DataError(f"{where}: category_id {category} is in no category")
        if category in class_of and (box := _box(entry, where)) is not None:
            boxes.setdefault(image, []).append((*box, class_of[category], float(bool(entry.get("iscrowd")))))
    first = next((name for entry in lists["images"] if isinstance(name := entry.get("file_name"), str)), "")
    folder = Path(root) if root else image_folder(Path(source), first)
    files = []
    for number, entry in enumerate(lists["images"]):
        where = f"{source}: image {number}"
        key = _text(entry, "file_name", where)
        if "\0" in key:
            raise DataError(f"{where}: file_name with a null character")
        rows = np.array(boxes.pop(_whole(entry, "id", where), []), np.float32).reshape(-1, 6)
        path = folder / key
        files.append(
            AnnotatedFile(
                path, str(PurePosixPath(key)), _size(entry, where), rows[:, :4], rows[:, 4], rows[:, 5]
            )
        )
    if boxes:
        raise DataError(f"{source}: annotations of image_id {next(iter(boxes))}, which is in no image")
    return classes, files


def _classes(
    categories: Mapping[int, str], names: Sequence[str], source: str | Path
) -> tuple[list[str], dict[int, int]]:
    """The names of the classes, and the class of each category that is read."""
    known = [categories[number] for number in sorted(categories)]
    twice = [name for name, count in Counter(known).items() if count > 1]
    if twice:
        raise DataError(f"{source}: two categories are named '{twice[0]:.100}'")
    if not known:
        raise DataError(f"{source}: no categories")
    for name in names:
        if name not in known:
            hint = did_you_mean(nearest(name, known)) or f"it has {', '.join(known[:10])}"
            raise DataError(f"{source}: no category '{name:.100}'; {hint:.300}")
    classes = list(names) or known
    class_of = {name: number for number, name in enumerate(classes, 1)}
    return classes, {number: class_of[name] for number, name in categories.items() if name in class_of}


def _box(entry: Mapping[str, Any], where: str) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom in pixels; None for a box without area."""
    match entry.get("bbox"):
        case [int() | float(), int() | float(), int() | float(), int() | float()] as box:
            left, top, width, height = (
                float(side) if abs(side) <= MAX_EDGE else MAX_EDGE * 2 for side in box
            )
            if all(isfinite(side) and abs(side) <= MAX_EDGE for side in (left, top, width, height)):
                return (left, top, left + width, top + height) if width > 0 and height > 0 else None
    raise DataError(
        f"{where}: bbox {entry.get('bbox')!s:.100}; expected left, top, width and height in pixels"
    )


def _size(entry: Mapping[str, Any], where: str) -> tuple[int, int] | None:
    if "height" not in entry or "width" not in entry:
        return None
    height, width = _whole(entry, "height", where), _whole(entry, "width", where)
    if not (0 < height <= _MAX_SIDE and 0 < width <= _MAX_SIDE):
        raise DataError(f"{where}: height {height}, width {width}; expected 1 to {_MAX_SIDE:,}")
    return height, width


def _list(content: Any, key: str, source: str | Path) -> list[Any]:
    entries = content.get(key) if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise DataError(
            f"{source}: not in COCO's format: no list '{key}'; expected images, categories, annotations"
        )
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise DataError(f"{source}: entry {number} of '{key}' is not an object of JSON")
    return entries


def _whole(entry: Mapping[str, Any], key: str, where: str) -> int:
    value = entry.get(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise DataError(f"{where}: {key} is {value!s:.60}; expected a whole number")
    return value


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise DataError(f"{where}: {key} is {value!s:.60}; expected a text")
    return value
