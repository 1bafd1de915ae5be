"""Apply nets to new rows, texts, sequences, recordings and records: what isn't an image.

::

    net = layerzoo.zoo.load("prices")
    for name, guesses in classify_new(net, NewSource.of("homes.csv")).guesses: ...
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from layerzoo.data import DataLayer
from layerzoo.data.continuation import Continuation
from layerzoo.data.new_samples import Inputs, NewSamples, NewSource
from layerzoo.data.samples import Array
from layerzoo.data.translation import Translation
from layerzoo.errors import DataError, ZooError
from layerzoo.layer import LAYERS
from layerzoo.zoo.zoo_net import Guess, ZooNet


class NewGuesses(NamedTuple):
    """What a net says of new samples.

    Attributes:
        notes: what was done about values that are missing, or were not there in training.
        guesses: the name of each sample, and its guesses; read as they are asked for.
    """

    notes: Sequence[str]
    guesses: Iterator[tuple[str, list[Guess]]]


def data_kind(net: ZooNet) -> type[DataLayer] | None:
    """The type of the data layer that reads a net's new samples; None for images alone."""
    if net.inputs is None:
        return None
    kind = LAYERS[net.inputs.type]
    assert issubclass(kind, DataLayer)
    return kind


def reads_new(net: ZooNet, source: NewSource) -> bool:
    """Whether a source holds samples that aren't images, of the kind that a net was trained with."""
    kind = data_kind(net)
    return kind is not None and net.inputs is not None and kind.reads_new(net.inputs, source)


def continuation(net: ZooNet) -> Continuation | None:
    """How a net continues texts; None if it doesn't predict the next token."""
    kind = data_kind(net)
    return None if kind is None or net.inputs is None else kind.continuation(net.inputs)


def translation(net: ZooNet) -> Translation | None:
    """How a net answers a text with another one; None if it doesn't."""
    kind = data_kind(net)
    return None if kind is None or net.inputs is None else kind.translation(net.inputs)


def classify_new(net: ZooNet, source: NewSource, top: int = 5, batch_size: int = 64) -> NewGuesses:
    """The ``top`` classes of each new sample, best first; or the number of each target, in order.

    Args:
        net: the net.
        source: the samples.
        top: number of classes.
        batch_size: samples in a pass.

    Raises:
        DataError: the source can't be read, or isn't like the one that trained.
        ZooError: the net takes images, or inputs that its data layer doesn't give.
    """
    kind = data_kind(net)
    if kind is None or net.inputs is None:
        raise ZooError(f"{net.name} takes images; {source.name} is none")
    wanted = wanted_inputs(net)
    samples = kind.new_samples(net.inputs, source, wanted)
    return NewGuesses(samples.notes, _guesses(net, samples, list(wanted), top, batch_size))


def _guesses(
    net: ZooNet, samples: NewSamples, names: Sequence[str], top: int, batch_size: int
) -> Iterator[tuple[str, list[Guess]]]:
    try:
        for first in range(0, len(samples), batch_size):
            indices = np.arange(first, min(first + batch_size, len(samples)))
            arrays = dict(zip(names, samples.read(indices, indices, 0), strict=True))
            batch = as_tensors(net, arrays, names)
            single = next(iter(batch.values())) if len(batch) == 1 else batch
            for index, guesses in zip(indices.tolist(), net.guesses(single, top), strict=True):
                yield samples.name(index), guesses
    finally:
        samples.close()


def as_tensors(net: ZooNet, arrays: dict[str, Array], names: Sequence[str] | Inputs) -> dict[str, Tensor]:
    """Blobs of a data layer that a net takes, by name, on its device."""
    device = net.net.device
    return {
        name: torch.from_numpy(np.ascontiguousarray(arrays[name], np.float32)).to(device) for name in names
    }


def wanted_inputs(net: ZooNet) -> Inputs:
    """The inputs of a net.

    Raises:
        ZooError: its data layer doesn't give one of them.
    """
    assert net.inputs is not None
    shapes = net.net.graph.input_shapes()
    for name in shapes:
        if name not in net.inputs.top:
            tops = ", ".join(net.inputs.top)
            raise ZooError(
                f"{net.name} takes the input '{name}', which its data layer '{net.inputs.name}' doesn't give "
                f"(tops {tops})"
            )
    if not shapes:
        raise DataError(f"{net.name} takes no inputs")
    return shapes
