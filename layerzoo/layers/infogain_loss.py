"""InfogainLoss: softmax loss with weights for pairs of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log, prod
from pathlib import Path

import torch

from layerzoo.blobs.blob_proto import read_binaryproto
from layerzoo.errors import DataError, LayerFault
from layerzoo.functional.loss import (
    LOG_FLOOR,
    LabelCheck,
    check_batch,
    check_labels_fit,
    ignored,
    normalization,
    normalizer,
)
from layerzoo.layer import Layer, Shape, between, canonical_axis, register
from layerzoo.schema import LayerParameter


@register
class InfogainLoss(LabelCheck, Layer):
    """Softmax loss weighted by a matrix H: the sum of ``-sum_k H[label, k] log softmax(x)[k]``, normalised.

    With the identity as H it equals SoftmaxWithLoss. H is the third bottom, or a blob in the ``.binaryproto``
    file ``source``. The logarithm is at least that of 1e-20; the gradient has no such bound.

    Shapes: bottoms (outer..., C, inner...), the labels, one for each outer and inner position, and H of C * C
    values; tops () and optionally the probabilities. Labels and H get no gradient. Source: Caffe's
    ``infogain_loss_layer``.
    """

    family = "loss"
    fixed_buffers = ("matrix",)
    messages = ("infogain_loss_param", "loss_param")
    path_fields = ("infogain_loss_param.source",)
    bottoms = between(2, 3)
    tops = between(1, 2)
    is_loss = True
    without_gradient = (1,)
    matrix: torch.Tensor | None

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__(param, bottom_shapes)
        self.axis = _axis(param, bottom_shapes[0])
        self.classes = bottom_shapes[0][self.axis]
        self.ignore = ignored(param.loss_param)
        self.mode = normalization(param.loss_param)
        self.fixed = param.loss_param.pre_fixed_normalizer
        self.gives_prob = len(param.top) > 1
        has_bottom = len(bottom_shapes) > 2
        matrix = None if has_bottom else _read_matrix(Path(param.infogain_loss_param.source), self.classes)
        self.register_buffer("matrix", matrix, persistent=False)

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        if len(param.bottom) > 2:
            return {**cls.ignores, "infogain_loss_param.source": "the third bottom is the matrix"}
        return cls.ignores

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        check_batch(bottoms)
        scores = bottoms[0]
        axis = _axis(param, scores)
        check_labels_fit(scores, bottoms[1], axis)
        if param.loss_param.HasField("normalize"):
            raise LayerFault(
                "normalize is not read by InfogainLoss",
                field="loss_param.normalize",
                hint="use normalization",
            )
        if len(bottoms) > 2:
            if prod(bottoms[2]) != scores[axis] ** 2:
                raise LayerFault(
                    f"an infogain matrix of shape {bottoms[2]} for {scores[axis]} classes; "
                    f"expected {scores[axis]} x {scores[axis]} values",
                    bottom=2,
                )
        elif not param.infogain_loss_param.source:
            raise LayerFault(
                "no infogain matrix", field="infogain_loss_param.source", hint="give source or a third bottom"
            )
        return [(), scores][: max(1, len(param.top))]

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        return param.infogain_loss_param.axis

    def forward(
        self, x: torch.Tensor, labels: torch.Tensor, matrix: torch.Tensor | None = None
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        matrix = self.matrix if matrix is None else matrix.detach()
        assert matrix is not None
        log_prob = torch.log_softmax(x, self.axis)
        index = self.indices(labels, self.classes, self.ignore).reshape(-1)
        rows = matrix.to(x.dtype).reshape(self.classes, self.classes)
        valid = None
        if self.ignore is None:
            weights = rows.index_select(0, index)
        else:
            counts = index != self.ignore
            valid = counts.sum()
            weights = rows.index_select(0, index.where(counts, 0)) * counts.unsqueeze(1)
        bounded = log_prob + (log_prob.clamp(min=log(LOG_FLOOR)) - log_prob).detach()
        total = -(weights * bounded.movedim(self.axis, -1).reshape(-1, self.classes)).sum()
        outer = prod(x.shape[: self.axis])
        numbers = (outer, index.numel(), valid, self.clock.shared_count, self.fixed)
        loss = total / normalizer(self.mode, *numbers)
        return (loss, log_prob.detach().exp()) if self.gives_prob else loss


def _axis(param: LayerParameter, shape: Shape) -> int:
    return canonical_axis(param.infogain_loss_param.axis, len(shape), "infogain_loss_param.axis")


def _read_matrix(path: Path, classes: int) -> torch.Tensor:
    """The matrix H from a ``.binaryproto`` file, shape (classes, classes).

    Raises:
        DataError: the file can't be read or holds another number of values.
    """
    try:
        blob = read_binaryproto(path, "a blob in Caffe's binary format (.binaryproto)", DataError)
    except OSError as error:
        raise DataError(f"{path}: the infogain matrix can't be read: {error.strerror}") from None
    if prod(blob.shape) != classes**2:
        raise DataError(
            f"{path}: an infogain matrix of {prod(blob.shape)} values; {classes} classes need {classes**2}"
        )
    return blob.tensor().float().reshape(classes, classes)
