"""Image files with labels: folders of classes, lists and tables."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from layerzoo.data.class_folders import find_parts, read_class_folders
from layerzoo.data.listed_files import image_folder, read_labelled
from layerzoo.data.table_source import load_table
from layerzoo.errors import DataError, UsageError
from layerzoo.schema import CSVDataParameter
from layerzoo.tools.import_formats.records import (
    ImportFormat,
    ImportSettings,
    Items,
    by_suffix,
    float_item,
    image_item,
)


def _of_folder(source: Path, s: ImportSettings) -> Items:
    parts = find_parts(source) if source.is_dir() else {}
    if parts and not s.part:
        raise UsageError(f"'{source}' is divided into {', '.join(parts)}; import each by itself, with -part")
    if s.part and not parts:
        raise UsageError(f"-part {s.part}: '{source}' has no folders train, val and test; remove it")
    names, files = read_class_folders(source, (), s.part)
    return [image_item(file.path, file.key, file.label, s) for file in files], names


def _of_list(source: Path, s: ImportSettings) -> Items:
    files = list(read_labelled(source, f"{s.root}/" if s.root else ""))
    if any(len(file.labels) > 1 or not file.label.is_integer() for file in files):
        return [float_item(file, s) for file in files], []
    return [image_item(file.path, file.name or str(file.path), file.label, s) for file in files], []


def _of_table(source: Path, s: ImportSettings) -> Items:
    columns, rows = load_table(CSVDataParameter(source=str(source)))
    if rows.images is None or rows.labels is None or rows.labels.ndim != 1:
        raise DataError(
            f"{source}: the columns give {', '.join(rows.kinds)}; expected paths of images and a class"
        )
    root = Path(s.root) if s.root else image_folder(source, rows.images[0])
    names = next(
        list(column.category) for column in columns if column.category and column.type == column.CLASS
    )
    pairs = zip(rows.images, rows.labels.tolist(), strict=True)
    return [image_item(root / path, path, label, s) for path, label in pairs], names


FORMATS: Final = (
    ImportFormat("folder", frozenset({"part", "gray"}), Path.is_dir, _of_folder),
    ImportFormat("list", frozenset({"root", "gray"}), by_suffix(".txt"), _of_list),
    ImportFormat("csv", frozenset({"root", "gray"}), by_suffix(".csv", ".tsv"), _of_table),
)
"""The formats."""
