"""The score of a class: what saliency, Grad-CAM and occlusion explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.graph import Blob
from layerzoo.net import Net
from layerzoo.visualise.blob_values import listed, values_of

_CLASS_AXES = 2


@dataclass(frozen=True)
class ClassScore:
    """The score of a class of an image.

    Attributes:
        score: index of the blob version of the scores: those before a Softmax or Sigmoid that ends the net,
            whose gradient would vanish where the net is sure.
        probability: index of the blob version of what the net answers: probabilities, if it has any.
        index: index of the class along the second axis.
        name: its label; the index if there is none.
        answer: what the net answers for this class and image; the mean over places, if it has several.
    """

    score: int
    probability: int
    index: int
    name: str
    answer: float

    def of(self, values: Tensor) -> Tensor:
        """The scores of this class for each image of a batch, summed over places: shape (images)."""
        return (
            values[:, self.index].flatten(1).sum(1) if values.dim() > _CLASS_AXES else values[:, self.index]
        )

    def answers(self, net: Net, batch: Tensor) -> Tensor:
        """What the net answers for this class, for each image of a batch; the mean over places."""
        with torch.no_grad():
            return _per_class(values_of(net, batch, {self.probability})[self.probability])[:, self.index]


def class_score(net: Net, image: Tensor, output: str, labels: Sequence[str], wanted: str = "") -> ClassScore:
    """The score of a class of an image.

    Args:
        net: a net with one input.
        image: the preprocessed image: 1 x channels x height x width.
        output: name of the net's output with the scores or probabilities.
        labels: names of the classes; empty if there are none.
        wanted: label or index of the class; empty for the one that the net predicts.

    Raises:
        UsageError: there is no such class, or the output has no classes.
    """
    score, blob = _score_of(net, output)
    with torch.no_grad():
        values = values_of(net, image, {blob.index})[blob.index]
    if values.dim() < _CLASS_AXES or len(values) != len(image):
        raise UsageError(
            f"net '{net.name}': output '{output}' has shape {tuple(values.shape)}; expected scores of "
            "classes (images, classes)"
        )
    found = _per_class(values)[0]
    index = _class_index(wanted, labels, len(found)) if wanted else int(found.argmax())
    name = labels[index] if index < len(labels) else str(index)
    return ClassScore(score, blob.index, index, name, float(found[index]))


def scores_layer(net: Net, output: str) -> str:
    """Name of the layer that computes the scores of classes; it stands before a final Softmax or Sigmoid.

    Args:
        net: the net.
        output: name of the net's output with the scores or probabilities.
    """
    return net.graph.layers[net.graph.blobs[_score_of(net, output)[0]].producer].name


def _score_of(net: Net, output: str) -> tuple[int, Blob]:
    """The blob version of the scores of an output, and the output.

    Raises:
        UsageError: the output is a list of detections.
    """
    blob = next(blob for blob in net.graph.outputs if blob.name == output)
    layer = net.graph.layers[blob.producer]
    if net.ordered_layers()[blob.producer].gives_detections:
        raise UsageError(
            f"net '{net.name}': output '{output}' is a list of detections; expected scores of classes "
            "(images, classes)"
        )
    probable = net.ordered_layers()[blob.producer].gives_probabilities and len(layer.bottoms) == 1
    return layer.bottoms[0] if probable else blob.index, blob


def _per_class(values: Tensor) -> Tensor:
    return values.flatten(2).mean(2) if values.dim() > _CLASS_AXES else values


def _class_index(wanted: str, labels: Sequence[str], count: int) -> int:
    """The index of a class that is given by label or index; a label takes precedence.

    Raises:
        UsageError: there is no such class.
    """
    if wanted in labels[:count]:
        return labels.index(wanted)
    if wanted.isdecimal() and int(wanted) < count:
        return int(wanted)
    hint = did_you_mean(nearest(wanted, labels))
    known = listed(labels) if labels else f"0 to {count - 1}"
    raise UsageError(f"no class '{wanted}'; " + (hint or f"known are {known}"))
