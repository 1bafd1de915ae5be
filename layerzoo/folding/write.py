"""Write a net with blocks as YAML."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from google.protobuf.message import Message

from layerzoo.expressions import evaluate, parse, text_of
from layerzoo.folding.search import Group
from layerzoo.folding.slots import Path, Slotted
from layerzoo.folding.variables import Variables, literal
from layerzoo.loader import emit
from layerzoo.loader.emit import yaml_scalar
from layerzoo.schema import LayerParameter, NetParameter, fields

_WIDTH: Final = 110
_EXPRESSION: Final = re.compile(r"(?<!\$)\$\{([^}]*)\}")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")

Replace = Callable[[Path], str | None]
"""The text of a scalar by its path; None for the value that it has."""


class Block:
    """A subnet that stands for a group of layers.

    Attributes:
        name: its name.
        group: where the layers are.
        variables: its parameters.
        outputs: the names of its outputs, with expressions.
        lines: its text.
    """

    def __init__(self, name: str, group: Group, net: NetParameter, layers: Sequence[Slotted]) -> None:
        self.name, self.group = name, group
        self.variables = Variables()
        first = group.wirings[0]
        self.inputs = ["x"] if len(first.outside) == 1 else [f"x{k}" for k in range(len(first.outside))]
        self._inside = [
            self.variables.text([wiring.inside[k] for wiring in group.wirings])
            for k in range(len(first.inside))
        ]
        while set(self.inputs) & set(self._inside):
            self.inputs = [f"in_{name}" for name in self.inputs]
        body = []
        for offset in range(group.length):
            of_uses = [layers[start + offset] for start in group.starts]
            replace = self._replace(of_uses, first.shape[offset])
            body.append(flow(net.layer[group.starts[0] + offset], replace))
        self.outputs = [self._inside[label] for label in group.outputs]
        self.lines = [f"  - name: {name}", *self._arguments(), "    layer:"]
        if self.inputs:
            tops = f"[{', '.join(self.inputs)}]" if len(self.inputs) > 1 else self.inputs[0]
            self.lines.append(f"      - {{name: in, type: Input, top: {tops}}}")
        self.lines += [f"      - {line}" for line in body]
        last = first.shape[-1][1]
        self.says_outputs = [(True, label) for label in group.outputs] != list(last)

    def _replace(self, of_uses: Sequence[Slotted], wiring: Sequence[Sequence[tuple[bool, int]]]) -> Replace:
        """What stands in a layer of the block in place of the scalars of its first use."""
        texts: dict[Path, str] = {}
        for path in of_uses[0].names:
            texts[path] = self.variables.text([layer.names[path] for layer in of_uses])
        for path in of_uses[0].numbers:
            texts[path] = self.variables.number([layer.numbers[path] for layer in of_uses])
        for key, labels in zip(("bottom", "top"), wiring, strict=True):
            places = of_uses[0].read if key == "bottom" else [(key, i) for i in range(len(labels))]
            for place, (is_inside, number) in zip(places, labels, strict=True):
                texts[place] = self._inside[number] if is_inside else self.inputs[number]
        return texts.get

    def _arguments(self) -> list[str]:
        kinds = {
            name: "INT" if isinstance(v[0], int) else "STRING" for name, v in self.variables.values.items()
        }
        texts = [f"{{name: {name}, type: {kind}}}" for name, kind in kinds.items()]
        return [f"    arg: [{', '.join(texts)}]"] if texts else []

    def calls(self, net: NetParameter) -> list[tuple[int, list[str]]]:
        """For each run of uses, where it begins in the net, and the layer that stands for it."""
        return [(self.group.starts[run[0]], self._call(run)) for run in self.group.runs()]

    def _call(self, run: Sequence[int]) -> list[str]:
        values = {name: [several[use] for use in run] for name, several in self.variables.values.items()}
        fixed = {name: several[0] for name, several in values.items() if len(set(several)) == 1}
        moving = {name: several for name, several in values.items() if name not in fixed}
        param = [f"net: {self.name}", "names: AS_WRITTEN"]
        shown = {name: _value(value) for name, value in fixed.items()}
        steps = {name: _steps(several) for name, several in moving.items()}
        if len(run) == 1:
            pass
        elif all(step is not None for step in steps.values()):
            param.append(f"times: {len(run)}")
            shown |= {name: step for name, step in steps.items() if step is not None}
        elif len(moving) == 1:
            (name,) = moving
            param += [f"var: {name}", f"each: [{', '.join(_plain(one) for one in moving[name])}]"]
            shown[name] = name
        else:
            rows = zip(*moving.values(), strict=True)
            listed = ", ".join(f"[{', '.join(map(_value, row))}]" for row in rows)
            param.append(f"each: {json.dumps(f'${{[{listed}]}}', ensure_ascii=False)}")
            shown |= {name: f"i[{place}]" for place, name in enumerate(moving)}
        given = [
            f"{name}: {_plain(fixed[name])}" if name in fixed else f'{name}: "${{{shown[name]}}}"'
            for name in values
        ]
        if given:
            param.append(f"with: {{{', '.join(given)}}}")
        outputs = [_in_call(text, fixed, shown) for text in self.outputs]
        if self.says_outputs and outputs:
            param.append(f"output: {_listed(outputs)}")
        head = ["type: Call"]
        outside = list(self.group.wirings[run[0]].outside)
        if outside:
            head.append(f"bottom: {_listed([literal(name) for name in outside])}")
        if outputs:
            head.append(f"top: {_listed(outputs)}")
        line = f"  - {{{', '.join(head)}, subnet_param: {{{', '.join(param)}}}}}"
        if len(line) <= _WIDTH:
            return [line]
        lines = [f"  - {head[0]}", *(f"    {text}" for text in head[1:]), "    subnet_param:"]
        return lines + [wrapped for text in param for wrapped in _wrapped(f"      {text}")]


def written(net: NetParameter, groups: Sequence[Group], layers: Sequence[Slotted]) -> str:
    """The YAML of a net in which blocks stand for groups of layers."""
    named = sorted(groups, key=lambda group: group.starts[0])
    blocks = [Block(f"block{k}", group, net, layers) for k, group in enumerate(named, 1)]
    inside = {s + k for group in groups for s in group.starts for k in range(group.length)}
    items = [call for block in blocks for call in block.calls(net)]
    items += [(index, [f"  - {flow(layer)}"]) for index, layer in enumerate(net.layer) if index not in inside]
    rest = NetParameter()
    rest.CopyFrom(net)
    rest.ClearField("layer")
    lines = emit(rest, "yaml").replace("${", "$${").splitlines()
    lines += ["subnet:", *(line for block in blocks for line in block.lines)] if blocks else []
    lines += ["layer:", *(line for _, several in sorted(items) for line in several)]
    return "".join(f"{line}\n" for line in lines)


def flow(message: Message, replace: Replace = lambda path: None, path: Path = ()) -> str:
    """A message on one line, with other texts in the place of some scalars."""
    set_fields = {descriptor.name: value for descriptor, value in message.ListFields()}
    pieces: list[str] = []
    for name, field in fields(type(message)).items():
        if name not in set_fields:
            continue
        values = list(set_fields[name]) if field.repeated else [set_fields[name]]
        texts = []
        for index, value in enumerate(values):
            place: Path = (*path, name, index) if field.repeated else (*path, name)
            other = replace(place) if field.kind != "message" else None
            if field.kind == "message":
                texts.append(flow(value, replace, place))
            elif other is not None:
                texts.append(other if field.kind == "int" and "$" not in other else _string(other))
            elif field.kind in {"string", "bytes"} and "${" in str(value):
                texts.append(_string(literal(value)))
            else:
                texts.append(yaml_scalar(field, value))
        pieces.append(f"{name}: {texts[0] if len(texts) == 1 else '[' + ', '.join(texts) + ']'}")
    return "{" + ", ".join(pieces) + "}"


def _string(text: str) -> str:
    """A string in a flow collection."""
    return yaml_scalar(fields(LayerParameter)["name"], text)


def _listed(texts: Sequence[str]) -> str:
    shown = [_string(text) for text in texts]
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def _plain(value: str | int) -> str:
    """A value in YAML; a text that looks like a number has quotes."""
    return str(value) if isinstance(value, int) else _string(literal(value)) if value else '""'


def _value(value: str | int) -> str:
    """A value in an expression."""
    return (
        str(value) if isinstance(value, int) else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    )


def _steps(values: Sequence[str | int]) -> str | None:
    """Equally spaced numbers as an expression of ``i``; None for other values."""
    numbers = [value for value in values if isinstance(value, int)]
    steps = {after - before for before, after in pairwise(numbers)}
    if len(numbers) < len(values) or len(steps) != 1:
        return None
    (step,) = steps
    scaled = "i" if step == 1 else f"{step} * i"
    return scaled if numbers[0] == 0 else f"{scaled} + {numbers[0]}"


def _in_call(text: str, fixed: dict[str, str | int], shown: dict[str, str]) -> str:
    """A name of the block as the caller writes it: with its own values and variables."""

    def replaced(match: re.Match[str]) -> str:
        words = set(_WORD.findall(match[1]))
        if words <= fixed.keys():
            return literal(text_of(evaluate(parse(match[1])[0], fixed)))
        alone = match[1] in shown
        inner = _WORD.sub(
            lambda m: shown[m[0]] if alone or " " not in shown[m[0]] else f"({shown[m[0]]})", match[1]
        )
        return f"${{{inner}}}"

    return _EXPRESSION.sub(replaced, text)


def _wrapped(line: str) -> list[str]:
    """A line in pieces of at most the width, broken at blanks: YAML joins them by a blank."""
    if len(line) <= _WIDTH:
        return [line]
    return textwrap.wrap(
        line, _WIDTH, subsequent_indent="        ", break_long_words=False, break_on_hyphens=False
    )
