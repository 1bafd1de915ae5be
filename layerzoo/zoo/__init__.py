"""The model zoo: entries that hold all one needs to use a net again.

An entry is a folder, whole and unchanging once published, addressed ``name``, ``name@version`` or
``name@hash``.
"""

from layerzoo.zoo.entry import METRICS, NET, SOLVER, WEIGHTS, Entry
from layerzoo.zoo.publish import publish, publish_run
from layerzoo.zoo.store import LocalZoo

__all__ = ["METRICS", "NET", "SOLVER", "WEIGHTS", "Entry", "LocalZoo", "publish", "publish_run"]
