"""ConvolutionDepthwise: learned filters, one for each channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from layerzoo.errors import LayerFault
from layerzoo.functional.convolution import Geometry, convolution_geometry
from layerzoo.layer import ConvolutionLayer, Shape, register
from layerzoo.schema import LayerParameter


@register
class ConvolutionDepthwise(ConvolutionLayer):
    """Convolution of each channel with its own filter, whatever ``num_output`` and ``group`` say.

    Shapes: bottom (N, C, H, W), top (N, C, out...) with ``out = (spatial + 2 pad - dilation (kernel - 1) -
    1) / stride + 1`` rounded down; ``weight`` (C, 1, kernel...); ``bias`` (C). Source: ConvolutionDepthwise
    of ShuffleNet's and MobileNet's ports to Caffe (farmingyard, soeaver's caffe-model); Howard et al. 2017.
    """

    example = "num_output: 32 kernel_size: 3 pad: 1"
    hints = (*ConvolutionLayer.hints, "convolution_param.num_output", "convolution_param.group")
    ignores: ClassVar[Mapping[str, str]] = {"convolution_param.axis": "the channels are always axis 1"}

    @classmethod
    def geometry_of(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> Geometry:
        if len(bottoms[0]) < 2:
            raise LayerFault(f"a bottom of shape {bottoms[0]}, expected (N, C, H, W)", bottom=0)
        return convolution_geometry(param.convolution_param, bottoms, 1, depthwise=True)

    @classmethod
    def outputs(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> int:
        return bottoms[0][1]
