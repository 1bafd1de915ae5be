"""Nets: the layers of a graph as a ``torch.nn.Module``.

::

    net = Net("lenet_train_test.yaml", phase="TEST", weights="lenet.safetensors")
    out = net(data=images)            # {"prob": tensor}
    net.blobs["conv1"]                # the last version of any blob
    net.params["conv1"]               # [weight, bias]
"""

from layerzoo.net.feed import Feed
from layerzoo.net.net import Net, NetSource
from layerzoo.net.rewriting.deployment import free_folded_params, release_folded, trust_versions
from layerzoo.net.wiring import NetConfig, graph_of, log_unread
from layerzoo.plan import Plan, Step

__all__ = [
    "Feed",
    "Net",
    "NetConfig",
    "NetSource",
    "Plan",
    "Step",
    "free_folded_params",
    "graph_of",
    "log_unread",
    "release_folded",
    "trust_versions",
]
