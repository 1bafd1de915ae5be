"""WebDataset: images in tar archives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from layerzoo.data.class_file import read_class_file
from layerzoo.data.data_layer import Reading, opening, positive
from layerzoo.data.image_source import AHEAD, ImageSource
from layerzoo.data.mixing import mixed_shapes
from layerzoo.data.samples import Samples
from layerzoo.data.tar_shards import TarSample, TarSamples, find_shards, index_shard
from layerzoo.errors import DataError
from layerzoo.image_file import decode
from layerzoo.layer import Shape, register
from layerzoo.regular_file import open_regular
from layerzoo.schema import TRAIN, LayerParameter

_FIELD = "web_dataset_param."


@register
class WebDataset(ImageSource):
    """Images in tar archives, as the library webdataset writes them, read in any order.

    A sample is the members with one name: an image (``a.jpg``) and a label (``a.cls``, a whole number as
    text). Archives are indexed by their headers when the layer is built; they must not be compressed. In
    TRAIN each epoch has its own random order, over all archives.

    Shapes: tops (batch_size, 3 or 1, height, width), after ``transform_param``, and the labels (batch_size).
    Source: ours; the format of Aizman, Maltby and Breuel 2019, "High performance I/O for large scale deep
    learning".
    """

    example = 'source: "shards/train-{000..099}.tar" batch_size: 32'
    messages = ("web_dataset_param", "transform_param")
    path_fields = (f"{_FIELD}source", f"{_FIELD}class_file", "transform_param.mean_file")

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.web_dataset_param.batch_size, f"{_FIELD}batch_size")
        return Reading(size, AHEAD, param.phase == TRAIN)

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The names in ``class_file``."""
        path = param.web_dataset_param.class_file
        if not path:
            return None
        with opening(f"{_FIELD}class_file", path, "a file with a name of a class in each line"):
            return read_class_file(path)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        size, first = cls.reading(param).batch_size, _index(param)[0]
        cls.class_names(param)  # raises what is wrong with the file of classes
        with open_regular(first.shard) as file:
            file.seek(first.start)
            data = file.read(first.size)
        color = not param.transform_param.force_gray
        channels, height, width = decode(data, color, f"{first.key} in {first.shard}").shape
        image = cls.pipeline(param).top_shape((channels, height, width))
        return mixed_shapes(param, [(size, *image), (size,)])

    def samples(self) -> Samples:
        return TarSamples(_index(self.param), self.pipeline(self.param))


def _index(param: LayerParameter) -> tuple[TarSample, ...]:
    p = param.web_dataset_param
    with opening(f"{_FIELD}source", p.source, "a tar archive, a folder of them, or a pattern"):
        samples: list[TarSample] = []
        for shard in find_shards(p.source):
            facts = shard.stat()
            samples += _indexed(shard, p.label_suffix, (facts.st_mtime_ns, facts.st_size))
        if not samples:
            raise DataError(f"{p.source}: no images in the archives")
        return tuple(samples)


@lru_cache(maxsize=4096)
def _indexed(shard: Path, label_suffix: str, stamp: tuple[int, int]) -> tuple[TarSample, ...]:
    """The images of an archive; ``stamp`` changes with it."""
    return tuple(index_shard(shard, label_suffix))
