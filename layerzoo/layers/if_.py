"""If: run one of two subnets, by a condition.

The module's name ends in an underscore since ``if`` is a keyword of Python.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.graph.model import Graph, InnerRun
from layerzoo.layer import Shape, at_least, register
from layerzoo.schema import LayerParameter
from layerzoo.subnet.body_graph import body_graph, body_of
from layerzoo.subnet.inputs import body_inputs, shown
from layerzoo.subnet.subnet_layer import SubnetLayer, check_tops, outputs_of


@register
class If(SubnetLayer):
    """Run a subnet where the first bottom is not 0, and another one (or none) where it is.

    The other bottoms are the inputs of both subnets, in order. The tops are the blobs in ``output``, or else
    the tops of each subnet's last layer. Without ``else_net`` the bottoms after the condition are the tops
    where the condition is 0.

    The condition is one value, or has the same value for the whole batch. With ``per_sample`` it has a value
    for each sample (along axis 0 of all bottoms and tops); each subnet runs on its samples alone, so that
    statistics over the batch, and the gradients, are of these.

    A compiled or recorded pass can't read the condition: it runs both subnets on the whole batch and selects.
    So it refuses subnets with statistics, such as BatchNorm's, in training.

    Shapes: bottoms condition () or (N, 1…), then any; tops those of the outputs. Source: Layerzoo's own;
    Bengio et al. 2015, Conditional computation in neural networks.
    """

    fields_read = ("else_net", "else_body", "per_sample")
    subnets = ("body", "else_body")
    example = (
        'body { layer { name: "in" type: "Input" top: "x" } layer { name: "ip" '
        'type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 5 weight_filler { '
        'type: "xavier" } } } }'
    )
    example_bottoms = ((1,), (4, 5))
    bottoms = at_least(2)
    tops = at_least(1)
    without_gradient = (0,)

    def __init__(
        self, param: LayerParameter, bottom_shapes: Sequence[Shape] = (), seed: int = 0, name: str = ""
    ) -> None:
        super().__init__(param, bottom_shapes, seed, name)
        self.per_sample = param.subnet_param.per_sample
        self.outputs = [outputs_of(param, body.graph) for body in self._bodies]

    @classmethod
    def inner_runs(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[InnerRun]:
        fields = {"then": "body"}
        if param.subnet_param.HasField("else_body"):
            fields["else"] = "else_body"
        elif param.subnet_param.else_net:
            body_of(param, "else_body")
        return [InnerRun(path, _graph(param, bottoms, field, path), 1) for path, field in fields.items()]

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        runs = cls.inner_runs(param, bottoms)
        shapes = [run.graph.shapes(tuple(outputs_of(param, run.graph))) for run in runs]
        check_tops(param, len(shapes[0]), "those of output, or the tops of the subnet's last layer")
        if len(runs) == 1:
            shapes.append([tuple(shape) for shape in bottoms[1 : 1 + len(shapes[0])]])
        if shapes[0] != shapes[1]:
            other = "the other subnet gives" if len(runs) == 2 else "the bottoms that take their place have"
            raise LayerFault(
                f"the subnet gives {', '.join(map(shown, shapes[0]))}; {other} "
                f"{', '.join(map(shown, shapes[1])) or 'nothing'}",
                field="subnet_param.else_net" if len(runs) == 2 else "subnet_param.net",
                hint="both must give the same shapes",
            )
        if param.subnet_param.per_sample:
            _check_samples(bottoms, shapes[0])
        return shapes[0]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        runs = cls.inner_runs(param, bottoms)
        return max(sum(run.graph.macs(layer) for layer in run.graph.layers) for run in runs)

    @property
    def unrecordable(self) -> str | None:
        """Why a compiled or recorded pass would compute something else; None if it wouldn't."""
        return self.statistics()

    def forward(self, condition: Tensor, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        condition = condition.detach().flatten() != 0
        if not self.may_skip():
            tops = self._selected(condition, inputs)
        elif self.per_sample:
            tops = self._by_sample(condition, inputs)
        else:
            tops = self._run(0 if self._whole(condition) else 1, inputs)
        return tuple(tops) if len(tops) != 1 else tops[0]

    def _run(self, which: int, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The tops of a subnet, or of none."""
        if which == len(self._bodies):
            return list(inputs[: len(self.outputs[0])])
        held = self.run_body(self._bodies[which], inputs)
        return [held[blob] for blob in self.outputs[which]]

    def _whole(self, condition: Tensor) -> bool:
        """The value of the condition for the whole batch.

        Raises:
            LayerFault: it differs between samples.
        """
        true = int(condition.sum())
        if 0 < true < condition.numel():
            raise LayerFault(
                f"the condition is 0 for {condition.numel() - true} of {condition.numel()} samples, and not "
                f"for the others",
                field="subnet_param.per_sample",
                hint="per_sample: true decides for each sample",
            )
        return bool(true)

    def _by_sample(self, condition: Tensor, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The tops, each sample's from its subnet."""
        rows = [condition.nonzero().flatten(), (~condition).nonzero().flatten()]
        used = [which for which in (0, 1) if rows[which].numel()]
        if len(used) < 2:
            return self._run(used[0] if used else 0, inputs)
        outside = self.clock.rows
        parts = []
        try:
            for which in used:
                self.clock.rows = (rows[which], condition.numel())
                parts.append(self._run(which, [x.index_select(0, rows[which]) for x in inputs]))
        finally:
            self.clock.rows = outside
        order = torch.cat(rows).argsort()
        return [torch.cat(pair).index_select(0, order) for pair in zip(*parts, strict=True)]

    def _selected(self, condition: Tensor, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The tops of both subnets on the whole batch, selected by the condition."""
        one, other = self._run(0, inputs), self._run(1, inputs)
        if not self.per_sample:
            condition = condition[:1]
        return [
            torch.where(condition.view(-1, *[1] * (a.dim() - 1)) if a.dim() else condition[0], a, b)
            for a, b in zip(one, other, strict=True)
        ]


def _graph(param: LayerParameter, bottoms: Sequence[Shape], field: str, path: str) -> Graph:
    inputs = body_inputs(body_of(param, field), param.phase)
    if len(inputs) != len(bottoms) - 1:
        names = ", ".join(one.name for one in inputs) or "none"
        raise LayerFault(
            f"{len(bottoms) - 1} bottoms after the condition for {len(inputs)} inputs of the subnet: {names}",
            field="bottom",
            hint="list the condition, then one for each input, in order",
        )
    for index, (one, shape) in enumerate(zip(inputs, bottoms[1:], strict=True), 1):
        one.check(tuple(shape), index)
    return body_graph(param, bottoms[1:], field, path)


def _check_samples(bottoms: Sequence[Shape], tops: Sequence[Shape]) -> None:
    """Check that bottoms and tops have a sample for each value of the condition.

    Raises:
        LayerFault: one has not.
    """
    count = torch.Size(bottoms[0]).numel()
    for index, shape in enumerate(bottoms[1:], 1):
        if not shape or shape[0] != count:
            raise LayerFault(
                f"per_sample: a bottom of shape {shape}; expected {count} samples along axis 0, one for each "
                "value of the condition",
                bottom=index,
            )
    for shape in tops:
        if not shape or shape[0] != count:
            raise LayerFault(
                f"per_sample: an output of shape {shape}; expected {count} samples along axis 0",
                field="subnet_param.output",
            )
