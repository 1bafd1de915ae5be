"""The fields of the form, with their help from the schema and their values in a solver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

from layerzoo.catalogue.table import last_table
from layerzoo.loader import Document
from layerzoo.schema import TRAIN, SolverParameter
from layerzoo.schema import fields as schema_fields

Kind = Literal["number", "list", "choice"]
_ANY: Final[tuple[str, ...]] = ()
GROUPS: Final[dict[str, dict[str, tuple[str, Sequence[str]]]]] = {
    "Update rule": {
        "type": ("Rule", _ANY),
        "momentum": ("Momentum", _ANY),
        "momentum2": ("Second momentum", _ANY),
        "weight_decay": ("Weight decay", _ANY),
        "clip_gradients": ("Largest gradient norm", _ANY),
    },
    "Learning rate": {
        "base_lr": ("Base learning rate", _ANY),
        "lr_policy": ("Policy", _ANY),
        "gamma": ("Gamma", ("exp", "inv", "multistep", "plateau", "sigmoid", "step")),
        "power": ("Power", ("inv", "poly")),
        "stepsize": ("Step size, in iterations", ("sigmoid", "step")),
        "stepvalue": ("Steps, iterations", ("multistep",)),
        "stagelr": ("Rates of the stages", ("multifixed",)),
        "stageiter": ("Ends of the stages", ("multifixed",)),
        "min_lr": ("Least learning rate", ("poly",)),
        "cosine_param.min_lr": ("Least learning rate", ("cosine",)),
        "cosine_param.period": ("Period, in iterations", ("cosine",)),
        "plateau_param.patience": ("Patience, in tests", ("plateau",)),
        "warmup_param.iterations": ("Warm-up, in iterations", _ANY),
        "warmup_param.start_factor": ("Warm-up begins at, share", _ANY),
        "warmup_param.shape": ("Shape of the warm-up", _ANY),
    },
    "Length and batches": {
        "max_epoch": ("Epochs", _ANY),
        "max_iter": ("Iterations", _ANY),
        "iter_size": ("Batches an iteration", _ANY),
        "precision": ("Precision", _ANY),
        "random_seed": ("Seed", _ANY),
    },
    "Tests and snapshots": {
        "test_epoch": ("Test, epochs", _ANY),
        "test_interval": ("Test, iterations", _ANY),
        "early_stopping_param.patience": ("Early stop, tests", _ANY),
        "snapshot": ("Snapshot, iterations", _ANY),
        "display": ("Log line, iterations", _ANY),
    },
}
"""Groups of fields: path, label, and the policies that read it (empty: all)."""
_KNOWN: Final = {"type": "solvers", "lr_policy": "policies"}


@dataclass
class FormField:
    """A field of the form.

    Attributes:
        path: its ``-set`` path.
        label: what it is called.
        kind: a number (or several, which are tried one by one), a list, or a choice.
        help: what it means.
        value: in the solver; empty if it isn't given.
        default: where it isn't given; empty if there is none.
        choices: what it may be, and what each is.
        policies: the learning rate policies that read it; empty: all.
    """

    path: str
    label: str
    kind: Kind
    help: str
    value: str = ""
    default: str = ""
    choices: dict[str, str] = field(default_factory=dict)
    policies: list[str] = field(default_factory=list)


@dataclass
class Group:
    """Fields that belong together."""

    title: str
    fields: list[FormField]


def form(document: Document[SolverParameter]) -> list[Group]:
    """The form with the values of a solver."""
    groups = [
        Group(title, [_field(path, document.message) for path in some]) for title, some in GROUPS.items()
    ]
    groups[2].fields[2:2] = list(batches(document))
    return groups


def batches(document: Document[SolverParameter]) -> Iterator[FormField]:
    """The batch sizes of the layers that training reads its data by."""
    help_ = "Samples in a batch: more need more memory, and give steadier steps."
    for place, net in _nets(document):
        for layer in net.layer:
            phases = [rule.phase for rule in layer.include if rule.HasField("phase")]
            if phases and TRAIN not in phases:
                continue
            for descriptor, value in layer.ListFields():
                if descriptor.message_type is None or not descriptor.name.endswith("_param"):
                    continue
                if "batch_size" in descriptor.message_type.fields_by_name:
                    path = f"{place}.layer[{layer.name},TRAIN].{descriptor.name}.batch_size"
                    yield FormField(
                        path, f"Batch size of {layer.name}", "number", help_, str(value.batch_size)
                    )


def is_list(path: str) -> bool:
    """Whether a field takes several values at once."""
    declared = _declared(path)
    return declared is not None and bool(declared.repeated)


def _nets(document: Document[SolverParameter]) -> Iterator[tuple[str, Any]]:
    for key in ("net", "train_net"):
        for net in document.nets.get(key, ())[:1]:
            yield key, net.message
    for key in ("net_param", "train_net_param"):
        if document.message.HasField(key):
            yield key, getattr(document.message, key)


@cache
def _declared(path: str) -> Any:
    """What the schema says of a field of a solver; None if it is none."""
    message: Any = SolverParameter
    *steps, last = path.split(".")
    for step in steps:
        inner = schema_fields(message).get(step)
        if inner is None or inner.message is None:
            return None
        message = inner.message
    return schema_fields(message).get(last)


def _field(path: str, solver: SolverParameter) -> FormField:
    label, policies = next(some[path] for some in GROUPS.values() if path in some)
    declared = _declared(path)
    assert declared is not None, path
    made = FormField(path, label, "number", declared.comment, policies=list(policies))
    made.value = value_of(solver, path)
    made.default = "" if declared.default in (None, "") else _shown(declared.default)
    if path in _KNOWN:
        made.kind, names = "choice", last_table(_KNOWN[path])
        made.choices = {name: _first_line(names.facts(name)) for name in names.names()}
    elif declared.repeated:
        made.kind = "list"
    elif (enum := _enum(path)) is not None:
        made.kind, made.choices = "choice", dict.fromkeys(enum, "")
    return made


def value_of(solver: SolverParameter, path: str) -> str:
    """The value of a field as it is typed; empty if it isn't given."""
    message: Any = solver
    *steps, last = path.split(".")
    for step in steps:
        if not message.HasField(step):
            return ""
        message = getattr(message, step)
    descriptor = message.DESCRIPTOR.fields_by_name[last]
    value = getattr(message, last)
    if is_list(path):
        return ", ".join(_shown(one) for one in value)
    if not message.HasField(last):
        return ""
    return descriptor.enum_type.values_by_number[value].name if descriptor.enum_type else _shown(value)


def _enum(path: str) -> list[str] | None:
    message: Any = SolverParameter.DESCRIPTOR
    for step in path.split("."):
        descriptor = message.fields_by_name[step]
        message = descriptor.message_type
    return [value.name for value in descriptor.enum_type.values] if descriptor.enum_type else None


def _shown(value: Any) -> str:
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _first_line(facts: Any) -> str:
    return "" if facts is None else facts.doc.partition("\n")[0].replace("``", "")
