"""DrawnData: samples of a task, drawn by a generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from layerzoo.data.data_layer import DataLayer, Reading, positive
from layerzoo.data.drawn_pair import DrawnPair
from layerzoo.data.drawn_samples import blob_shapes, is_endless, samples_of, task_class, task_of
from layerzoo.data.drawn_task import TASKS
from layerzoo.data.new_samples import NewSource
from layerzoo.data.new_texts import NEW_TEXTS
from layerzoo.data.samples import Samples
from layerzoo.data.translation import Translation
from layerzoo.errors import LayerFault
from layerzoo.layer import Arity, Shape, between, register
from layerzoo.schema import TRAIN, LayerParameter, ReadingParameter

_AHEAD = 4
_FIELD = "drawn_data_param."


@register
class DrawnData(DataLayer):
    """Samples of a task that a generator draws, such as ``adding``; nothing is stored or downloaded.

    A sample is a function of the task and its fields, ``seed``, the part (TRAIN, VAL or TEST) and the
    sample's number. With ``count`` each epoch has the same samples; without it TRAIN never repeats one, and
    counts 10,000 as an epoch, and TEST has 1,000. With ``count`` and ``reading_param { cache: MEMORY }`` each
    is drawn once, which pays for images. Another seed of the solver gives another order, not other samples.
    `layerzoo list tasks` lists the tasks, `layerzoo explain adding` says what one draws.

    Shapes: tops as the task says, with the axis of samples first; with ``time_first`` those of steps before
    it. Fewer tops take the first ones. Source: ours.
    """

    family = "data"
    example = 'task: "adding" batch_size: 32'
    tops: ClassVar[Arity] = between(1, 6)
    messages = ("drawn_data_param",)
    new_data = "-text TEXT, or a text file (.txt) with a line for each"

    @classmethod
    def choices(cls) -> Mapping[str, Sequence[str]]:
        return {"tasks": list(TASKS)}

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        size = positive(param.drawn_data_param.batch_size, f"{_FIELD}batch_size")
        return Reading(size, _AHEAD, param.phase == TRAIN and not is_endless(param))

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        return list(task_class(param.drawn_data_param).classes) or None

    @classmethod
    def fitted(cls, param: LayerParameter) -> LayerParameter | None:
        """The layer itself, if its task is to answer tokens by tokens."""
        if not issubclass(task_class(param.drawn_data_param), DrawnPair):
            return None
        layer = LayerParameter()
        layer.CopyFrom(param)
        return layer

    @classmethod
    def reads_new(cls, param: LayerParameter, source: NewSource) -> bool:
        return source.path is None or source.path.suffix.lower() in NEW_TEXTS

    @classmethod
    def translation(cls, param: LayerParameter) -> Translation | None:
        p = param.drawn_data_param
        task = task_of(p)
        if not isinstance(task, DrawnPair):
            return None
        return Translation(task.encode, task.decode, task.sizes(), p.time_first, param.top)

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "each epoch draws new samples, without count" if is_endless(param) else None

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        if is_endless(param) and param.reading_param.split != ReadingParameter.ALL:
            message = "split has no effect: each epoch draws new samples"
            raise LayerFault(message, field="reading_param.split", hint="give part, or count")
        return super().check(param, bottoms)

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        p = param.drawn_data_param
        shapes = blob_shapes(p, cls.reading(param).batch_size)
        if len(param.top) > len(shapes):
            named = ", ".join(top.name for top in task_class(p).tops)
            message = f"{len(param.top)} tops; task '{p.task}' has {len(shapes)}: {named}"
            raise LayerFault(message, field="top", hint="remove the others")
        return shapes[: len(param.top) or len(shapes)]

    def samples(self) -> Samples:
        return samples_of(self.param)
