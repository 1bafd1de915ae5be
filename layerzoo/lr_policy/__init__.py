"""Learning rate policies: the rate of each iteration.

A policy is a function of the iteration alone, so a resumed run has the rates of an uninterrupted one;
`plateau <layerzoo.lr_policy.plateau>`, which follows the test scores, is the one that has a state. Adding a
policy is one module here: a class with a decorator, of which `MultistepPolicy` is ``multistep``.
"""

from layerzoo.lr_policy.make import check_policy, make_policy
from layerzoo.lr_policy.policy import POLICIES, Policy, register
from layerzoo.lr_policy.warmup import Warmup

__all__ = ["POLICIES", "Policy", "Warmup", "check_policy", "make_policy", "register"]
