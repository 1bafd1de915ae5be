"""SequenceData: sequences of any length, in padded batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from layerzoo.data.class_folders import find_parts
from layerzoo.data.continuation import Continuation
from layerzoo.data.data_layer import DataLayer, Reading, positive
from layerzoo.data.new_rows import TABLES
from layerzoo.data.new_samples import Inputs, NewSamples, NewSource, check_axis
from layerzoo.data.new_sequences import new_sequences
from layerzoo.data.new_texts import NEW_TEXTS
from layerzoo.data.samples import Samples
from layerzoo.data.sequence_source import load_sequences, sequence_length, sequence_table, table_shares
from layerzoo.data.sequences import MAX_NUMBERS, PaddedSequences
from layerzoo.data.token_lines import (
    check_text_fields,
    fitted_lines,
    line_vocabulary,
    load_token_lines,
    new_token_lines,
    reads_text,
    token_shapes,
)
from layerzoo.data.vocabulary import of_message
from layerzoo.errors import LayerFault
from layerzoo.layer import Arity, Shape, between, register
from layerzoo.schema import TRAIN, ColumnParameter, LayerParameter

_FIELD = "sequence_data_param."
_HDF5 = {".h5", ".hdf5"}


@register
class SequenceData(DataLayer):
    """Sequences of rows of numbers, or of tokens, of any length, filled up with 0 to one length.

    A CSV file has a row for each step, and a column that tells sequences apart; the label of a sequence
    stands in one of its rows or in several. Numbers are normalised as by CSVData. An HDF5 file has ``data``
    (the steps of all sequences), ``lengths`` and ``label``. A folder has a folder of .npy files for each
    class, or train, val and test with such folders. In TRAIN each epoch has its own random order. With
    ``unit`` or ``vocabulary`` the lines of a text are the sequences, in their order unless ``shuffle`` says
    otherwise; with ``next`` there are the tokens to predict, too.

    Shapes: tops (batch_size, length, numbers of a step), or (length, batch_size, numbers) with
    ``time_first``; the class (batch_size) or targets (batch_size, columns), if there are labels; and the
    numbers of steps (batch_size). Of a text: tokens (batch_size, length), with ``next`` the next ones, of the
    same shape, and numbers of tokens (batch_size). Source: ours.
    """

    family = "data"
    example = 'source: "sensors.csv" sequence_column: "run" batch_size: 16'
    tops: ClassVar[Arity] = between(1, 3)
    messages = ("sequence_data_param",)
    new_data = (
        "a file like the one that trained: a CSV file with its columns, .npy files, an HDF5 file, a text, or "
        "-text TEXT"
    )
    path_fields = (f"{_FIELD}source", f"{_FIELD}fitted_on", f"{_FIELD}vocabulary")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        p = param.sequence_data_param
        shuffle = p.shuffle if p.HasField("shuffle") else param.phase == TRAIN and not reads_text(param)
        return Reading(positive(p.batch_size, f"{_FIELD}batch_size"), 0, shuffle)

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The texts of the column of the class, the names of the folders, or the tokens to predict."""
        if reads_text(param):
            return list(line_vocabulary(param).tokens) if param.sequence_data_param.next else None
        return load_sequences(param).classes

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        notes = () if reads_text(param) else load_sequences(param).notes
        return [*super().check(param, bottoms), *notes]

    @classmethod
    def target_scales(cls, param: LayerParameter) -> Mapping[int, Sequence[tuple[float, float]]]:
        """Those of the columns of a table with numbers to predict, unless classes are among the labels."""
        scales = None if reads_text(param) else load_sequences(param).scales
        return {1: scales} if scales else {}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p, size = param.sequence_data_param, cls.reading(param).batch_size
        check_text_fields(param)
        if reads_text(param):
            return token_shapes(param, size)[: len(param.top) or 3]
        sequences = load_sequences(param)
        length, width = sequence_length(param, sequences), sequences.steps[0].shape[1]
        if size * length * width > MAX_NUMBERS:
            message = f"{size} x {length:,} x {width:,} numbers in a batch; at most {MAX_NUMBERS:,}"
            raise LayerFault(message, field=f"{_FIELD}length", hint="give a smaller length or batch_size")
        steps = (length, size, width) if p.time_first else (size, length, width)
        labels = [] if sequences.labels is None else [(size, *sequences.labels.shape[1:])]
        shapes: list[Shape] = [steps, *labels, (size,)]
        return shapes[: len(param.top) or 3]

    @classmethod
    def fitted(cls, param: LayerParameter) -> LayerParameter:
        """The length, and the columns of a table, or the vocabulary of a text."""
        if reads_text(param):
            return fitted_lines(param)
        p, layer = param.sequence_data_param, LayerParameter()
        layer.CopyFrom(param)
        known = layer.sequence_data_param
        known.length = sequence_length(param, load_sequences(param))
        for field in ("source", "fitted_on", "label"):
            known.ClearField(field)
        if p.sequence_column:
            columns, _ = sequence_table(p, table_shares(param))
            known.ClearField("column")
            known.column.extend(c for c in columns if c.type == ColumnParameter.NUMBER)
        return layer

    @classmethod
    def reads_new(cls, param: LayerParameter, source: NewSource) -> bool:
        path = source.path
        if reads_text(param):
            return path is None or path.suffix.lower() in NEW_TEXTS
        if param.sequence_data_param.sequence_column:
            return path is None or path.suffix.lower() in TABLES
        return path is not None and (path.is_dir() or path.suffix.lower() in {".npy", *_HDF5})

    @classmethod
    def new_samples(cls, param: LayerParameter, source: NewSource, inputs: Inputs) -> NewSamples:
        p = param.sequence_data_param
        if reads_text(param):
            return new_token_lines(param, source, inputs)
        check_axis("steps", p.length, inputs, 0 if p.time_first else 1)
        sequences = new_sequences(p, source)
        check_axis("numbers a step", sequences.steps[0].shape[1], inputs, 2)
        samples = PaddedSequences(sequences, p.length, p.pad_left, p.time_first)
        places = [list(param.top).index(name) for name in inputs]
        return NewSamples(sequences.keys, samples, places, sequences.notes)

    @classmethod
    def continuation(cls, param: LayerParameter) -> Continuation | None:
        p = param.sequence_data_param
        if not p.next:
            return None
        return Continuation(of_message(p.vocabulary_param), p.length, p.time_first, param.top, lines=True)

    def samples(self) -> Samples:
        if reads_text(self.param):
            return load_token_lines(self.param)
        p, sequences = self.param.sequence_data_param, load_sequences(self.param)
        divided = Path(p.source).is_dir() and bool(find_parts(p.source))
        part = self.param.reading_param.split if divided else None
        length = sequence_length(self.param, sequences)
        return PaddedSequences(sequences, length, p.pad_left, p.time_first, part)
