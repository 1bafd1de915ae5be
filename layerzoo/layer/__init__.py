"""The base class of layers, and the facts that a layer type states.

A layer of one's own, complete::

    @register
    class Square(Layer):
        '''The square of its bottom, elementwise.'''

        def forward(self, x):
            return x * x
"""

from layerzoo.layer.arity import Arity, at_least, between, exactly
from layerzoo.layer.axes import canonical_axis
from layerzoo.layer.blob_params import with_params
from layerzoo.layer.clock import Clock
from layerzoo.layer.compute_type import ComputeType, compute_in, compute_type
from layerzoo.layer.convolution_layer import ConvolutionLayer
from layerzoo.layer.fusion import Activation, ChannelMap, Filters, Joined, RunningSums
from layerzoo.layer.layer import Layer
from layerzoo.layer.module_names import module_names
from layerzoo.layer.own_params import OwnParam, Shape, params_made
from layerzoo.layer.recurrent_layer import RecurrentLayer
from layerzoo.layer.registration import LAYERS, kind_of, register

__all__ = [
    "LAYERS",
    "Activation",
    "Arity",
    "ChannelMap",
    "Clock",
    "ComputeType",
    "ConvolutionLayer",
    "Filters",
    "Joined",
    "Layer",
    "OwnParam",
    "RecurrentLayer",
    "RunningSums",
    "Shape",
    "at_least",
    "between",
    "canonical_axis",
    "compute_in",
    "compute_type",
    "exactly",
    "kind_of",
    "module_names",
    "params_made",
    "register",
    "with_params",
]
