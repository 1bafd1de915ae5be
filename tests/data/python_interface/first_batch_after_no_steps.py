"""A solver that has made no update has read no batch: the first forward pass by hand shows batch 0.

In Caffe's tests: GradientBasedSolverTest, every case that starts with 0 iterations.
"""

import sys

from common_net import batch, expect, solver

ok = True
s = solver()
s.step(0)
s.net.forward()
ok &= expect("step(0), forward", batch(s.net), 0)
s = solver('base_lr: 0.0001 lr_policy: "fixed" max_iter: 0')
s.solve()
s.net.forward()
ok &= expect("solve() with max_iter 0, forward", batch(s.net), 0)
sys.exit(not ok)
