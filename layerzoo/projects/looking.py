"""Look at images and labels of a source, without reading all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from layerzoo.data import DataLayer
from layerzoo.data.described_sets import MAX_CLASSES
from layerzoo.data.draws import Ints
from layerzoo.data.samples import Samples
from layerzoo.data.selection import split_of
from layerzoo.errors import DataError, LayerFault
from layerzoo.image_file import decode, read_file
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.projects.data_description import PARTS, DataDescription, Images
from layerzoo.projects.yaml_text import layer
from layerzoo.schema import TRAIN, LayerParameter, ReadingParameter

_LOOKED_AT: Final = 64
"""Images that are decoded, spread over all."""
_MOST_NAMED: Final = 5

_SHARES: Final = ((5000, 0.1), (200, 0.15), (0, 0.2))
"""The least number of samples at which a share of them is enough for val, and the same for test."""
_LEAST_IN_PART: Final = 2


def look_at_images(paths: Sequence[Path]) -> tuple[Images, list[str]]:
    """The sizes of images, and warnings of those that can't be read.

    Raises:
        DataError: none of those that were looked at can be read.
    """
    step = max(1, len(paths) // _LOOKED_AT)
    sizes: list[tuple[int, int, int]] = []
    broken: list[str] = []
    grey = True
    for path in paths[::step]:
        try:
            pixels = decode(read_file(path), True, str(path))
        except DataError as error:
            broken.append(str(error))
            continue
        sizes.append((pixels.shape[1] * pixels.shape[2], pixels.shape[1], pixels.shape[2]))
        grey = grey and bool((pixels[0] == pixels[1]).all() and (pixels[1] == pixels[2]).all())
    if not sizes:
        raise DataError(f"none of the {len(broken)} images that were looked at can be read: {broken[0]}")
    _, height, width = sorted(sizes)[len(sizes) // 2]
    warnings = [f"can't be read: {text}" for text in broken[:_MOST_NAMED]]
    if len(broken) > _MOST_NAMED:
        warnings.append(f"and {len(broken) - _MOST_NAMED} more images can't be read")
    if broken:
        fix = "mend or remove them, or leave them out by reading_param { on_error: SKIP } in net.yaml"
        warnings.append(f"training stops at images that can't be read; {fix}")
    return Images(height, width, 1 if grey else 3, len(set(sizes)) > 1), warnings


def choose_shares(count: int) -> tuple[float, float]:
    """The shares of val and test for a number of samples: of few samples more, since few score badly."""
    share = next(share for least, share in _SHARES if count >= least)
    return share, share


def count_parts(keys: Sequence[str], shares: tuple[float, float]) -> dict[str, int]:
    """The number of samples in each part, by the hash of their keys.

    Raises:
        DataError: there are too few samples for three parts.
    """
    parts = Counter(split_of(key, *shares) for key in keys)
    values = (ReadingParameter.TRAIN, ReadingParameter.VAL, ReadingParameter.TEST)
    counts = {part: parts[value] for part, value in zip(PARTS, values, strict=True)}
    if min(counts.values()) < _LEAST_IN_PART:
        shown = ", ".join(f"{part} {count}" for part, count in counts.items())
        raise DataError(
            f"{len(keys)} samples are too few: split into parts they give {shown}. Expected about 20 or more "
            "for each class, since a net learns from train, its best weights are chosen by val, and test "
            "gives the score"
        )
    return counts


def data_layer(kind: str, tops: Sequence[str], **fields: object) -> DataLayer:
    """The data layer of a config, to look at what it reads.

    Args:
        kind: its type.
        tops: names of its tops.
        fields: its fields of parameters.

    Raises:
        DataError: the source is missing or damaged.
    """
    cls, param = _parsed(kind, tops, fields)
    try:
        cls.check(param, [])
        return cls(param)
    except LayerFault as fault:
        raise DataError(fault.message + (f"; {fault.hint}" if fault.hint else "")) from None


def shuffles(description: DataDescription) -> bool:
    """Whether the layer of data reads them in a random order when it trains, without being told to."""
    cls, param = _parsed(
        description.layer, description.tops, {description.message: {**description.fields, "batch_size": 1}}
    )
    param.phase = TRAIN
    return cls.reading(param).shuffle


def _parsed(
    kind: str, tops: Sequence[str], fields: Mapping[str, object]
) -> tuple[type[DataLayer], LayerParameter]:
    """A data layer's class, and its parameters."""
    text = "layer:\n" + layer("data", kind, None, list(tops), "", **fields)
    cls = LAYERS[kind]
    assert issubclass(cls, DataLayer)
    return cls, parse_net(text, format="yaml").message.layer[0]


def keys_of(samples: Samples) -> list[str]:
    """What identifies each sample of a source."""
    return [samples.key_of(index) for index in range(len(samples))]


def by_class(labels: Ints | None, names: Sequence[str] = ()) -> dict[str, int]:
    """The number of samples of each class, up to the largest label; empty if there are no labels."""
    if labels is None or not len(labels) or labels.min() < 0:
        return {}
    counts = np.bincount(labels).tolist()
    if len(counts) > MAX_CLASSES:
        return {}
    counts += [0] * (len(names) - len(counts))
    return {names[i] if i < len(names) else str(i): count for i, count in enumerate(counts)}
