"""Training: the loop and what belongs to it.

::

    solver = Solver("configs/lenet_solver.yaml")
    solver.step(100)          # 100 updates
    solver.test()             # scores of each test net
    solver.solve()            # to max_iter, with tests and snapshots
"""

from layerzoo.solver.actions import EFFECTS, Action, Actions, Terminated
from layerzoo.solver.config.checking import check_solver
from layerzoo.solver.listeners.display import output_lines
from layerzoo.solver.listeners.listener import Watcher
from layerzoo.solver.solver import Solver
from layerzoo.solver.testing.tester import Scores, Tester, output_values, output_weights

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
