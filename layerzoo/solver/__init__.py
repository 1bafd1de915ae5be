"""Training: the solver, its loop, tests, snapshots and callbacks.

::

    solver = Solver("configs/lenet_solver.yaml")
    solver.step(100)          # 100 updates
    solver.test()             # scores of each test net
    solver.solve()            # to max_iter, with tests and snapshots
"""

from layerzoo.solver.actions import EFFECTS, Action, Actions, Terminated
from layerzoo.solver.callbacks.callback import Callback, Displayed, Output
from layerzoo.solver.config.checking import check_run, check_solver
from layerzoo.solver.outputs import output_lines, output_values, output_weights
from layerzoo.solver.snapshots.saver import UnsavedError
from layerzoo.solver.solver import Solver
from layerzoo.solver.testing.pooled import Scores, detection_outputs, pixel_outputs
from layerzoo.solver.testing.tester import Tester

__all__ = [
    "EFFECTS",
    "Action",
    "Actions",
    "Callback",
    "Displayed",
    "Output",
    "Scores",
    "Solver",
    "Terminated",
    "Tester",
    "UnsavedError",
    "check_run",
    "check_solver",
    "detection_outputs",
    "output_lines",
    "output_values",
    "output_weights",
    "pixel_outputs",
]
