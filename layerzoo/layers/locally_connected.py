"""LocallyConnected: a convolution whose filters differ from position to position."""

from __future__ import annotations

from layerzoo.layer import register
from layerzoo.layer.local_layer import LocalLayer


@register
class LocallyConnected(LocalLayer):
    """Convolution with filters of their own for each position of the top.

    Shapes: bottom (N, C, H, W), top (N, num_output, height, width) with ``height = (H + 2 pad - kernel) /
    stride + 1`` rounded down; ``weight`` (num_output, 1, C kernel^2, height width); ``bias`` (1, 1,
    num_output, height width). Source: forks of Caffe for face recognition, ``locally_connected_layer``;
    DeepFace: Taigman et al. 2014.
    """

    example = "num_output: 4 kernel_size: 3"
    messages = ("locally_connected_param",)
