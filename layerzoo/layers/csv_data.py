"""CSVData: the rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from layerzoo.data.data_layer import Reading, positive
from layerzoo.data.image_source import AHEAD, ImageSource
from layerzoo.data.listed_files import image_folder
from layerzoo.data.new_rows import TABLES, fitted_columns, new_rows
from layerzoo.data.new_samples import Inputs, NewSamples, NewSource
from layerzoo.data.samples import Samples
from layerzoo.data.table_rows import Rows, TableSamples, scales_of
from layerzoo.data.table_source import load_table
from layerzoo.data.unread_fields import single_labels_only, without_boxes
from layerzoo.errors import LayerFault
from layerzoo.layer import Arity, Shape, between, register
from layerzoo.schema import TRAIN, ColumnParameter, CSVDataParameter, LayerParameter, ReadingParameter

_FIELD = "csv_data_param."


@register
class CSVData(ImageSource):
    """Rows of a table: images, numbers, categories and labels, each kind in a top of its own.

    What a column holds is found by inspection, or given in ``column``; `layerzoo data columns TABLE` prints
    it. Numbers are normalised by the mean and standard deviation of the rows that train. A category is its
    number for an Embed layer, whose ``input_dim`` is the sum over the columns of their categories and one
    more, for missing and new ones. Rows without a label are left out. In TRAIN each epoch has its own random
    order.

    Shapes: tops, as far as there are such columns and in this order: images (batch_size, 3 or 1, height,
    width) after ``transform_param``; numbers (batch_size, columns); categories (batch_size, columns); the
    class (batch_size), or targets (batch_size, columns). Source: ours.
    """

    example = 'source: "table.csv" batch_size: 32 label: "species"'
    tops: ClassVar[Arity] = between(1, 4)
    ignores: ClassVar[Mapping[str, str]] = {**without_boxes(), **single_labels_only("rows are not mixed")}
    messages = ("csv_data_param", "transform_param")
    new_data = "a CSV file with the columns that trained, by name"
    table_fields = (f"{_FIELD}source", f"{_FIELD}join")
    path_fields = (
        f"{_FIELD}source",
        f"{_FIELD}join",
        f"{_FIELD}fitted_on",
        f"{_FIELD}root_folder",
        "transform_param.mean_file",
    )

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.csv_data_param.batch_size, f"{_FIELD}batch_size")
        return Reading(size, AHEAD, param.phase == TRAIN)

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The texts of the column of the class, or the names of several columns to predict."""
        columns, _ = _load(param)
        classes = [column for column in columns if column.type == ColumnParameter.CLASS]
        targets = [column for column in columns if column.type == ColumnParameter.TARGET]
        if len(classes) == 1 and not targets:
            return list(classes[0].category)
        return [column.name for column in targets] if targets and not classes else None

    @classmethod
    def target_scales(cls, param: LayerParameter) -> Mapping[int, Sequence[tuple[float, float]]]:
        """Those of the columns of numbers to predict, unless classes are among the labels."""
        columns, rows = _load(param)
        return {rows.kinds.index("labels"): scales} if (scales := scales_of(columns)) else {}

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        return [*super().check(param, bottoms), *_load(param)[1].notes]

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size = cls.reading(param).batch_size
        rows = _load(param)[1]
        shapes: list[Shape] = []
        if rows.images is not None:
            first = _root(param.csv_data_param, rows) / rows.images[0]
            shapes.append((size, *cls.image_shape(param, first)))
        arrays = (rows.numbers, rows.categories, rows.labels)
        shapes += [(size, *array.shape[1:]) for array in arrays if array is not None]
        if len(param.top) > len(shapes):
            kinds = ", ".join(rows.kinds)
            source = param.csv_data_param.source
            message = f"{len(param.top)} tops, but the columns of '{source}' give {kinds}"
            raise LayerFault(message, hint="label and column say what columns hold")
        return shapes[: len(param.top) or 4]

    @classmethod
    def fitted(cls, param: LayerParameter) -> LayerParameter:
        """The columns, each with all that its type needs."""
        columns, _ = _load(param)
        layer = LayerParameter()
        layer.CopyFrom(param)
        layer.csv_data_param.CopyFrom(fitted_columns(param.csv_data_param, columns))
        return layer

    @classmethod
    def reads_new(cls, param: LayerParameter, source: NewSource) -> bool:
        return source.path is None or source.path.suffix.lower() in TABLES

    @classmethod
    def new_samples(cls, param: LayerParameter, source: NewSource, inputs: Inputs) -> NewSamples:
        p = param.csv_data_param
        rows = new_rows(p, source)
        root = _root(CSVDataParameter(source=str(source.path or "")), rows)
        samples = TableSamples(rows, root, cls.pipeline(param), source.name)
        places = [list(param.top).index(name) for name in inputs]
        return NewSamples(rows.keys, samples, places, rows.notes)

    def samples(self) -> Samples:
        p = self.param.csv_data_param
        rows = _load(self.param)[1]
        return TableSamples(rows, _root(p, rows), self.pipeline(self.param), p.source)


def _root(p: CSVDataParameter, rows: Rows) -> Path:
    """The folder of the images."""
    first = rows.images[0] if rows.images else ""
    return Path(p.root_folder) if p.root_folder else image_folder(Path(p.source), first)


def _load(param: LayerParameter) -> tuple[list[ColumnParameter], Rows]:
    reading = param.reading_param
    shares = (reading.val_share, reading.test_share) if reading.split != ReadingParameter.ALL else None
    return load_table(param.csv_data_param, shares)
