"""Loop: run a subnet a number of times, or while a blob says so."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.graph.model import Graph, InnerRun
from layerzoo.layer import Shape, at_least, register
from layerzoo.schema import CarriedBlob, LayerParameter
from layerzoo.subnet.body_graph import MAX_LAYERS, body_graph, body_of, layer_count
from layerzoo.subnet.inputs import CarriedInput, blob_of, carried_inputs, inputs_of_bottoms, shown
from layerzoo.subnet.subnet_layer import SubnetLayer, check_tops, outputs_of


@register
class Loop(SubnetLayer):
    """Run a subnet ``times`` times; the blobs in ``carry`` become inputs of the next run.

    The bottoms are the subnet's inputs of the first run, in order. Without ``carry`` the outputs become the
    next run's first inputs. The tops are the last run's outputs (``output``, then
    ``last``, which says the same here). Each run has params of its own, unless
    ``share_params`` is set.

    With ``while`` the loop ends after the run in which that blob is 0 everywhere, and after ``times`` runs
    at the latest. With ``per_sample`` too, the blob has a value for each sample (along axis 0): a sample
    keeps the outputs of the run in which its value is 0, and the loop ends when all samples have. Every run
    computes the whole batch.

    A compiled or recorded pass can't read that blob: it makes all ``times`` runs and keeps the same values.
    So it refuses a subnet with statistics, such as BatchNorm's, in training.

    Shapes: bottoms any; tops those of the outputs. Source: Layerzoo's own; Graves 2016, Adaptive computation
    time (a number of runs for each sample).
    """

    fields_read = ("times", "carry", "last", "share_params", "while", "per_sample")
    example = (
        'times: 3 share_params: true carry { blob: "q1" input: "q" } body { layer { name: "in" type: "Input" '
        'top: "q" } layer { name: "R" type: "InnerProduct" bottom: "q" top: "sum" inner_product_param { '
        'num_output: 5 weight_filler { type: "xavier" } } } '
        'layer { name: "tanh" type: "TanH" bottom: "sum" top: "q1" } }'
    )
    example_bottoms = ((4, 5),)
    bottoms = at_least(1)
    tops = at_least(1)

    def __init__(
        self, param: LayerParameter, bottom_shapes: Sequence[Shape] = (), seed: int = 0, name: str = ""
    ) -> None:
        super().__init__(param, bottom_shapes, seed, name)
        graph = self._bodies[0].graph
        self.times, self.per_sample = param.subnet_param.times, param.subnet_param.per_sample
        self.carry = _carried(param, graph)
        self.outputs, self.condition = _outputs(param, graph), _condition(param, graph)

    @classmethod
    def inner_runs(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[InnerRun]:
        p = param.subnet_param
        inputs_of_bottoms(body_of(param), param.phase, bottoms)
        if not p.times:
            raise LayerFault("times is 0; expected at least 1", field="subnet_param.times")
        graph = body_graph(param, bottoms)
        if p.times * (1 if p.share_params else layer_count(graph)) > MAX_LAYERS:
            raise LayerFault(
                f"{p.times:,} runs of {len(graph.layers)} layers: more than {MAX_LAYERS:,}",
                field="subnet_param.times",
            )
        _carried(param, graph)
        if p.per_sample:
            _check_samples(param, graph)
        if p.share_params:
            return [InnerRun("", graph, p.times)]
        return [InnerRun(str(run), graph, 1) for run in range(p.times)]

    @classmethod
    def kept(cls, param: LayerParameter, graph: Graph) -> set[int]:
        condition = _condition(param, graph)
        kept = {*_outputs(param, graph), *(pair.blob for pair in _carried(param, graph))}
        return kept if condition is None else {*kept, condition}

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        graph = cls.inner_runs(param, bottoms)[0].graph
        cls.kept(param, graph)
        outputs = _outputs(param, graph)
        check_tops(param, len(outputs), "those of output, or the tops of the subnet's last layer")
        return graph.shapes(tuple(outputs))

    @property
    def unrecordable(self) -> str | None:
        """Why a compiled or recorded pass would compute something else; None if it wouldn't."""
        return self.statistics() if self.condition is not None else None

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        inputs, shared = list(bottoms), len(self._bodies) == 1
        reads = self.condition is None or self.may_skip()
        tops: list[Tensor] = []
        active: Tensor | None = None  # where the loop goes on; None everywhere
        for run in range(self.times):
            held = self.run_body(self._bodies[0 if shared else run], inputs, run if shared else None)
            made = [held[blob] for blob in self.outputs]
            tops = made if active is None else list(map(_chosen, [active] * len(made), made, tops))
            for pair in self.carry:
                new, old = held[pair.blob], inputs[pair.input]
                inputs[pair.input] = new if active is None else _chosen(active, new, old)
            if self.condition is None or run == self.times - 1:
                continue
            goes_on = held[self.condition].detach() != 0
            goes_on = goes_on.flatten() if self.per_sample else goes_on.any()
            active = goes_on if active is None else active & goes_on
            if reads:
                if not bool(active.any()):
                    break
                active = active if self.per_sample and not bool(active.all()) else None
        return tuple(tops) if len(tops) != 1 else tops[0]


def _chosen(active: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """The new values where the loop goes on, the old ones elsewhere."""
    return torch.where(active.view(-1, *[1] * (new.dim() - 1)) if active.dim() else active, new, old)


def _outputs(param: LayerParameter, graph: Graph) -> list[int]:
    """The blob versions whose values of the last run are tops."""
    p = param.subnet_param
    return outputs_of(param, graph, {"output": p.output, "last": p.last})


def _carried(param: LayerParameter, graph: Graph) -> list[CarriedInput]:
    p = param.subnet_param
    if p.carry:
        return carried_inputs(param, "carry", graph, p.carry)
    if p.times == 1:
        return []
    outputs = _outputs(param, graph)
    if len(outputs) > len(graph.inputs):
        raise LayerFault(
            f"{len(outputs)} outputs for {len(graph.inputs)} inputs of the next run",
            field="subnet_param.output",
            hint="say by carry which output becomes which input",
        )
    names = [graph.blobs[index].name for index in outputs]
    inputs = [blob.name for blob in graph.inputs]
    pairs = [CarriedBlob(blob=blob, input=one) for blob, one in zip(names, inputs, strict=False)]
    return carried_inputs(param, "output", graph, pairs)


def _condition(param: LayerParameter, graph: Graph) -> int | None:
    """The blob version that says whether the loop goes on; None if none does."""
    name = getattr(param.subnet_param, "while")
    return blob_of(graph, name, "subnet_param.while") if name else None


def _check_samples(param: LayerParameter, graph: Graph) -> None:
    """Check that all blobs have a sample for each value of the condition.

    Raises:
        LayerFault: one has not.
    """
    condition = _condition(param, graph)
    if condition is None:
        raise LayerFault(
            "per_sample without while", field="subnet_param.per_sample", hint="name a blob that ends the loop"
        )
    count = graph.blobs[condition].count
    for index in (condition, *_outputs(param, graph), *(pair.blob for pair in _carried(param, graph))):
        blob = graph.blobs[index]
        if not blob.shape or blob.shape[0] != count:
            raise LayerFault(
                f"per_sample: blob '{blob.name}' {shown(blob.shape or ())}; expected {count} samples along "
                f"axis 0, one for each value of '{graph.blobs[condition].name}'",
                field="subnet_param.per_sample",
            )
