"""Annotations of boxes, in COCO's format or PASCAL VOC's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from layerzoo.data.box_source import BoxSource
from layerzoo.data.listed_files import image_folder
from layerzoo.data.parse_memory import check_memory, json_memory
from layerzoo.errors import DataError
from layerzoo.layer import LAYERS
from layerzoo.projects.asked import DETECTION, Asked
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.looking import choose_shares, count_parts, data_layer, keys_of, look_at_images
from layerzoo.projects.recogniser import Recogniser, recogniser
from layerzoo.regular_file import read_bytes

_KEYS: Final = ("images", "annotations", "categories")
_BEGINNING: Final = 1 << 16


@recogniser
class COCOAnnotations(Recogniser):
    """A JSON file in COCO's format, with its images beside it or in a folder images."""

    expects = "annotations of boxes in COCO's format (a .json file, its images beside it or in images/)"
    rank = 20

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> DataDescription | None:
        """What lies at a path; see `Recogniser.recognise`."""
        files = [path] if path.is_file() else [*path.glob("*.json"), *path.glob("annotations/*.json")]
        files = [file for file in sorted(files) if file.suffix.lower() == ".json" and _is_coco(file)]
        if not files:
            return None
        if len(files) > 1:
            names = ", ".join(str(file) for file in files[:5])
            raise DataError(f"-data {path}: several files of annotations: {names}; name one of them")
        root = _root(files[0])
        fields: dict[str, object] = {"source": str(files[0].absolute())}
        if root is not None:
            fields["root_folder"] = str(root)
        return _boxes(path, "COCOData", fields, "annotations in COCO's format")


@recogniser
class VOCAnnotations(Recogniser):
    """A folder with Annotations and JPEGImages, or with images and an XML file beside each."""

    expects = "a folder like PASCAL VOC's (Annotations, JPEGImages), or images with an XML file beside each"
    rank = 20

    @classmethod
    def recognise(cls, path: Path, asked: Asked) -> DataDescription | None:
        """What lies at a path; see `Recogniser.recognise`."""
        if not path.is_dir():
            return None
        inner = path / "Annotations" if (path / "Annotations").is_dir() else path
        if next(inner.glob("*.xml"), None) is None:
            return None
        fields: dict[str, object] = {"source": str(path.absolute())}
        return _boxes(path, "VOCData", fields, "annotations in PASCAL VOC's format")


def _boxes(path: Path, kind: str, fields: Mapping[str, object], what: str) -> DataDescription:
    layer = data_layer(kind, ["data", "label"], **{LAYERS[kind].messages[0]: {**fields, "batch_size": 1}})
    assert isinstance(layer, BoxSource)
    read = layer.annotations(layer.param)
    objects = Counter(int(row) for file in read.files for row in file.classes)
    names = read.names
    keys = keys_of(layer.source)
    shares = choose_shares(len(keys))
    images, warnings = look_at_images([file.path for file in read.files])
    total = sum(objects.values())
    return DataDescription(
        what=f"{what}: {len(read.files):,} images with {total:,} boxes of {len(names)} classes",
        task=DETECTION,
        layer=kind,
        fields=fields,
        counts=count_parts(keys, shares),
        classes={name: objects[number] for number, name in enumerate(names, 1)},
        images=images,
        shares=shares,
        warnings=warnings,
    )


def _is_coco(file: Path) -> bool:
    """Whether a file looks like annotations in COCO's format, by its keys.

    Raises:
        DataError: it has these keys, but isn't JSON.
    """
    data = read_bytes(file, 1 << 30)
    if data[:1] != b"{" and data.lstrip()[:1] != b"{":
        return False
    check_memory(file, json_memory(data))
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        if all(f'"{key}"'.encode() in data for key in _KEYS):
            raise DataError(f"{file}: like annotations in COCO's format, but not JSON: {error}") from None
        return False
    return isinstance(content, dict) and all(isinstance(content.get(key), list) for key in _KEYS)


def _root(file: Path) -> Path | None:
    """The folder of the images that a file names first; None if it is that of the file, or not found."""
    first: object = next(iter(json.loads(read_bytes(file, 1 << 30))["images"]), {})
    name = first.get("file_name") if isinstance(first, dict) else None
    root = image_folder(file, name if isinstance(name, str) else "")
    return None if root == file.parent else root.resolve()
