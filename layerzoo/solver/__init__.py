"""Training: the loop and what belongs to it.

::

    solver = Solver("configs/lenet_solver.yaml")
    solver.step(100)          # 100 updates
    solver.test()             # scores of each test net
    solver.solve()            # to max_iter, with tests and snapshots
"""

from layerzoo.solver.actions import EFFECTS, Action, Actions, Terminated
from layerzoo.solver.checking import check_solver
from layerzoo.solver.display import output_lines
from layerzoo.solver.solver import Solver
from layerzoo.solver.testing import Scores, Tester, output_values, output_weights
from layerzoo.solver.watcher import Watcher

__all__ = [
    "EFFECTS",
    "Action",
    "Actions",
    "Scores",
    "Solver",
    "Terminated",
    "Tester",
    "Watcher",
    "check_solver",
    "output_lines",
    "output_values",
    "output_weights",
]
