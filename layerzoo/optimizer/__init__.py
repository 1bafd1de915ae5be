"""Update rules: compute new params from gradients.

An `UpdateRule` makes one update from the gradients of its params; a `FullBatchRule` evaluates the loss of
all data several times per update. Params, gradients and history are tensors updated in place, so that their
storage never changes. A new rule is one module in this package with a `register`ed class.
"""

from layerzoo.optimizer.ema import WeightAverage
from layerzoo.optimizer.evaluated_weights import EvaluatedWeights
from layerzoo.optimizer.freeze import freeze, freeze_faults, is_frozen
from layerzoo.optimizer.full_batch import FullBatchRule
from layerzoo.optimizer.make import AnyRule, check_rule, make_rule, rule_name
from layerzoo.optimizer.rule import RULES, Moving, Rule, UpdateParam, register
from layerzoo.optimizer.rule_set import Member, RuleSet
from layerzoo.optimizer.update_plan import OTHERS, UpdatePlan, passes_of_iteration, settings_of
from layerzoo.optimizer.update_rule import Group, Step, UpdateRule

__all__ = [
    "OTHERS",
    "RULES",
    "AnyRule",
    "EvaluatedWeights",
    "FullBatchRule",
    "Group",
    "Member",
    "Moving",
    "Rule",
    "RuleSet",
    "Step",
    "UpdateParam",
    "UpdatePlan",
    "UpdateRule",
    "WeightAverage",
    "check_rule",
    "freeze",
    "freeze_faults",
    "is_frozen",
    "make_rule",
    "passes_of_iteration",
    "register",
    "rule_name",
    "settings_of",
]
