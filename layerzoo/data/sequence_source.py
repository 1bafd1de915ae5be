"""Load sequences of numbers as the config of a SequenceData layer says."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from layerzoo.data.class_folders import find_parts
from layerzoo.data.data_layer import opening
from layerzoo.data.selection import part_to_read
from layerzoo.data.sequences import Sequences, normalised, of_folder, of_hdf5, of_table
from layerzoo.data.table_rows import Rows, scales_of
from layerzoo.data.table_source import load_table
from layerzoo.errors import LayerFault
from layerzoo.schema import (
    ColumnParameter,
    CSVDataParameter,
    LayerParameter,
    ReadingParameter,
    SequenceDataParameter,
)

_FIELD = "sequence_data_param."
_HDF5 = {".h5", ".hdf5"}


def sequence_length(param: LayerParameter, sequences: Sequences) -> int:
    """Steps of the first top."""
    p = param.sequence_data_param
    return p.length or min(max(map(len, sequences.steps)), p.max_length or 1 << 62)


def load_sequences(param: LayerParameter) -> Sequences:
    """The sequences of a source, normalised.

    Raises:
        LayerFault: the source is missing, or a setting that it needs.
        DataError: it is damaged.
    """
    p = param.sequence_data_param
    with opening(f"{_FIELD}source", p.source, "a CSV or HDF5 file, or a folder of .npy files for each class"):
        path = Path(p.source)
        facts = path.stat()
        if path.is_dir():
            part = part_to_read(param, "val" in find_parts(path))
            return normalised(of_folder(p.source, part), p.mean, p.std)
        if path.suffix.lower() in _HDF5:
            return _of_hdf5(p.source, tuple(p.mean), tuple(p.std), (facts.st_mtime_ns, facts.st_size))
    return _of_table(p, table_shares(param))


def table_shares(param: LayerParameter) -> tuple[float, float] | None:
    """The shares of the parts val and test, where the source is divided by a hash."""
    reading = param.reading_param
    return (reading.val_share, reading.test_share) if reading.split != ReadingParameter.ALL else None


@lru_cache(maxsize=2)
def _of_hdf5(path: str, mean: tuple[float, ...], std: tuple[float, ...], stamp: tuple[int, int]) -> Sequences:
    """Read an HDF5 file; ``stamp`` changes with it."""
    return normalised(of_hdf5(Path(path)), mean, std)


def _of_table(p: SequenceDataParameter, shares: tuple[float, float] | None) -> Sequences:
    if not p.sequence_column:
        message = f"'{p.source}' is a table, and sequence_column is missing"
        hint = "name the column whose value tells sequences apart"
        raise LayerFault(message, field=f"{_FIELD}sequence_column", hint=hint)
    columns, rows = sequence_table(p, shares)
    names = [list(column.category) for column in columns if column.type == ColumnParameter.CLASS]
    sequences = of_table(rows, names[0] if len(names) == 1 else None, p.source)
    return sequences._replace(scales=scales_of(columns))


def sequence_table(
    p: SequenceDataParameter, shares: tuple[float, float] | None
) -> tuple[list[ColumnParameter], Rows]:
    """The columns and the rows of a table."""
    return load_table(
        CSVDataParameter(
            source=p.source,
            key=p.sequence_column,
            label=[p.label] if p.label else [],
            column=p.column,
            fitted_on=p.fitted_on,
        ),
        shares,
        one_label_a_key=True,
    )
