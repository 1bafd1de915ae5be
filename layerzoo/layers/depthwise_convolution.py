"""DepthwiseConvolution: learned filters, one for each channel."""

from __future__ import annotations

from layerzoo.layer import ConvolutionLayer, register


@register
class DepthwiseConvolution(ConvolutionLayer):
    """Convolution of each channel with its own filter, as ``group`` says: it computes what Convolution does.

    The fork's code for the GPU takes a ``group`` of as many groups as channels for granted; here, as in its
    code for the CPU, any other is possible.

    Shapes: bottom (N, C, spatial...), top (N, num_output, out...) with ``out = (spatial + 2 pad - dilation
    (kernel - 1) - 1) / stride + 1`` rounded down; ``weight`` (num_output, C / group, kernel...); ``bias``
    (num_output). Source: DepthwiseConvolution (yonghenglh6), in MobileNet-YOLO's fork too; MobileNet: Howard
    et al. 2017.
    """

    example = "num_output: 3 group: 3 kernel_size: 3 pad: 1"
