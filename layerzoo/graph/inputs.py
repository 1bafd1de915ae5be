"""The inputs that a net names at its top level, as a layer."""

from __future__ import annotations

from layerzoo.schema import LayerParameter, NetParameter


def input_layer(net: NetParameter) -> LayerParameter:
    """Turn the net's top-level inputs into an Input layer."""
    layer = LayerParameter(name="input", type="Input", top=net.input)
    if net.input_shape:
        layer.input_param.shape.extend(net.input_shape)
    else:
        for start in range(0, len(net.input_dim), 4):
            layer.input_param.shape.add(dim=net.input_dim[start : start + 4])
    return layer
