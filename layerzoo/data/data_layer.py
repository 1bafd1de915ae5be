"""The base of layers that read a source of data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from layerzoo.data.dataset import NamedSet
from layerzoo.data.order import Order
from layerzoo.data.prefetch import Prefetcher
from layerzoo.data.samples import Samples
from layerzoo.data.transform import Pipeline
from layerzoo.errors import LayerFault
from layerzoo.layer import Arity, Layer, between, exactly
from layerzoo.schema import LayerParameter
from layerzoo.seeds import stable_seed


class Reading(NamedTuple):
    """How a data layer goes through its samples.

    Attributes:
        batch_size: samples in a batch.
        prefetch: batches that may lie ready; 0 reads each when it is asked for.
        shuffle: each epoch has an order of its own; else that of the source.
        rand_skip: the first epoch starts at a random sample of the first so many; 0 starts at the first.
    """

    batch_size: int
    prefetch: int
    shuffle: bool = False
    rand_skip: int = 0


class DataLayer(Layer):
    """A layer without bottoms whose tops are batches of a source.

    Batch k (``clock.batch``) holds samples kB to (k+1)B - 1 of an endless sequence of epochs, so a batch may
    lie across the border of two. Where several processes train together (``clock.ranks``), the samples of the
    sequence are dealt out to them one by one, so that their batches make up those of one process with batches
    as large as all of theirs. With ``whole_pass`` the batches walk once over the source from its start,
    the last one partial, and then begin again.

    A type gives `reading`, `samples` and `top_shapes`.

    Attributes:
        device: where the tops go; the net sets it.
        whole_pass: walk over the source as a whole, for testing.
        first_batch: the ``clock.batch`` at which the sequence starts.
        cycle: batches after which it begins again; None for an endless one.
        dealt: its samples are dealt out to the processes that train together; else each has all of them.
    """

    bottoms: ClassVar[Arity] = exactly(0)
    tops: ClassVar[Arity] = between(1, 2)
    is_data: ClassVar[bool] = True
    no_gradient: ClassVar[str] = "it reads data and has no bottoms"
    dealt: ClassVar[bool] = True

    def __init__(self, param: LayerParameter, bottom_shapes: object = ()) -> None:
        super().__init__(param)
        self.plan = self.reading(param)
        self.device = torch.device("cpu")
        self.whole_pass = False
        self.first_batch = 0
        self.cycle: int | None = None
        self._stream: Prefetcher[tuple[Tensor, ...]] | _Batches | None = None
        self._stream_of: _Stream | None = None

    @classmethod
    def named_set(cls, param: LayerParameter) -> type[NamedSet] | None:
        """The named data set that the layer serves; None where it reads files, or the name is unknown."""
        return None

    @classmethod
    def reading(cls, param: LayerParameter) -> Reading:
        """How the layer goes through its samples.

        Raises:
            LayerFault: the message doesn't say.
        """
        raise NotImplementedError

    @classmethod
    def pipeline(cls, param: LayerParameter) -> Pipeline | None:
        """What is done to each image before it is a blob; None for a layer that reads no images.

        Raises:
            LayerFault: the message contradicts itself, or a file that it names is missing.
            DataError: a file that it names is damaged.
        """
        return None

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        """The fields of ``transform_param`` that make the same image come out differently each time."""
        pipeline = cls.pipeline(param)
        steps = [] if pipeline is None else [step for step in pipeline.steps if step.random]
        fields = [field for step in steps for field in step.fields]
        return f"{' and '.join(fields)} {'are' if len(fields) > 1 else 'is'} random" if fields else None

    def samples(self) -> Samples:
        """Open the source.

        Raises:
            LayerFault: it is missing.
            DataError: it is damaged.
        """
        raise NotImplementedError

    @cached_property
    def source(self) -> Samples:
        """The opened source."""
        return self.samples()

    @property
    def batch_size(self) -> int:
        """Samples in a batch."""
        return self.plan.batch_size

    @property
    def epoch_size(self) -> int:
        """Samples in the source."""
        return len(self.source)

    @property
    def batches_per_pass(self) -> int:
        """Batches that hold every sample once, the last one partial."""
        return -(-self.epoch_size // self.batch_size)

    def forward(self) -> Tensor | tuple[Tensor, ...]:
        """The batch of number ``clock.batch``, on ``device``."""
        clock = self.clock
        rank, ranks = (clock.rank, clock.ranks) if self.dealt and not self.whole_pass else (0, 1)
        wanted = _Stream(clock.seed, self.whole_pass, self.device.type == "cuda", rank, ranks)
        if self._stream is None or self._stream_of != wanted:
            self._open_stream(wanted)
        assert self._stream is not None
        number = self.clock.batch - self.first_batch
        cycle = self.batches_per_pass if self.whole_pass else self.cycle
        number = number if cycle is None else number % cycle
        batch = self._stream.get(number)
        tops = len(self.param.top) or len(batch)
        if self.device.type != "cpu":
            batch = tuple(blob.to(self.device, non_blocking=True) for blob in batch)
        return batch[0] if tops == 1 else batch[:tops]

    def repeat(self, batches: int | None) -> None:
        """Give the first so many batches again and again; None goes on without an end."""
        self.close()
        self.cycle = batches

    def close(self) -> None:
        """Stop reading ahead and let go of the source; a forward pass opens it again."""
        if isinstance(self._stream, Prefetcher):
            self._stream.close()
        self._stream = None
        if "source" in self.__dict__:
            self.source.close()
            del self.source

    def __getstate__(self) -> dict[str, Any]:
        """What a copy starts from: it opens files and reads ahead for itself."""
        state = self.__dict__ | {"_stream": None}
        if "source" in state and not state["source"].cheap:
            del state["source"]
        return state

    def _open_stream(self, stream: _Stream) -> None:
        if isinstance(self._stream, Prefetcher):
            self._stream.close()
        batches = _Batches(self.source, self.plan, self.name, stream)
        if self.plan.prefetch == 0 or self.source.cheap:
            self._stream = batches
        else:
            cycle = self.batches_per_pass if stream.whole else self.cycle
            self._stream = Prefetcher(batches.get, self.plan.prefetch, cycle)
        self._stream_of = stream


class _Stream(NamedTuple):
    """What decides which samples come."""

    seed: int
    whole: bool
    pin: bool
    rank: int
    ranks: int


class _Batches:
    """Batches by number; holds all that a background thread needs, and not the layer."""

    def __init__(self, source: Samples, plan: Reading, name: str, stream: _Stream) -> None:
        seed, whole, self._pin, self._rank, self._ranks = stream
        self._source = source
        self._size = plan.batch_size
        self._key = stable_seed(seed, name, "samples")
        self._end = len(source) if whole else None
        skip = 0
        if plan.rand_skip and not whole:
            skip = stable_seed(seed, name, "rand_skip") % plan.rand_skip
        permute = source.permutation if plan.shuffle and not whole else None
        self._order = Order(len(source), permute, seed, name, skip)

    def get(self, number: int) -> tuple[Tensor, ...]:
        first = number * self._size
        last = first + self._size if self._end is None else min(first + self._size, self._end)
        numbers = np.arange(first, last) * self._ranks + self._rank
        arrays = self._source.read(self._order.indices(numbers), numbers, self._key)
        blobs = tuple(torch.from_numpy(array) for array in arrays)
        return tuple(blob.pin_memory() for blob in blobs) if self._pin else blobs


def positive(value: int, field: str) -> int:
    """``value``, which must be at least 1.

    Raises:
        LayerFault: it isn't.
    """
    if value < 1:
        raise LayerFault(f"{field.rpartition('.')[2]} must be at least 1", field=field)
    return value


@contextmanager
def opening(field: str, path: str, expected: str) -> Iterator[None]:
    """Opens what a field names: a file that can't be opened becomes a fault of the field.

    Args:
        field: dotted, e.g. ``data_param.source``.
        path: what it says.
        expected: what should be there, e.g. ``an LMDB``.

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
