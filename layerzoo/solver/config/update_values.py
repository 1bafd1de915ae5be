"""Check the updates of a solver without its net: names, counts, rates and rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from math import isfinite
from typing import Final

from layerzoo.errors import Fault
from layerzoo.optimizer import OTHERS, RULES, FullBatchRule, check_rule, rule_name, settings_of
from layerzoo.optimizer.freeze import MAX_LENGTH, MAX_WILD, is_wild
from layerzoo.optimizer.update_plan import SETTINGS
from layerzoo.schema import SolverParameter, UpdateParameter
from layerzoo.solver.config.values import value_faults

_NAME: Final = re.compile(r"[\w.\-]{1,100}", re.ASCII)
_MOST: Final = 100
"""The largest number of updates."""
_MOST_TIMES: Final = 10_000
_OF_TURNS: Final = ("times", "every", "stage")
"""Fields that only updates with losses have."""


def update_faults(solver: SolverParameter) -> list[Fault]:
    """The faults of a solver's updates that show without its net; each names its field."""
    updates = solver.update
    if not updates:
        return []
    if len(updates) > _MOST:
        return [Fault(f"{len(updates):,} updates; a solver has at most {_MOST}", field=f"update[{_MOST}]")]
    faults: list[Fault] = []
    names: set[str] = set()
    turns = [bool(update.loss) for update in updates]
    if any(turns) and not all(turns):
        without = turns.index(False)
        message = f"update '{updates[without].name}' has no loss, but others have"
        hint = "either each update has its losses, or none has: then all share the net's loss"
        faults.append(Fault(message, field=f"update[{without}]", hint=hint))
    for index, update in enumerate(updates):
        at = f"update[{index}]"
        faults += _name_faults(update, at, names)
        names.add(update.name)
        faults += _count_faults(update, at)
        faults += _rate_faults(solver, update, at)
        faults += _rule_faults(solver, update, at)
    if sum(is_wild(p) for update in updates for p in (*update.layer, *update.exclude_layer)) > MAX_WILD:
        message = f"the updates take at most {MAX_WILD} patterns with wildcards"
        faults.append(Fault(message, field="update[0].layer"))
    return list(dict.fromkeys([*check_rule(solver), *faults, *(_turn_faults(solver) if any(turns) else ())]))


def _rule_faults(solver: SolverParameter, update: UpdateParameter, at: str) -> Iterator[Fault]:
    """The faults of an update's rule, at the update's own field, or else at its type."""
    settings = settings_of(solver, update)
    of_rule = check_rule(settings)
    refused = {fault.field for fault in of_rule}
    of_values = [fault for fault in value_faults(settings) if fault.field not in refused]
    for fault in (*of_rule, *of_values):
        name = fault.field or ""
        if name in SETTINGS and update.HasField(name):
            yield replace(fault, field=f"{at}.{name}")
        elif update.HasField("type") and fault in of_rule:
            yield replace(fault, field=f"{at}.type")
    kind = rule_name(settings)
    if kind in RULES and issubclass(RULES[kind], FullBatchRule):
        message = f"{kind} searches along one direction of all params, for one loss"
        hint = "give the update another type, or the solver no update"
        yield Fault(message, field=f"{at}.type" if update.HasField("type") else "type", hint=hint)
    for name in ("base_lr", "lr_mult"):
        if not isfinite(getattr(update, name)):
            yield Fault(f"{name} is {getattr(update, name)}; expected a finite number", field=f"{at}.{name}")


def _name_faults(update: UpdateParameter, at: str, taken: set[str]) -> Iterator[Fault]:
    if not update.name:
        yield Fault(
            "an update needs a name", field=at, hint="for log and snapshots, such as name: discriminate"
        )
    elif not _NAME.fullmatch(update.name):
        message = f"update '{update.name[:100]}': a name has letters, digits, '_', '-' and '.'"
        yield Fault(message, field=f"{at}.name")
    elif update.name in taken:
        yield Fault(f"two updates are named '{update.name}'", field=f"{at}.name")
    elif update.name == OTHERS:
        yield Fault(f"'{OTHERS}' is the name of the params that no update names", field=f"{at}.name")
    if not update.layer:
        message = f"update '{update.name}' names no layer"
        yield Fault(message, field=at, hint='layer names those whose params move; layer: "*" all')
    if any(len(pattern) > MAX_LENGTH for pattern in (*update.layer, *update.exclude_layer)):
        message = f"the name or pattern of a layer has at most {MAX_LENGTH} characters"
        yield Fault(message, field=f"{at}.layer")


def _count_faults(update: UpdateParameter, at: str) -> Iterator[Fault]:
    for name, most in (("times", _MOST_TIMES), ("every", 2**31 - 1)):
        value = getattr(update, name)
        if not 1 <= value <= most:
            yield Fault(f"{name} is {value:,}; expected 1 to {most:,}", field=f"{at}.{name}")
    if not update.loss:
        for name in _OF_TURNS:
            if getattr(update, name) if name == "stage" else update.HasField(name):
                message = f"{name} needs losses: an update without shares the passes of all others"
                yield Fault(message, field=f"{at}.{name}", hint="name the losses that it minimises")


def _rate_faults(solver: SolverParameter, update: UpdateParameter, at: str) -> Iterator[Fault]:
    if update.HasField("base_lr") and update.HasField("lr_mult"):
        message = "both base_lr and lr_mult are given; each sets the rate of the update"
        yield Fault(message, field=f"{at}.lr_mult", hint="keep one")
    if update.HasField("base_lr") and not solver.base_lr:
        message = (
            f"base_lr of update '{update.name}' is in proportion to the solver's, which is 0 or not given"
        )
        yield Fault(message, field=f"{at}.base_lr", hint="give the solver's base_lr")
    if update.HasField("base_lr") and solver.lr_policy == "multifixed":
        message = "base_lr of an update needs an lr_policy that starts from base_lr, which multifixed doesn't"
        yield Fault(message, field=f"{at}.base_lr", hint="give lr_mult instead")


def _turn_faults(solver: SolverParameter) -> Iterator[Fault]:
    """Settings that have no meaning where updates take turns."""
    if solver.debug_info:
        message = (
            "debug_info shows the one pass of an iteration; updates with losses each have passes of their own"
        )
        yield Fault(message, field="debug_info", hint="watch shows blobs, params and gradients")
    if solver.plateau_winsize:
        message = (
            "plateau_winsize follows the loss of an iteration, which is known only after all of its updates"
        )
        yield Fault(message, field="plateau_winsize", hint="plateau without it follows the test score")
