"""Data layers that read what lies at a path: images in folders, a database, HDF5, a table, or annotations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError

from layerzoo.data.class_folders import find_parts
from layerzoo.data.coco import MAX_BYTES
from layerzoo.data.database import open_records
from layerzoo.data.hdf5_rows import INPUTS, LABELS, first_dataset, opened_datasets
from layerzoo.data.table_source import load_table
from layerzoo.errors import DataError, LayerFault
from layerzoo.regular_file import read_bytes
from layerzoo.schema import AnnotatedDatum, CSVDataParameter, DataParameter, LayerParameter

_DATABASES: Final = {"data.mdb": DataParameter.LMDB, "CURRENT": DataParameter.LEVELDB}
_HDF5: Final = frozenset({".h5", ".hdf5", ".hdf"})
_TABLES: Final = frozenset({".csv", ".tsv", ".tab"})


def is_data_file(path: Path) -> bool:
    """Whether a path names a file of data, not a config: HDF5, a table, annotations, an LMDB's file."""
    if not path.is_file():
        return False
    return path.suffix.lower() in _HDF5 | _TABLES or path.name == "data.mdb" or _is_coco(path)


def layers_at(path: Path) -> list[LayerParameter]:
    """Data layers that read what lies at a path.

    A folder of images has one for each part, TRAIN, VAL and TEST, or one for TRAIN.

    Raises:
        DataError: the path is missing or can't be read, or holds no data.
    """
    try:
        if path.name == "data.mdb" and path.is_file():
            return [_database(path.parent)]
        if path.is_file() and _is_coco(path):
            return [_coco(path)]
        if path.is_file():
            return [_hdf5(path) if path.suffix.lower() in _HDF5 else _table(path)]
        if any((path / name).is_file() for name in _DATABASES):
            return [_database(path)]
        if (path / "Annotations").is_dir():
            return [_voc(path)]
        return _folders(path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except LayerFault as fault:
        raise DataError(f"{path}: {fault.message}") from None


def _is_coco(path: Path) -> bool:
    """Whether a file seems to hold annotations in COCO's format: JSON with their keys."""
    if path.suffix.lower() != ".json":
        return False
    try:
        data = read_bytes(path, MAX_BYTES)
    except OSError:
        return False
    return all(key in data for key in (b'"images"', b'"annotations"', b'"categories"'))


def _coco(path: Path) -> LayerParameter:
    layer = _layer(["data", "label"], type="COCOData")
    layer.coco_data_param.source, layer.coco_data_param.batch_size = str(path), 1
    return layer


def _voc(folder: Path) -> LayerParameter:
    layer = _layer(["data", "label"], type="VOCData")
    layer.voc_data_param.source, layer.voc_data_param.batch_size = str(folder), 1
    return layer


def _folders(folder: Path) -> list[LayerParameter]:
    return [
        LayerParameter(
            name="data",
            type="FolderData",
            top=["data", "label"],
            phase="TRAIN" if part in ("train", "") else "TEST",
            folder_data_param={"source": str(folder), "batch_size": 1},
            reading_param={"split": part.upper() or "ALL"},
        )
        for part in find_parts(folder) or ("",)
    ]


def _database(folder: Path) -> LayerParameter:
    """The layer of a database: of Datum messages, or of AnnotatedDatum if the first record is one."""
    backend = next(kind for name, kind in _DATABASES.items() if (folder / name).is_file())
    param = DataParameter(source=str(folder), backend=backend, batch_size=1)
    records = open_records(param)
    try:
        (first,) = records.read([0])
    finally:
        records.close()
    layer = _layer(["data", "label"], type="Data")
    layer.data_param.CopyFrom(param)
    try:
        annotated = AnnotatedDatum.FromString(first)
    except DecodeError:
        return layer  # whose reader says what is wrong
    if annotated.HasField("datum"):  # a Datum has a number in its place
        layer.type = "AnnotatedData"
        layer.annotated_data_param.SetInParent()
    return layer


def _hdf5(path: Path) -> LayerParameter:
    names = [name for usual in (INPUTS, LABELS) if (name := first_dataset(path, usual))]
    if not names:
        with opened_datasets(path, INPUTS[:1]):  # says what is wrong, or which datasets there are
            pass
    layer = _layer(names, type="HDF5Data")
    layer.hdf5_data_param.source, layer.hdf5_data_param.batch_size = str(path), 1
    return layer


def _table(path: Path) -> LayerParameter:
    _, rows = load_table(CSVDataParameter(source=str(path)))
    kinds = rows.kinds if rows.labels is not None else rows.kinds[:1]
    layer = _layer(kinds, type="CSVData")
    layer.csv_data_param.source, layer.csv_data_param.batch_size = str(path), 1
    return layer


def _layer(tops: Sequence[str], *, type: str) -> LayerParameter:  # noqa: A002 (the field's name)
    return LayerParameter(name="data", type=type, top=tops, phase="TRAIN")
