"""A step without a test reads nothing from the test net's source: its first pass by hand shows batch 0."""

import sys

from common_net import batch, expect, solver

TESTS = (
    'base_lr: 0.0001 lr_policy: "fixed" max_iter: 8 '
    "test_iter: 3 test_interval: 100 test_initialization: false"
)
s = solver(TESTS)
got = []
for _ in range(4):
    s.step(1)
    s.test_nets[0].forward()
    got.append(batch(s.test_nets[0]))
sys.exit(not expect("step(1), test_nets[0].forward(), four times", got, [0, 1, 2, 3]))
