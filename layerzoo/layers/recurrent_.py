"""Recurrent: run a subnet at each step along an axis.

The module's name ends in an underscore since ``recurrent_param`` belongs to RNN and LSTM.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.graph.model import Graph, InnerRun
from layerzoo.layer import Shape, at_least, canonical_axis, register
from layerzoo.layer.decoding_state import StateCache
from layerzoo.schema import TEST, LayerParameter
from layerzoo.subnet.body_graph import body_graph
from layerzoo.subnet.inputs import carried_inputs, start_shape
from layerzoo.subnet.step_inputs import step_count, step_inputs
from layerzoo.subnet.subnet_layer import SubnetLayer, check_tops, outputs_of


@register
class Recurrent(SubnetLayer):
    """Run a subnet at each step along an axis; blobs in ``carry`` go from a step to the next.

    The bottoms are the subnet's inputs, in order. A bottom goes along ``axis``, a slice for each step, if its
    input declares a shape with one axis less, or none; a bottom whose input declares as many axes is the
    same at each step. The bottom of an input in ``carry`` is its value at the first step; without a bottom
    it begins with zeros, of the shape that it declares (an axis of -1 is the batch). If there are fewer
    bottoms than inputs, the last inputs in ``carry`` have none.

    The tops are the blobs in ``output``, or else the tops of the subnet's last layer, of all steps along
    ``axis``; then the last step's values of the blobs in ``last``. With ``last`` alone no blob of all steps
    is a top. In phase TEST an input in ``feed_back`` takes the blob of the step before, from the second
    step on. With ``truncate: k`` no gradient passes from step k, 2 k, … (counted from 0) to the step before.

    Params are shared by all steps. Random numbers depend on the number of the step, too. While a net is
    decoded step by step, blobs in ``carry`` go on from pass to pass, and ``feed_back`` doesn't act.

    Shapes: bottoms (…, T, …) with T on ``axis``, or any; tops (…, T, …) and those of one step. Source:
    Layerzoo's own; Werbos 1990, Backpropagation through time; Williams and Peng 1990 (truncation).
    """

    fields_read = ("axis", "carry", "last", "feed_back", "truncate")
    example = (
        'carry { blob: "h1" input: "h" } body { layer { name: "x" type: "Input" top: "x" } '
        'layer { name: "h" type: "Input" top: "h" input_param { shape { dim: -1 dim: 8 } } } '
        'layer { name: "ix" type: "InnerProduct" bottom: "x" top: "ix" inner_product_param { num_output: 8 '
        'weight_filler { type: "xavier" } } } '
        'layer { name: "ih" type: "InnerProduct" bottom: "h" top: "ih" inner_product_param { num_output: 8 '
        'bias_term: false weight_filler { type: "xavier" } } } '
        'layer { name: "sum" type: "Eltwise" bottom: "ix" bottom: "ih" top: "sum" } '
        'layer { name: "tanh" type: "TanH" bottom: "sum" top: "h1" } }'
    )
    example_bottoms = ((8, 4, 10),)
    bottoms = at_least(1)
    tops = at_least(1)
    decoding: StateCache | None

    def __init__(
        self, param: LayerParameter, bottom_shapes: Sequence[Shape] = (), seed: int = 0, name: str = ""
    ) -> None:
        super().__init__(param, bottom_shapes, seed, name)
        p, graph = param.subnet_param, self._bodies[0].graph
        self.axis, self.truncate = p.axis, p.truncate
        self.uses = step_inputs(param, bottom_shapes)
        self.carry = carried_inputs(param, "carry", graph, p.carry)
        self.fed = carried_inputs(param, "feed_back", graph, p.feed_back) if param.phase == TEST else []
        self.stacked, self.last = _outputs(param, graph)

    @classmethod
    def inner_runs(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[InnerRun]:
        uses = step_inputs(param, bottoms)
        graph = body_graph(param, [use.shape for use in uses])
        carried_inputs(param, "carry", graph, param.subnet_param.carry)
        return [InnerRun("", graph, step_count(param, uses, bottoms))]

    @classmethod
    def kept(cls, param: LayerParameter, graph: Graph) -> set[int]:
        p = param.subnet_param
        pairs = carried_inputs(param, "carry", graph, p.carry)
        pairs += carried_inputs(param, "feed_back", graph, p.feed_back)
        stacked, last = _outputs(param, graph)
        return {*stacked, *last, *(pair.blob for pair in pairs)}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        (run,) = cls.inner_runs(param, bottoms)
        cls.kept(param, run.graph)
        stacked, last = _outputs(param, run.graph)
        check_tops(param, len(stacked) + len(last), "those of output, then those of last")
        shapes = []
        for shape in run.graph.shapes(tuple(stacked)):
            axis = canonical_axis(param.subnet_param.axis, len(shape) + 1, "subnet_param.axis")
            shapes.append((*shape[:axis], run.runs, *shape[axis:]))
        return shapes + run.graph.shapes(tuple(last))

    def begin_decoding(self) -> StateCache:
        """The blobs that are carried on."""
        return StateCache()

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        slices = {use.bottom: bottoms[use.bottom].unbind(self.axis) for use in self.uses if use.along}
        counts = [len(parts) for parts in slices.values()]
        if min(counts) != max(counts) or not counts[0]:
            raise LayerFault(
                f"bottoms of {' and '.join(map(str, counts))} steps; expected the same, at least 1"
            )
        first = next(iter(slices.values()))[0]
        kept = self.decoding
        carried = {pair.input: self._start(pair.input, bottoms, first) for pair in self.carry}
        if kept is not None and kept.states:
            carried = dict(zip(carried, kept.states, strict=True))
        fed = self.fed if kept is None else []  # the caller gives each step its inputs
        stacked: list[list[Tensor]] = [[] for _ in self.stacked]
        held: list[Tensor] = []
        for step in range(counts[0]):
            inputs = [
                carried[i] if i in carried else slices[use.bottom][step] if use.along else bottoms[use.bottom]
                for i, use in enumerate(self.uses)
            ]
            held = self.run_body(self._bodies[0], inputs, step)
            carried = {pair.input: held[pair.blob] for pair in (*self.carry, *fed)}
            if self.truncate and (step + 1) % self.truncate == 0:
                carried = {index: value.detach() for index, value in carried.items()}
            for steps, blob in zip(stacked, self.stacked, strict=True):
                steps.append(held[blob])
        if kept is not None:
            kept.states = [carried[pair.input].detach() for pair in self.carry]
        tops = *(torch.stack(steps, self.axis) for steps in stacked), *(held[blob] for blob in self.last)
        return tops if len(tops) != 1 else tops[0]

    def _start(self, index: int, bottoms: Sequence[Tensor], first: Tensor) -> Tensor:
        """The value of a carried input at the first step."""
        use = self.uses[index]
        if use.bottom >= 0:
            return bottoms[use.bottom]
        return first.new_zeros(start_shape(use.input, self.uses[self._leading].input, tuple(first.shape)))

    @property
    def _leading(self) -> int:
        return next(i for i, use in enumerate(self.uses) if use.along)


def _outputs(param: LayerParameter, graph: Graph) -> tuple[list[int], list[int]]:
    """The blob versions whose values of all steps, and of the last step, are tops."""
    p = param.subnet_param
    last = outputs_of(param, graph, {"last": p.last}) if p.last else []
    return ([] if last and not p.output else outputs_of(param, graph)), last
