"""A net's wiring as pure data, before it is tensors: which layers, which blobs, which shapes.

``build_graph(net, state, types)`` filters the layers by phase, level and stage, connects names to blobs,
gives every blob its shape by arithmetic, and finds every fault on the way. No torch here: what a layer type
is comes in as an argument.
"""

from layerzoo.graph.backward import mark_backward, wanted_below
from layerzoo.graph.build import build_graph
from layerzoo.graph.facts import LayerType, LayerTypes, Unknown
from layerzoo.graph.figures import Figures, LayerFigures, figures_of
from layerzoo.graph.model import Blob, Graph, GraphLayer, GraphParam
from layerzoo.graph.splits import insert_splits
from layerzoo.graph.state import includes

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
    "build_graph",
    "figures_of",
    "includes",
    "insert_splits",
    "mark_backward",
    "wanted_below",
]
