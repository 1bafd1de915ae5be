"""Mix images with partners from the same source: mixup and cutmix."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.draws import Draws, Ints, other_stream
from layerzoo.data.samples import Array, Samples
from layerzoo.data.transform.steps.mix import Mix
from layerzoo.data.wrapped import Wrapped
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import LayerParameter
from layerzoo.seeds import stable_seed

_CHANCE, _KIND, _PARTNER, _ROW, _COLUMN = range(5)
_SHOWN: Final = 5


class Mixed(Wrapped):
    """A source whose images are mixed, and whose labels are probabilities of the classes.

    Which partner an image has, and how they are mixed, is a function of the key and the number of the sample.
    The partner is any sample of the source, transformed with random numbers of its own.

    Args:
        source: images, and one label for each.
        mix: the kinds and their strengths.
    """

    def __init__(self, source: Samples, mix: Mix) -> None:
        super().__init__(source)
        self.cheap = False  # it reads twice
        self._param = mix.param

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        """Read one batch: mixed images, and probabilities (count x classes).

        Raises:
            DataError: a label is out of range, or a partner has another size.
        """
        images, labels, *others = self.source.read(indices, numbers, key)
        soft = _one_hot(labels, self._param.classes)
        draws = Draws(stable_seed(key, "Mix"), numbers, 5)
        chosen = np.flatnonzero(draws.uniform(_CHANCE) < self._param.prob)
        if len(chosen):
            partners = draws.below(len(self.source), _PARTNER)[chosen]
            theirs, their_labels, *_ = self.source.read(
                partners, numbers[chosen], other_stream(key, "partner")
            )
            if theirs.shape[1:] != images.shape[1:]:
                sizes = " and ".join(" x ".join(map(str, each.shape[1:])) for each in (images, theirs))
                raise DataError(
                    f"mix_param mixes images of one size; a batch has {sizes}; resize or crop them"
                )
            their_soft = _one_hot(their_labels, self._param.classes)
            for place, other, label in zip(chosen.tolist(), theirs, their_soft, strict=True):
                share = self._mixed(images[place], other, draws, place, stable_seed(key, int(numbers[place])))
                soft[place] = share * soft[place] + (1 - share) * label
        return images, soft, *others

    def _mixed(self, image: Array, other: Array, draws: Draws, place: int, seed: int) -> float:
        """Mix a partner into an image, in place; returns the share of the image that is left."""
        p = self._param
        cut = not p.mixup_alpha or (bool(p.cutmix_alpha) and bool(draws.below(2, _KIND)[place]))
        alpha = p.cutmix_alpha if cut else p.mixup_alpha
        share = float(np.random.default_rng(stable_seed(seed, "share")).beta(alpha, alpha))
        if not cut:
            image *= np.float32(share)
            image += np.float32(1 - share) * other
            return share
        _, height, width = image.shape
        tall, wide = round(height * sqrt(1 - share)), round(width * sqrt(1 - share))
        row = int(draws.below(height, _ROW)[place]) - tall // 2
        column = int(draws.below(width, _COLUMN)[place]) - wide // 2
        rows, columns = slice(max(0, row), max(0, row + tall)), slice(max(0, column), max(0, column + wide))
        part = image[:, rows, columns]
        part[...] = other[:, rows, columns]
        left: float = 1 - part[0].size / (height * width)
        return left


def mixed(param: LayerParameter, source: Samples) -> Samples:
    """The source of a data layer, mixed if its ``transform_param`` says so.

    Raises:
        LayerFault: ``mix_param`` has an invalid value.
    """
    mix = Mix.of(param.transform_param, param.phase)
    return source if mix is None else Mixed(source, mix)


def mixed_shapes(param: LayerParameter, shapes: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The shapes of a data layer's tops, images and labels, with those of soft labels if images are mixed."""
    mix = Mix.of(param.transform_param, param.phase)
    if mix is None or len(shapes) < 2:
        return list(shapes)
    if len(shapes[1]) > 1:
        message = "mix_param mixes images with one class each; the samples have several labels"
        raise LayerFault(message, field="transform_param.mix_param", hint="remove it")
    return [shapes[0], (shapes[0][0], mix.param.classes), *shapes[2:]]


def _one_hot(labels: Array, classes: int) -> NDArray[np.float32]:
    index = labels.reshape(-1).astype(np.int64)
    bad = index[(index < 0) | (index >= classes)]
    if len(bad):
        shown = ", ".join(map(str, bad[:_SHOWN].tolist()))
        message = (
            f"label {shown} is out of range; mix_param.classes is {classes}, so 0 to {classes - 1} exist"
        )
        raise DataError(message)
    soft = np.zeros((len(index), classes), np.float32)
    soft[np.arange(len(index)), index] = 1
    return soft
