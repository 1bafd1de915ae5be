"""A solver that names no lr_policy can be built, and its nets run; only an update needs the policy.

In Caffe's tests: SolverTest.TestInitTrainTestNets, SolverFactoryTest.TestCreateSolver.
"""

import sys

from common_net import batch, expect, solver

try:
    s = solver("max_iter: 8")
    s.net.forward()
    ok = expect("a solver without lr_policy: first batch", batch(s.net), 0)
except Exception as error:
    print("FAIL", type(error).__name__, str(error)[:200])
    ok = False
sys.exit(not ok)
