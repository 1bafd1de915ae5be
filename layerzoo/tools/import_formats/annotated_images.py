"""Image files with boxes: COCO and PASCAL VOC."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from layerzoo.data.box_samples import AnnotatedFile, upright_edges
from layerzoo.data.coco import read_coco
from layerzoo.data.voc import read_voc
from layerzoo.image_file import read_file
from layerzoo.schema import AnnotatedDatum
from layerzoo.tools.import_formats.records import (
    ImportFormat,
    ImportSettings,
    Item,
    Items,
    by_suffix,
    image_datum,
    stamp,
)


def _items(files: Sequence[AnnotatedFile], names: list[str], s: ImportSettings) -> Items:
    def item(file: AnnotatedFile) -> Item:
        boxes = np.column_stack((file.edges, file.classes, file.difficult)).tolist()
        origin = f"{file.size} {boxes} {stamp(file.path)}"
        return Item(file.key, lambda: _annotated(file, s).SerializeToString(), origin)

    return [item(file) for file in files], ["background", *names]


def _annotated(file: AnnotatedFile, s: ImportSettings) -> AnnotatedDatum:
    data = read_file(file.path)
    record = AnnotatedDatum(datum=image_datum(file.path, data, 0, s), type=AnnotatedDatum.BBOX)
    groups: dict[int, Any] = {}
    for edges, label, difficult in zip(
        upright_edges(file, data).tolist(), file.classes.tolist(), file.difficult.tolist(), strict=True
    ):
        group = groups.get(int(label))
        if group is None:
            group = groups[int(label)] = record.annotation_group.add(group_label=int(label))
        box = group.annotation.add(instance_id=len(group.annotation)).bbox
        box.xmin, box.ymin, box.xmax, box.ymax = edges
        box.difficult = bool(difficult)
    return record


def _of_coco(source: Path, s: ImportSettings) -> Items:
    names, files = read_coco(source, s.root)
    return _items(files, names, s)


def _of_voc(source: Path, s: ImportSettings) -> Items:
    names, files = read_voc(source, s.part)
    return _items(files, names, s)


def _is_voc(source: Path) -> bool:
    return source.is_dir() and ((source / "Annotations").is_dir() or any(source.glob("*.xml")))


FORMATS: Final = (
    ImportFormat("coco", frozenset({"root", "gray"}), by_suffix(".json"), _of_coco),
    ImportFormat("voc", frozenset({"part", "gray"}), _is_voc, _of_voc),
)
"""The formats."""
