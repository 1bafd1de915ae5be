"""Pictures of samples before and after transforms, for programs that let a user choose the transforms."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, Final

from layerzoo.data_report.annotations import Annotation, annotation_of
from layerzoo.data_report.sheet import cell_of, number_in_epoch
from layerzoo.data_report.sources import DataSource
from layerzoo.errors import DataError, LayerzooError, UsageError
from layerzoo.loader import parse_part
from layerzoo.schema import TransformationParameter

MAX_ROWS: Final = 12
MAX_COLUMNS: Final = 8
SIDE: Final = 128
_QUALITY: Final = 90


class Previewer:
    """Answers requests for the transformed samples of a source.

    Args:
        opened: gives the source anew, with its own transforms.

    Raises:
        DataError: the source has no images.
    """

    def __init__(self, opened: Callable[[], DataSource]) -> None:
        self._opened = opened
        self._raw = opened()
        if not self._raw.is_image:
            raise DataError(f"{self._raw.text}: no images, so there is nothing to transform")

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The pictures for a request; a mistake in it is the answer's ``error``.

        A request has ``transform``, the text of a ``transform_param``; ``seed``; and how many samples and
        variants of each are wanted: ``rows`` and ``columns``.
        """
        try:
            seed = _whole(request, "seed", 0, 0, 2**31)
            rows = _whole(request, "rows", 4, 1, MAX_ROWS)
            columns = _whole(request, "columns", 5, 1, MAX_COLUMNS)
            return self._pictures(str(request.get("transform", "")), seed, rows, columns)
        except LayerzooError as error:
            return {"error": str(error)}

    def close(self) -> None:
        """Close the source."""
        self._raw.close()

    def _pictures(self, text: str, seed: int, rows: int, columns: int) -> dict[str, Any]:
        source = self._opened()
        source.param.transform_param.CopyFrom(parse_part(text, TransformationParameter(), "transform_param"))
        try:
            size = len(source.layer.source)
            if not size:
                raise DataError(f"{source.text}: no samples")
            shape = source.layer.top_shapes(source.param, [])[0]
            samples = []
            for index in sorted({size * place // rows for place in range(rows)}):
                tops = self._raw.original(index)
                note = annotation_of(tops)
                variants = []
                for epoch in range(columns):
                    fed = source.fed(number_in_epoch(source, seed, epoch, index), seed)
                    variants.append(_uri(source, source.shown(fed[0][0]), annotation_of(fed)))
                samples.append(
                    {
                        "name": source.layer.source.name(index),
                        "label": note.text(source.class_name),
                        "original": _uri(self._raw, self._raw.as_bytes(tops[0][0]), note),
                        "variants": variants,
                    }
                )
            return {"shape": list(shape), "samples": samples}
        finally:
            source.close()


def _uri(source: DataSource, pixels: Any, annotation: Annotation) -> str:
    cell, _ = cell_of(source, pixels, annotation, SIDE)
    data = BytesIO()
    cell.save(data, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{b64encode(data.getvalue()).decode()}"


def _whole(request: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = request.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UsageError(f"{name} is {value!r}; expected a whole number from {low} to {high}")
    return value
