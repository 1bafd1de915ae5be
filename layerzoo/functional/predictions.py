"""Predictions of a detector: boxes and scores for each prior, and their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from torch import Tensor

from layerzoo.errors import LayerFault

Shape = tuple[int, ...]


class Predictions:
    """The bottoms of a layer over predictions, by prior and class.

    Args:
        loc: the predicted boxes, shape (N, 4PL): priors, then classes, then the four numbers of a box.
        conf: the scores, shape (N, PC): priors, then classes.
        prior: priors and their variances, shape (1, 2, 4P).
        classes: number of classes C.

    Attributes:
        boxes: the predicted boxes as four numbers, shape (N, L, P, 4).
        scores: shape (N, P, C).
        priors: corners of the priors, shape (P, 4).
        variances: their variances, shape (P, 4).
    """

    def __init__(self, loc: Tensor, conf: Tensor, prior: Tensor, classes: int) -> None:
        self.priors, self.variances = prior[0].reshape(2, -1, 4)
        number, priors = len(loc), len(self.priors)
        per_prior = loc[:1].numel() // (4 * priors) if number else 1
        self.boxes = loc.reshape(number, priors, per_prior, 4).transpose(1, 2)
        self.scores = conf.reshape(number, priors, classes)


def check_predictions(bottoms: Sequence[Shape], classes: int, share_location: bool, message: str) -> None:
    """Check the shapes of predicted boxes, scores and priors, the first three bottoms.

    Args:
        bottoms: shapes of the bottoms.
        classes: number of classes.
        share_location: all classes share their boxes.
        message: name of the layer's message, for errors.

    Raises:
        LayerFault: they don't fit each other, or the number of classes is missing.
    """
    loc, conf, prior = bottoms[:3]
    if not classes:
        raise LayerFault(
            "num_classes is missing", field=f"{message}.num_classes", hint="classes with the background"
        )
    if (
        len(prior) < 3
        or prior[1] != 2
        or prior[2] % 4
        or not prior[2]
        or prod(prior[3:]) != 1
        or not prior[0]
    ):
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
