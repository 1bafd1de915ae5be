"""Learning rate policies: the learning rate of each iteration.

A policy is a function of the iteration alone, so a resumed run uses the rates of an uninterrupted one. Only
`plateau <layerzoo.lr_policy.plateau>` has a state: it follows the test scores. A new policy is one module in
this package with a `register`ed class; `MultistepPolicy` is ``multistep`` in a config.
"""

from layerzoo.lr_policy.make import check_policy, make_policy
from layerzoo.lr_policy.policy import POLICIES, Policy, register
from layerzoo.lr_policy.warmup import Warmup

__all__ = ["POLICIES", "Policy", "Warmup", "check_policy", "make_policy", "register"]
