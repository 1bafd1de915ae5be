"""Explain names of the config language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import fill, indent
from typing import Any, Final

from layerzoo.catalogue.blocks import CALL, EXAMPLES, EXPRESSIONS, expressions
from layerzoo.catalogue.facts import Facts
from layerzoo.catalogue.known import known, known_names
from layerzoo.catalogue.listing import origin
from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.schema import Field, LayerParameter, comment, declared_messages, fields
from layerzoo.schema import messages as schema_messages

WIDTH: Final = 100


def explain(name: str) -> str:
    """Explain a layer type, solver type, policy, filler, data set, task, message or field.

    Args:
        name: ``Convolution``, ``Adam``, ``step``, ``xavier``, ``digits``, ``FillerParameter``,
            ``SolverParameter.base_lr``, ``Call``, ``expressions``, or a field's name alone.

    Raises:
        UsageError: the name is unknown; suggests similar ones.
    """
    kinds = (_a_block, _a_layer, _a_named_thing, _a_message, _a_path, _fields_named)
    texts = [text for kind in kinds for text in kind(name)]
    if name in EXAMPLES:
        texts.append("Example\n" + indent(EXAMPLES[name].rstrip(), "  "))
        texts.append(f"See `layerzoo explain {EXPRESSIONS}`, and configs/resnet_train_val.yaml.")
    if not texts:
        hint = did_you_mean(_similar(name))
        raise UsageError(f"unknown name '{name}'" + (f"; {hint}" if hint else ""))
    return "\n\n".join(texts) + "\n"


def _a_block(name: str) -> Iterator[str]:
    """The texts for what is expanded while a config is loaded, and is no class."""
    if name == CALL:
        message = messages()["SubnetParameter"]
        yield f"{CALL}: the layers of a subnet, in the place of this layer, once a net is loaded"
        yield f"subnet_param {{ … }}  SubnetParameter\n{_table(fields(message))}"
    elif name == EXPRESSIONS:
        yield expressions()


def _a_layer(name: str) -> Iterator[str]:
    layers = known("layers")
    facts = layers.facts(name)
    if facts is None:
        return
    rows = "\n".join(f"  {label:<9} {value}" for label, value in facts.rows)
    parts = [f"{name}: layer type ({facts.family}, {origin(facts.doc)})", _doc(facts), rows]
    for message in facts.messages:
        field = fields(LayerParameter)[message]
        if field.message is not None:
            parts.append(f"{message} {{ … }}  {field.type_name}\n" + _table(fields(field.message)))
    parts += ["Example\n" + indent(layers.example(name), "  "), f"Code: {facts.code}"]
    yield "\n\n".join(parts)


def _a_named_thing(name: str) -> Iterator[str]:
    """The texts for a solver type, policy, filler, data set or task."""
    kinds = {
        "solvers": "solver type",
        "policies": "lr_policy",
        "fillers": "filler",
        "datasets": "data set",
        "tasks": "task",
    }
    for kind, what in kinds.items():
        facts = known(kind).facts(name)
        if facts is not None:
            parts = [f"{name}: {what} ({origin(facts.doc, is_layer=False)})", _doc(facts)]
            parts += [f"Example\n  {known(kind).example(name)}", f"Code: {facts.code}"]
            yield "\n\n".join(parts)


def _a_message(name: str) -> Iterator[str]:
    if name in messages():
        message = messages()[name]
        yield f"{name}: message\n\n{_wrapped(comment(message), '  ')}\n\n{_table(fields(message))}"


def _a_path(name: str) -> Iterator[str]:
    """The text for a path: ``Message.field``, or fields from a layer such as ``pooling_param.pool``."""
    first, _, rest = name.partition(".")
    if not rest:
        return
    message: Any = messages().get(first)
    if message is None:
        start = fields(LayerParameter).get(first)
        message = start.message if start is not None else None
    *steps, last = rest.split(".")
    for step in steps:
        field = fields(message).get(step) if message is not None else None
        message = field.message if field is not None else None
    if message is not None and last in fields(message):
        yield _one(fields(message)[last])


def _fields_named(name: str) -> Iterator[str]:
    """The texts for all fields of that name, in any message."""
    if "." in name or name in messages():
        return
    yield from (_one(fields(message)[name]) for message in messages().values() if name in fields(message))


def _one(field: Field) -> str:
    inside = _values(field)
    if field.message is not None:
        rows = _table(fields(field.message))
        inside = f"Fields of {field.type_name}\n{rows}" if rows else ""
    text = f"{field.full_name}: {_type(field)}{_default(field)}\n\n{_wrapped(field.comment, '  ')}"
    return text + (f"\n\n{inside}" if inside else "")


def _table(of: Mapping[str, Field]) -> str:
    return "\n".join(
        f"  {field.name}  {_type(field)}{_default(field)}\n{_wrapped(field.comment, '      ')}"
        + (f"\n{indent(values, '      ')}" if (values := _values(field)) else "")
        for field in of.values()
    )


def _type(field: Field) -> str:
    name = f"repeated {field.type_name}" if field.repeated else field.type_name
    return name + (", Layerzoo's own" if field.own and field.extension is None else "")


def _default(field: Field) -> str:
    if field.required:
        return ", required"
    if field.default is None or field.default == "":
        return ""
    shown = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    return f", default {shown.lower() if isinstance(field.default, bool) else shown}"


def _values(field: Field) -> str:
    """The values of an enum field with their comments; empty for other fields."""
    holder = field.full_name.rpartition(".")[0]
    lines = []
    for value in field.values:
        text = comment(f"{holder}.{field.type_name}.{value}") or comment(f"{field.type_name}.{value}")
        lines.append(_wrapped(f"{value}: {text}" if text else value, "  "))
    return "\n".join(lines)


def _doc(facts: Facts) -> str:
    return indent(facts.doc.replace("``", "`"), "  ")


def _wrapped(text: str, margin: str) -> str:
    return fill(" ".join(text.split()), WIDTH, initial_indent=margin, subsequent_indent=margin)


def messages() -> dict[str, Any]:
    """All messages by name: those of the schema, and those that registered classes declare."""
    return {**schema_messages(), **declared_messages()}


def explainable() -> list[str]:
    """All names that `explain` accepts: of classes, messages, fields, and paths of a message and a field."""
    inside = [name for message in messages().values() for name in fields(message)]
    paths = [f"{m}.{name}" for m, message in messages().items() for name in fields(message)]
    return list(dict.fromkeys([*sorted(known_names()), CALL, EXPRESSIONS, *messages(), *inside, *paths]))


def _similar(name: str) -> list[str]:
    """Names similar to one that is unknown; to a path, first those of the same message."""
    first = f"{name.partition('.')[0]}."
    names = [known for known in explainable() if ("." in known) == ("." in name)]
    return nearest(name, sorted(names, key=lambda known: "." in name and not known.startswith(first)), 3)
