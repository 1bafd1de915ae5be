"""Predict an iteration on many GPUs and machines, from the work of layers and the cost of an all-reduce.

A model, not a simulation: a layer has a time, a link a latency and a bandwidth, and all processes are alike.
`predict` says how long an iteration takes, and what it waits for. What the model leaves out: data that comes
too late, processes of different speed, other traffic on a link, and an all-reduce's own use of the processor;
in estimated costs, the launches of a GPU's kernels.
"""

from layerzoo.scaling.links import AllReduceTime, Cluster, Link
from layerzoo.scaling.prediction import LayerCost, Prediction, predict
from layerzoo.scaling.training import Training, left_out, training_of

__all__ = [
    "AllReduceTime",
    "Cluster",
    "LayerCost",
    "Link",
    "Prediction",
    "Training",
    "left_out",
    "predict",
    "training_of",
]
