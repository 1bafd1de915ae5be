"""Check the updates of a solver without its net: names, counts, rates and rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from layerzoo.errors import Fault
from layerzoo.optimizer import OTHERS, RULES, FullBatchRule, check_rule, rule_name, settings_of
from layerzoo.optimizer.freeze import MAX_LENGTH, MAX_WILD, is_wild
from layerzoo.schema import SolverParameter, UpdateParameter

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
        settings = settings_of(solver, update)
        for fault in check_rule(settings):
            own = fault.field is not None and fault.field in update.DESCRIPTOR.fields_by_name
            own = own and update.HasField(fault.field)
            faults.append(replace(fault, field=f"{at}.{fault.field}" if own else f"{at}.type"))
        if rule_name(settings) in RULES and issubclass(RULES[rule_name(settings)], FullBatchRule):
            message = f"{rule_name(settings)} searches along one direction of all params, for one loss"
            hint = "give the update another type, or the solver no update"
            faults.append(Fault(message, field=f"{at}.type", hint=hint))
    return [*faults, *(_turn_faults(solver) if any(turns) else ())]


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
    patterns = [*update.layer, *update.exclude_layer]
    if sum(map(is_wild, patterns)) > MAX_WILD or any(len(pattern) > MAX_LENGTH for pattern in patterns):
        message = (
            f"an update takes at most {MAX_WILD} patterns with wildcards, of {MAX_LENGTH} characters each"
        )
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
