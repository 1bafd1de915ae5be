"""SequenceData: sequences of any length, in padded batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from layerzoo.data.class_folders import find_parts
from layerzoo.data.data_layer import DataLayer, Reading, opening, positive
from layerzoo.data.new_rows import TABLES
from layerzoo.data.new_samples import Inputs, NewSamples, NewSource, check_axis
from layerzoo.data.new_sequences import new_sequences
from layerzoo.data.samples import Samples
from layerzoo.data.selection import part_to_read
from layerzoo.data.sequences import (
    MAX_NUMBERS,
    PaddedSequences,
    Sequences,
    normalised,
    of_folder,
    of_hdf5,
    of_table,
)
from layerzoo.data.table_rows import Rows, scales_of
from layerzoo.data.table_source import load_table
from layerzoo.errors import LayerFault
from layerzoo.layer import Arity, Shape, between, register
from layerzoo.schema import (
    TRAIN,
    ColumnParameter,
    CSVDataParameter,
    LayerParameter,
    ReadingParameter,
    SequenceDataParameter,
)

_FIELD = "sequence_data_param."
_HDF5 = {".h5", ".hdf5"}


@register
class SequenceData(DataLayer):
    """Sequences of rows of numbers, of any length, filled up with 0 to one length.

    A CSV file has a row for each step, and a column that tells sequences apart; the label of a sequence
    stands in one of its rows or in several. Numbers are normalised as by CSVData. An HDF5 file has ``data``
    (the steps of all sequences), ``lengths`` and ``label``. A folder has a folder of .npy files for each
    class, or train, val and test with such folders. In TRAIN each epoch has its own random order.

    Shapes: tops (batch_size, length, numbers of a step), or (length, batch_size, numbers) with
    ``time_first``; the class (batch_size) or targets (batch_size, columns), if there are labels; and the
    numbers of steps (batch_size). Source: ours.
    """

    family = "data"
    example = 'source: "sensors.csv" sequence_column: "run" batch_size: 16'
    tops: ClassVar[Arity] = between(1, 3)
    messages = ("sequence_data_param",)
    new_data = "a file like the one that trained: a CSV file with its columns, .npy files, or an HDF5 file"
    path_fields = (f"{_FIELD}source", f"{_FIELD}fitted_on")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.sequence_data_param.batch_size, f"{_FIELD}batch_size")
        return Reading(size, 0, param.phase == TRAIN)

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The texts of the column of the class, or the names of the folders."""
        return _load(param).classes

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        return [*super().check(param, bottoms), *_load(param).notes]

    @classmethod
    def target_scales(cls, param: LayerParameter) -> Mapping[int, Sequence[tuple[float, float]]]:
        """Those of the columns of a table with numbers to predict, unless classes are among the labels."""
        scales = _load(param).scales
        return {1: scales} if scales else {}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, size = param.sequence_data_param, cls.reading(param).batch_size
        sequences = _load(param)
        length, width = _length(param, sequences), sequences.steps[0].shape[1]
        if size * length * width > MAX_NUMBERS:
            message = f"{size} x {length:,} x {width:,} numbers in a batch; at most {MAX_NUMBERS:,}"
            raise LayerFault(message, field=f"{_FIELD}length", hint="give a smaller length or batch_size")
        steps = (length, size, width) if p.time_first else (size, length, width)
        labels = [] if sequences.labels is None else [(size, *sequences.labels.shape[1:])]
        shapes: list[Shape] = [steps, *labels, (size,)]
        return shapes[: len(param.top) or 3]

    @classmethod
    def fitted(cls, param: LayerParameter) -> LayerParameter:
        """The length, and the columns of a table."""
        p, layer = param.sequence_data_param, LayerParameter()
        layer.CopyFrom(param)
        known = layer.sequence_data_param
        known.length = _length(param, _load(param))
        for field in ("source", "fitted_on", "label"):
            known.ClearField(field)
        if p.sequence_column:
            columns, _ = _table(p, _shares(param))
            known.ClearField("column")
            known.column.extend(c for c in columns if c.type == ColumnParameter.NUMBER)
        return layer

    @classmethod
    def reads_new(cls, param: LayerParameter, source: NewSource) -> bool:
        path = source.path
        if param.sequence_data_param.sequence_column:
            return path is None or path.suffix.lower() in TABLES
        return path is not None and (path.is_dir() or path.suffix.lower() in {".npy", *_HDF5})

    @classmethod
    def new_samples(cls, param: LayerParameter, source: NewSource, inputs: Inputs) -> NewSamples:
        p = param.sequence_data_param
        check_axis("steps", p.length, inputs, 0 if p.time_first else 1)
        sequences = new_sequences(p, source)
        check_axis("numbers a step", sequences.steps[0].shape[1], inputs, 2)
        samples = PaddedSequences(sequences, p.length, p.pad_left, p.time_first)
        places = [list(param.top).index(name) for name in inputs]
        return NewSamples(sequences.keys, samples, places, sequences.notes)

    def samples(self) -> Samples:
        p, sequences = self.param.sequence_data_param, _load(self.param)
        divided = Path(p.source).is_dir() and bool(find_parts(p.source))
        part = self.param.reading_param.split if divided else None
        length = _length(self.param, sequences)
        return PaddedSequences(sequences, length, p.pad_left, p.time_first, part)


def _length(param: LayerParameter, sequences: Sequences) -> int:
    return param.sequence_data_param.length or max(map(len, sequences.steps))


def _load(param: LayerParameter) -> Sequences:
    p = param.sequence_data_param
    with opening(f"{_FIELD}source", p.source, "a CSV or HDF5 file, or a folder of .npy files for each class"):
        path = Path(p.source)
        facts = path.stat()
        if path.is_dir():
            part = part_to_read(param, "val" in find_parts(path))
            return normalised(of_folder(p.source, part), p.mean, p.std)
        if path.suffix.lower() in _HDF5:
            return _of_hdf5(p.source, tuple(p.mean), tuple(p.std), (facts.st_mtime_ns, facts.st_size))
    return _of_table(p, _shares(param))


def _shares(param: LayerParameter) -> tuple[float, float] | None:
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
    columns, rows = _table(p, shares)
    names = [list(column.category) for column in columns if column.type == ColumnParameter.CLASS]
    sequences = of_table(rows, names[0] if len(names) == 1 else None, p.source)
    return sequences._replace(scales=scales_of(columns))


def _table(
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
