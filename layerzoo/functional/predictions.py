"""Predictions of a detector: boxes and scores for each prior, and their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.boxes import Code, decode

Shape = tuple[int, ...]


class Predictions:
    """The bottoms of a layer over predictions, by prior and class.

    Args:
        loc: the predicted boxes, shape (N, 4PL): priors, then classes, then the four numbers of a box.
        conf: the scores, shape (N, PC): priors, then classes.
        prior: priors and their variances, shape (1, 2, 4P), or (1, 1, 4P) with variances of 1.
        classes: number of classes C.

    Attributes:
        boxes: the predicted boxes as four numbers, shape (N, L, P, 4).
        scores: shape (N, P, C).
        priors: corners of the priors, shape (P, 4), or (N, 1, P, 4) once they are `refined`.
        variances: their variances, shape (P, 4).
    """

    def __init__(self, loc: Tensor, conf: Tensor, prior: Tensor, classes: int) -> None:
        planes = prior[0].reshape(prior.shape[1], -1, 4)
        self.priors = planes[0]
        self.variances = planes[1] if len(planes) > 1 else torch.ones_like(self.priors)
        number, priors = loc.shape[0], len(self.priors)
        per_prior = loc[:1].numel() // (4 * priors) if number else 1
        self.boxes = loc.reshape(number, priors, per_prior, 4).transpose(1, 2)
        self.scores = conf.reshape(number, priors, classes)

    def refine(self, first: Tensor, code: Code, in_target: bool) -> None:
        """Replace the priors by the boxes that RefineDet's first stage predicts for them.

        Args:
            first: these predictions, shape (N, 4P).
            code: how they are encoded.
            in_target: the variances are not part of the encoding.
        """
        numbers = first.detach().reshape(first.shape[0], 1, -1, 4)
        self.priors = decode(numbers, self.priors, code, None if in_target else self.variances)


def objectness(first: Tensor) -> Tensor:
    """The score of being an object that RefineDet's first stage gives each prior, shape (N, P).

    Args:
        first: its scores, shape (N, 2P): background and object for each prior.
    """
    return first.detach().reshape(first.shape[0], -1, 2)[..., 1]


def check_predictions(
    bottoms: Sequence[Shape], classes: int, share_location: bool, message: str, planes: int = 2
) -> None:
    """Check the shapes of predicted boxes, scores and priors, the first three bottoms.

    Args:
        bottoms: shapes of the bottoms.
        classes: number of classes.
        share_location: all classes share their boxes.
        message: name of the layer's message, for errors.
        planes: 2, or 1 if priors without variances are enough.

    Raises:
        LayerFault: they don't fit each other, or the number of classes is missing.
    """
    loc, conf, prior = bottoms[:3]
    if not classes:
        raise LayerFault(
            "num_classes is missing", field=f"{message}.num_classes", hint="classes with the background"
        )
    whole = len(prior) >= 3 and prior[0] > 0 and planes <= prior[1] <= 2 and prod(prior[3:]) == 1
    if not whole or prior[2] % 4 or not prior[2]:
        raise LayerFault(
            f"priors of shape {prior}; expected (1, 2, 4 x priors)",
            bottom=2,
            hint="PriorBox layers, concatenated along axis 2",
        )
    if not loc or loc[:1] != conf[:1]:
        raise LayerFault(
            f"boxes of shape {loc} and scores of shape {conf}; their first axes must be equal", bottom=1
        )
    priors, kinds = prior[2] // 4, 1 if share_location else classes
    for index, (what, shape, each) in enumerate((("boxes", loc, 4 * kinds), ("scores", conf, classes))):
        if prod(shape[1:]) != priors * each:
            wanted = f"{priors * each} for each image, {each} for each prior"
            raise LayerFault(f"{what} of shape {shape} for {priors} priors; expected {wanted}", bottom=index)


def check_first_stage(bottoms: Sequence[Shape], first: int) -> None:
    """Check the shapes of the scores and boxes of RefineDet's first stage.

    Args:
        bottoms: shapes of the bottoms; that of the priors is the third.
        first: index of the scores; the boxes follow if they are there.

    Raises:
        LayerFault: they don't fit the priors.
    """
    images, priors = bottoms[0][0], bottoms[2][2] // 4
    for index, each in ((first, 2), (first + 1, 4)):
        if index < len(bottoms) and prod(bottoms[index]) != images * priors * each:
            raise LayerFault(
                f"a bottom of shape {bottoms[index]} for {images} images and {priors} priors; "
                f"expected {each} numbers for each",
                bottom=index,
                hint="the scores and the boxes of RefineDet's first stage",
            )
