"""AdaptiveBiasChannel: give each class that an image is labelled with its part of the image."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import torch

from layerzoo.errors import LayerFault
from layerzoo.functional.loss import LabelCheck
from layerzoo.layer import Layer, Shape, exactly, register
from layerzoo.schema import LayerParameter

_MOST_ITERATIONS = 1000


@register
class AdaptiveBiasChannel(LabelCheck, Layer):
    """Raise the scores of each class of an image until it is the best in at least a given part of the image.

    With ``suppress_others`` the scores of absent classes are first lowered below those of all present ones.
    Then each present class, the background first, gets the constant that makes it the best in
    ``fg_portion`` of the pixels (``bg_portion`` for class 0), ``num_iter`` times over, the others in random
    order in TRAIN. At last a constant keeps the mean of the best scores. -1 is no label; an image without
    labels stays as it is.

    Shapes: bottoms (N, C, H, W) and the labels (N, L, 1, 1), top as the first. Source: DeepLab's and PSPNet's
    forks, ``adaptive_bias_channel_layer``; Papandreou et al. 2015.
    """

    family = "vision"
    example_bottoms = ((2, 4, 4, 5), (2, 3, 1, 1))
    needs_images = True
    example = "num_iter: 3 bg_portion: 0.4"
    messages = ("adaptive_bias_channel_param",)
    bottoms = exactly(2)
    without_gradient = (1,)
    no_gradient = "the fork's backward pass computes none"
    stays_fp32 = True

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        return "the order of the classes is random"

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        (x, labels), p = bottoms, param.adaptive_bias_channel_param
        if not 1 <= p.num_iter <= _MOST_ITERATIONS:
            message = f"num_iter {p.num_iter} is not between 1 and {_MOST_ITERATIONS}"
            raise LayerFault(message, field="adaptive_bias_channel_param.num_iter")
        if not p.margin_others >= 0:
            raise LayerFault("margin_others is below 0", field="adaptive_bias_channel_param.margin_others")
        for name in ("bg_portion", "fg_portion"):
            if not 0 <= getattr(p, name) <= 1:
                raise LayerFault(
                    f"{name} {getattr(p, name):g} is not in [0, 1]",
                    field=f"adaptive_bias_channel_param.{name}",
                )
        if len(x) != 4 or x[1] < 2:
            raise LayerFault(
                f"a bottom of shape {x}, expected (N, C, H, W) with 2 channels or more", bottom=0
            )
        if len(labels) != 4 or labels[0] != x[0] or not labels[1] or labels[2:] != (1, 1):
            raise LayerFault(f"labels of shape {labels}; expected ({x[0]}, number, 1, 1)", bottom=1)
        return [x]

    @torch.no_grad()
    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        p = self.param.adaptive_bias_channel_param
        scores, labels = x.flatten(2), labels.flatten(1)
        listed = labels.long() != -1
        index = self.indices(torch.where(listed, labels, 0), x.shape[1])
        present = torch.zeros_like(scores[:, :, 0]).scatter_add(1, index, listed.to(x.dtype)) > 0
        if p.suppress_others:
            lowest = torch.where(present[:, :, None], scores, inf).amin(1, keepdim=True)
            lowered = ~present[:, :, None] & (scores > lowest)
            scores = torch.where(lowered, lowest - p.margin_others, scores)
        best = torch.where(present[:, :, None], scores, -inf).amax(1)
        mean = best.mean(1)
        for iteration in range(p.num_iter):
            for slot in self._order(index, listed, iteration).unbind(1):
                label = index.gather(1, slot[:, None])
                raised = torch.where(listed.gather(1, slot[:, None]), self._raised(scores, best, label), 0)
                scores = scores.scatter_add(
                    1, label[:, :, None].expand_as(scores[:, :1]), raised[:, None].expand_as(scores[:, :1])
                )
                best = torch.where(present[:, :, None], scores, -inf).amax(1)
        change = torch.where(present.any(1), mean - best.mean(1), 0)
        return (scores + change[:, None, None]).view_as(x)

    def _order(self, index: torch.Tensor, listed: torch.Tensor, iteration: int) -> torch.Tensor:
        """The order of the labels of each image, as indices; what is no label comes last."""
        if self.training:
            key = self.random_uniform(index.shape, index.device, f"{iteration}")
        else:
            key = index.float()
        key = torch.where(index == 0, -1, key)
        return torch.where(listed, key, inf).sort(dim=1, stable=True).indices

    def _raised(self, scores: torch.Tensor, best: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """What makes a class the best in its part of each image; (N, 1)."""
        p, places = self.param.adaptive_bias_channel_param, scores.shape[2]
        short = best - scores.gather(1, label[:, :, None].expand(-1, -1, places))[:, 0]
        of_background, of_others = (
            short.kthvalue(
                min(int(np.float32(portion) * np.float32(places)), places - 1) + 1, 1, keepdim=True
            ).values
            for portion in (p.bg_portion, p.fg_portion)
        )
        return torch.where(label == 0, of_background, of_others)
