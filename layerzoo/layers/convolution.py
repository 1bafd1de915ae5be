"""Convolution: learned filters over an image."""

from __future__ import annotations

from layerzoo.layer import ConvolutionLayer, register


@register
class Convolution(ConvolutionLayer):
    """Convolution: ``y = w * x + b``, with separate filters for each of ``group`` groups of channels.

    ``axis`` is the axis of the channels; the axes before it are batch axes, those after it, any number,
    spatial. Several bottoms of the same shape are convolved with the same filters, one top for each.

    Shapes: bottom (batch..., C, spatial...), top (batch..., num_output, out...) with ``out = (spatial + 2
    pad - dilation (kernel - 1) - 1) / stride + 1`` rounded down; ``weight`` (num_output, C / group,
    kernel...); ``bias`` (num_output). Source: Caffe's ``conv_layer``; LeCun et al. 1989; dilation: Yu and
    Koltun 2016; ``pad_l`` and its like: Synopsys' fork.
    """

    example = 'num_output: 32 kernel_size: 3 pad: 1 weight_filler { type: "msra" }'
