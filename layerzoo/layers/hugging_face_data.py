"""HuggingFaceData: a data set that the library datasets has saved to disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from layerzoo.data.data_layer import Reading, opening, positive
from layerzoo.data.hugging_face import HuggingFaceSamples, HuggingFaceSet, has_part, open_saved
from layerzoo.data.image_source import AHEAD, ImageSource
from layerzoo.data.mixing import mixed_shapes
from layerzoo.data.samples import Samples
from layerzoo.data.selection import part_to_read
from layerzoo.image_file import decode
from layerzoo.layer import Shape, register
from layerzoo.schema import TRAIN, LayerParameter

_FIELD = "hugging_face_data_param."


@register
class HuggingFaceData(ImageSource):
    """Images and labels of a data set that ``save_to_disk`` of Hugging Face's library datasets wrote.

    Of one with several splits, ``split`` of ``reading_param`` chooses one; without it, TRAIN reads train, and
    TEST reads validation, or test if there is none. In TRAIN each epoch has its own random order. Nothing is
    downloaded, and no code of a data set runs. Needs the extra ``huggingface``.

    Shapes: tops (batch_size, 3 or 1, height, width), after ``transform_param``, and the labels (batch_size).
    Source: ours.
    """

    example = 'source: "beans" batch_size: 32'
    messages = ("hugging_face_data_param", "transform_param")
    path_fields = (f"{_FIELD}source", "transform_param.mean_file")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.hugging_face_data_param.batch_size, f"{_FIELD}batch_size")
        return Reading(size, AHEAD, param.phase == TRAIN)

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The names of the feature ClassLabel."""
        return _open(param).names

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size, pipeline = cls.reading(param).batch_size, cls.pipeline(param)
        samples = HuggingFaceSamples(_open(param), pipeline, param.hugging_face_data_param.source, None)
        color = not param.transform_param.force_gray
        channels, height, width = decode(samples.image_bytes(0), color, samples.name(0)).shape
        return mixed_shapes(param, [(size, *pipeline.top_shape((channels, height, width))), (size,)])

    def samples(self) -> Samples:
        opened = _open(self.param)
        part = self.param.reading_param.split if opened.divided else None
        source = self.param.hugging_face_data_param.source
        return HuggingFaceSamples(opened, self.pipeline(self.param), source, part)


def _open(param: LayerParameter) -> HuggingFaceSet:
    p = param.hugging_face_data_param
    with opening(f"{_FIELD}source", p.source, "a folder that save_to_disk wrote"):
        source = Path(p.source)
        next(source.iterdir(), None)  # raises what is wrong
        part = part_to_read(param, has_part(source, "val"))
        return open_saved(source, part, p.image_column, p.label_column)
