"""Base class of the layers that read a source of data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, Final

import torch
from torch import Tensor

from layerzoo.data.batches import Batches, Reading, StreamSettings, sample_numbers
from layerzoo.data.caching import ImageCache, WholeCache
from layerzoo.data.continuation import Continuation
from layerzoo.data.dataset import NamedSet
from layerzoo.data.mixing import mixed
from layerzoo.data.new_samples import Inputs, NewSamples, NewSource
from layerzoo.data.samples import Samples
from layerzoo.data.selection import select
from layerzoo.data.skipping import Skipping
from layerzoo.data.streams import DeviceStream, Stream
from layerzoo.data.switches import Switches
from layerzoo.data.transform import Pipeline
from layerzoo.data.translation import Translation
from layerzoo.errors import DataError, LayerFault
from layerzoo.layer import Arity, Layer, Shape, between, exactly
from layerzoo.schema import LayerParameter, ReadingParameter
from layerzoo.seeds import stable_seed

__all__ = ["DataLayer", "Reading", "opening", "positive"]

_CACHE: Final = "reading_param.cache"


class DataLayer(Layer):
    """A layer without bottoms whose tops are batches of a source.

    Batch k (``clock.batch``) holds samples kB to (k+1)B - 1 of an endless sequence of epochs, so a batch may
    span two epochs. With several training processes (``clock.ranks``), the sequence is distributed
    round-robin: the batches of all processes together equal those of one process with the summed batch size.
    With ``whole_pass`` the batches cover the source once from its start, the last one partial, and then start
    over. Row i of batch k in process r of N is sample ``offset + (kB + i)N + r``: by ``offset`` a run that is
    resumed with other batches, or by other processes, goes on with the next sample.

    Subclasses implement `reading`, `samples` and `top_shapes`. ``reading_param``, which every type reads,
    is read here and nowhere else.

    Attributes:
        new_data: what new samples are given as, for messages, such as "a CSV file"; empty for images.
        without_switches: fields of ``reading_param`` that have no meaning for the type, and why.
        plan: how the layer reads its samples.
        switches: what ``reading_param`` says.
        device: device of the tops; set by the net.
        whole_pass: whether each pass covers the source exactly once, for testing.
        first_batch: the ``clock.batch`` at which the sequence starts.
        offset: the number of the sample with which batch 0 begins; below 0 if batches have become larger.
        apart: whether each process reads a part of the source of its own, in order, as steps of sequences ask
            for; ``offset`` then counts the samples of one process.
        batch_step: how far apart the batches are that this process reads, to read them ahead; every Nth of
            a test that is split over N processes.
        waited: seconds that batches were waited for, so far.
        distributed: whether the samples are distributed over the training processes; otherwise each process
            reads all of them.
    """

    bottoms: ClassVar[Arity] = exactly(0)
    tops: ClassVar[Arity] = between(1, 2)
    is_data: ClassVar[bool] = True
    no_gradient: ClassVar[str] = "it reads data and has no bottoms"
    distributed: ClassVar[bool] = True
    new_data: ClassVar[str] = ""
    without_switches: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def __init_subclass__(cls, **options: Any) -> None:
        if "reading_param" not in cls.messages:
            cls.messages = (*cls.messages, "reading_param")
        super().__init_subclass__(**options)

    def __init__(self, param: LayerParameter, bottom_shapes: object = ()) -> None:
        super().__init__(param)
        self.switches = Switches.of(param, self.messages, self.without_switches)
        self.plan = self.reading(param)
        if self.switches.shuffle is not None:
            self.plan = self.plan._replace(shuffle=self.switches.shuffle)
        if self.switches.order:
            self.plan = self.plan._replace(order=f"order {self.switches.order}")
        self.device = torch.device("cpu")
        self.whole_pass = False
        self.first_batch = self.offset = 0
        self.apart = False
        self.batch_step = 1
        self.waited = 0.0
        self._stream: Stream | DeviceStream | None = None
        self._stream_settings: StreamSettings | None = None

    @classmethod
    def named_set(cls, param: LayerParameter) -> type[NamedSet] | None:
        """The named data set that the layer reads; None if it reads files or the name is unknown."""
        return None

    @classmethod
    def class_names(cls, param: LayerParameter) -> list[str] | None:
        """The names of the classes, in the order of their labels; None if the source has none.

        Raises:
            LayerFault: the source is missing.
            DataError: the source is damaged.
        """
        return None

    @classmethod
    def target_scales(cls, param: LayerParameter) -> Mapping[int, Sequence[tuple[float, float]]]:
        """Mean and standard deviation by which each number to predict is normalised, by index of the top.

        Raises:
            LayerFault: the source is missing.
            DataError: the source is damaged.
        """
        return {}

    @classmethod
    def fitted(cls, param: LayerParameter) -> LayerParameter | None:
        """The layer with all that it takes from its source, which it names no more; for `new_samples`.

        None if the type has no such form, as layers of images have none: their transforms say all.

        Raises:
            LayerFault: the source is missing.
            DataError: the source is damaged.
        """
        return None

    @classmethod
    def reads_new(cls, param: LayerParameter, source: NewSource) -> bool:
        """Whether a source of new samples is of the kind that `new_samples` reads, by its name."""
        return False

    @classmethod
    def new_samples(cls, param: LayerParameter, source: NewSource, inputs: Inputs) -> NewSamples:
        """The samples of another source, without labels, as a net that was trained with the layer takes them.

        Args:
            param: the layer as `fitted` gives it.
            source: the new source.
            inputs: the inputs of the net, each named like one of the layer's tops.

        Raises:
            DataError: the source can't be read, or isn't like the one that trained.
        """
        raise DataError(f"{source.name}: {param.type} reads no new samples")

    @classmethod
    def continuation(cls, param: LayerParameter) -> Continuation | None:
        """How texts are continued by a net that predicts the next token; None for other nets.

        Args:
            param: the layer as `fitted` gives it.
        """
        return None

    @classmethod
    def translation(cls, param: LayerParameter) -> Translation | None:
        """How texts are answered by a net with an encoder and a decoder; None for other nets.

        Args:
            param: the layer as `fitted` gives it.
        """
        return None

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        """Check ``reading_param``, see `Layer.check`."""
        switches, why = Switches.of(param, cls.messages, cls.without_switches), cls.randomness(param)
        pipeline = cls.pipeline(param) if cls._reads("on_device") else None
        on_host = pipeline is None or pipeline.is_random_on_host
        if switches.cache == ReadingParameter.DEVICE and why is not None and on_host:
            hint = "cache: MEMORY keeps decoded images; transform_param.on_device runs steps on the device"
            raise LayerFault(f"cache: DEVICE keeps batches as they are, but {why}", field=_CACHE, hint=hint)
        if switches.split != ReadingParameter.ALL or switches.cache == ReadingParameter.MEMORY:
            layer = cls(param)
            try:
                len(layer.source)  # an empty split or too little memory shows here, with its position
            finally:
                layer.close()
        return super().check(param, bottoms)

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        """How the layer reads its samples, according to ``param``.

        Raises:
            LayerFault: a required field is missing or invalid.
        """
        raise NotImplementedError

    @classmethod
    def batches_ahead(cls, param: LayerParameter) -> int:
        """The number of batches that the layer reads ahead."""
        return cls.reading(param).prefetch

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline | None:
        """The transforms applied to each image; None for a layer that reads no images.

        Raises:
            LayerFault: fields contradict each other, or a file that they name is missing.
            DataError: a file that they name is damaged.
        """
        return None

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        """A phrase that names the random transforms, such as "mirror is random"; None if there are none."""
        pipeline = cls.pipeline(param)
        steps = [] if pipeline is None else [step for step in pipeline.steps if step.random]
        given = {field.name for field, _ in param.transform_param.ListFields()}
        named = ([field for field in step.fields if field in given] for step in steps)
        fields = [
            field
            for step, names in zip(steps, named, strict=True)
            for field in names or [type(step).__name__.lower()]
        ]
        return f"{' and '.join(fields)} {'are' if len(fields) > 1 else 'is'} random" if fields else None

    @classmethod
    def _reads(cls, field: str) -> bool:
        """Whether the type reads a field of ``transform_param``."""
        return "transform_param" in cls.messages and f"transform_param.{field}" not in cls.ignores

    def samples(self) -> Samples:
        """Open the source.

        Raises:
            LayerFault: the source is missing.
            DataError: the source is damaged.
        """
        raise NotImplementedError

    @cached_property
    def source(self) -> Samples:
        """The opened source, or the part of it that is read, with its cache, and mixed."""
        switches = self.switches
        source = select(self.samples(), switches)
        in_memory = switches.cache == ReadingParameter.MEMORY
        is_random = self.randomness(self.param) is not None
        if in_memory and is_random:
            source = ImageCache(source)
        if switches.max_skipped is not None:
            source = Skipping(source, switches.max_skipped, self.name, any_size=self.batch_size == 1)
        if in_memory and not is_random:
            source = WholeCache(source)
        return mixed(self.param, source) if self._reads("mix_param") else source

    @cached_property
    def _later(self) -> Pipeline | None:
        """The pipeline if some of its steps run on the device; otherwise None."""
        if not self._reads("on_device") or not self.param.transform_param.on_device:
            return None
        pipeline = self.pipeline(self.param)
        return pipeline if pipeline is not None and pipeline.deferred else None

    @property
    def batch_size(self) -> int:
        """Samples per batch."""
        return self.plan.batch_size

    @property
    def epoch_size(self) -> int:
        """Samples in the source, or in the part of it that is read."""
        return len(self.source)

    @property
    def batches_per_pass(self) -> int:
        """Batches needed to read every sample once, counting a last partial one."""
        return -(-self.epoch_size // self.batch_size)

    def forward(self) -> Tensor | tuple[Tensor, ...]:
        """The tops of batch ``clock.batch``, on ``device``."""
        clock = self.clock
        settings = self._settings()
        if self._stream is None or self._stream_settings != settings:
            self._open_stream(settings)
        assert self._stream is not None
        number = self.clock.batch - self.first_batch
        number = number % self.batches_per_pass if self.whole_pass else number
        before = self._stream.waited
        batch = self._stream.get(number)
        self.waited += self._stream.waited - before
        tops = len(self.param.top) or len(batch)
        if self.device.type != "cpu":
            batch = tuple(blob.to(self.device, non_blocking=True) for blob in batch)
        if self._later is not None:
            numbers = sample_numbers(number, self.batch_size, settings)[: len(batch[0])]
            key = stable_seed(clock.seed, self.name, "samples")
            batch = (self._later.run_on_device(batch[0], numbers, key), *batch[1:])
        return batch[0] if tops == 1 else batch[:tops]

    @property
    def batch_of_all(self) -> int:
        """Samples by which a batch moves on: those of all processes together, or of each in its own part."""
        return self.batch_size * (self.clock.ranks if self.distributed and not self.apart else 1)

    def report(self) -> None:
        """Log which samples were left out because they could not be read."""
        inner = self.__dict__.get("source")
        while inner is not None:
            if isinstance(inner, Skipping):
                inner.report()
            inner = getattr(inner, "source", None)

    def sample_name(self, row: int) -> str | None:
        """The name of a sample of the batch ``clock.batch``, by its row; None if it isn't known."""
        settings = self._stream_settings
        if settings is None or not 0 <= row < self.batch_size:
            return None
        number = self.clock.batch - self.first_batch
        number = number % self.batches_per_pass if self.whole_pass else number
        indices, _ = Batches(self.source, self.plan, self.name, settings).indices(number)
        return self.source.name(int(indices[row])) if row < len(indices) else None

    def close(self) -> None:
        """Stop prefetching and close the source; the next forward pass opens it again."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None
        if "source" in self.__dict__:
            self.source.close()
            del self.source

    def __getstate__(self) -> dict[str, Any]:
        """The state of a copy, without prefetcher and open files; a copy opens its own."""
        state = self.__dict__ | {"_stream": None}
        if "source" in state and not state["source"].cheap:
            del state["source"]
        return state

    def _settings(self) -> StreamSettings:
        clock, pin = self.clock, self.device.type == "cuda"
        rank, ranks = (clock.rank, clock.ranks) if self.distributed and not self.whole_pass else (0, 1)
        whole, balanced = self.whole_pass, self.switches.balanced
        offset, apart = (0, False) if whole else (self.offset, self.apart)
        return StreamSettings(clock.seed, whole, pin, rank, ranks, balanced, offset, apart, self.batch_step)

    def _open_stream(self, settings: StreamSettings) -> None:
        if self._stream is not None:
            self._stream.close()
        batches = Batches(self.source, self.plan, self.name, settings)
        if self.switches.cache == ReadingParameter.DEVICE:
            self._stream = DeviceStream(batches, self.device)
        else:
            workers, prefetch = self.switches.workers, self.plan.prefetch
            may_choose = workers is None and prefetch > 0
            ahead = 0 if self.source.cheap else prefetch
            self._stream = Stream(batches, ahead, workers or 0, may_choose)
        self._stream_settings = settings


def positive(value: int, field: str) -> int:
    """Check that a field's value is at least 1, and return it.

    Raises:
        LayerFault: ``value`` is smaller.
    """
    if value < 1:
        raise LayerFault(f"{field.rpartition('.')[2]} must be at least 1", field=field)
    return value


@contextmanager
def opening(field: str, path: str, expected: str) -> Iterator[None]:
    """Report files that can't be opened inside the block as a fault of the field that names them.

    Args:
        field: dotted name, e.g. ``data_param.source``.
        path: value of the field.
        expected: the kind of file expected, e.g. ``an LMDB``.

    Raises:
        LayerFault: ``path`` is empty or can't be opened.
    """
    if not path:
        raise LayerFault(f"{field.rpartition('.')[2]} is missing", field=field, hint=f"name {expected}")
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"'{path}' can't be opened: {reason}"
        hint = f"expected {expected}; paths are relative to the config's folder, then to the working folder"
        raise LayerFault(message, field=field, hint=hint) from None
