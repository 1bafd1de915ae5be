"""Update rules: compute new params from gradients.

An `UpdateRule` makes one update from the gradients of its params; a `FullBatchRule` evaluates the loss of
all data several times per update. Params, gradients and history are tensors updated in place, so that their
storage never changes. A new rule is one module in this package with a `register`ed class.
"""

from layerzoo.optimizer.ema import WeightAverage
from layerzoo.optimizer.freeze import freeze, freeze_faults
from layerzoo.optimizer.full_batch import FullBatchRule
from layerzoo.optimizer.make import check_rule, make_rule, rule_name
from layerzoo.optimizer.rule import RULES, Rule, UpdateParam, register
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule, gradient_norm

__all__ = [
    "RULES",
    "FullBatchRule",
    "Group",
    "Rule",
    "Step",
    "UpdateParam",
    "UpdateRule",
    "WeightAverage",
    "check_rule",
    "freeze",
    "freeze_faults",
    "gradient_norm",
    "make_rule",
    "register",
    "rule_name",
]
