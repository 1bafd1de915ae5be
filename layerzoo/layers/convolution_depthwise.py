"""ConvolutionDepthwise: learned filters, one for each channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layerzoo.errors import LayerFault
from layerzoo.functional.convolution import Geometry
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

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        return {"convolution_param.axis": "the channels are always axis 1"}

    @classmethod
    def geometry_of(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> Geometry:
        if len(bottoms[0]) < 2:
            raise LayerFault(f"a bottom of shape {bottoms[0]}, expected (N, C, H, W)", bottom=0)
        depthwise = LayerParameter()
        depthwise.convolution_param.CopyFrom(param.convolution_param)
        depthwise.convolution_param.ClearField("axis")
        depthwise.convolution_param.num_output = depthwise.convolution_param.group = bottoms[0][1]
        return super().geometry_of(depthwise, bottoms)

    @classmethod
    def filters(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> int:
        return bottoms[0][1]
