"""Update rules: gradients in, params changed.

An `UpdateRule` makes one update from the gradients that lie on its params; a `FullBatchRule` asks for the
loss of all data as often as it needs. Params, gradients and history are tensors whose storage never changes.
Adding a rule is one module here: a class with a decorator.
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
