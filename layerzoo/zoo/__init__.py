"""The model zoo: published nets with everything that is needed to use them.

An entry is a folder that does not change once published, addressed as ``name``, ``name@version`` or
``name@hash``::

    lenet = layerzoo.zoo.load("lenet-digits")
    lenet.classify(["seven.png"], top=3)

Names are imported on first use: the store and its lists need no torch.
"""

from typing import TYPE_CHECKING

from layerzoo.lazy_imports import imported_on_use

if TYPE_CHECKING:
    from layerzoo.zoo.deploy import deploy_net
    from layerzoo.zoo.entry import METRICS, NET, SOLVER, WEIGHTS, Entry
    from layerzoo.zoo.golden import golden_inputs
    from layerzoo.zoo.named_weights import in_zoo, weights_path
    from layerzoo.zoo.publishing import publish, publish_run
    from layerzoo.zoo.store import LocalZoo
    from layerzoo.zoo.trust import check_memory
    from layerzoo.zoo.zoo_net import Guess, ZooNet, entry_net, images_in, labels_of, load

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
    "in_zoo",
    "labels_of",
    "load",
    "publish",
    "publish_run",
    "weights_path",
]

__getattr__ = imported_on_use(
    __name__,
    {
        "deploy": ("deploy_net",),
        "entry": ("METRICS", "NET", "SOLVER", "WEIGHTS", "Entry"),
        "golden": ("golden_inputs",),
        "named_weights": ("in_zoo", "weights_path"),
        "publishing": ("publish", "publish_run"),
        "store": ("LocalZoo",),
        "trust": ("check_memory",),
        "zoo_net": ("Guess", "ZooNet", "entry_net", "images_in", "labels_of", "load"),
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
