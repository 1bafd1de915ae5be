"""The graph of a net as plain data: its layers, blobs, params and shapes.

``build_graph(net, state, types)`` filters the layers by phase, level and stage, connects names to blobs,
infers the shape of every blob, and collects all faults. The package does not import torch: the layer types
are an argument.
"""

from layerzoo.graph.backward import mark_backward, wanted_below
from layerzoo.graph.build import build_graph
from layerzoo.graph.facts import LayerType, LayerTypes, Unknown
from layerzoo.graph.figures import Figures, LayerFigures, figures_of
from layerzoo.graph.model import Blob, Graph, GraphLayer, GraphParam
from layerzoo.graph.param_blobs import blob_slots, blobs_read
from layerzoo.graph.splits import insert_splits
from layerzoo.graph.state import includes
from layerzoo.graph.varying import axes_of

__all__ = [
    "Blob",
    "Figures",
    "Graph",
    "GraphLayer",
    "GraphParam",
    "LayerFigures",
    "LayerType",
    "LayerTypes",
    "Unknown",
    "axes_of",
    "blob_slots",
    "blobs_read",
    "build_graph",
    "figures_of",
    "includes",
    "insert_splits",
    "mark_backward",
    "wanted_below",
]
