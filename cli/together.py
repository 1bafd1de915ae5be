"""What a command does where ``torchrun`` has started it several times."""

from __future__ import annotations

from layerzoo.log import LOGGER
from layerzoo.ranks import Ranks


def join() -> Ranks:
    """The processes that were started together; all but the first log nothing but errors.

    Python layers learn of them too, from ``caffe.solver_count()`` and ``caffe.solver_rank()``.

    Raises:
        UsageError: the processes can't find each other.
    """
    ranks = Ranks.started_together()
    if ranks.count > 1:
        from layerzoo.pycaffe import state

        state.set_solver_count(ranks.count)
        state.set_solver_rank(ranks.rank)
        state.set_multiprocess(True)
    if not ranks.leads:
        LOGGER.setLevel("ERROR")
    return ranks
