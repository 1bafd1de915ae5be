"""The model zoo: published nets with everything that is needed to use them.

An entry is a folder that does not change once published, addressed as ``name``, ``name@version`` or
``name@hash``::

    lenet = layerzoo.zoo.load("lenet-digits")
    lenet.classify(["seven.png"], top=3)
"""

from layerzoo.zoo.deploy import deploy_net
from layerzoo.zoo.entry import METRICS, NET, SOLVER, WEIGHTS, Entry
from layerzoo.zoo.golden import golden_inputs
from layerzoo.zoo.load import Guess, ZooNet, entry_net, images_in, labels_of, load
from layerzoo.zoo.publish import publish, publish_run
from layerzoo.zoo.store import LocalZoo
from layerzoo.zoo.trust import check_memory

__all__ = [
    "METRICS",
    "NET",
    "SOLVER",
    "WEIGHTS",
    "Entry",
    "Guess",
    "LocalZoo",
    "ZooNet",
    "check_memory",
    "deploy_net",
    "entry_net",
    "golden_inputs",
    "images_in",
    "labels_of",
    "load",
    "publish",
    "publish_run",
]
