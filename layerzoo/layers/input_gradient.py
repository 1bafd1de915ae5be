"""InputGradient: how the output of a subnet changes with its inputs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo.errors import LayerFault
from layerzoo.functional.transforms import plain_only
from layerzoo.graph.model import InnerRun
from layerzoo.layer import Shape, at_least, register
from layerzoo.schema import LayerParameter
from layerzoo.subnet.body_graph import body_graph, body_of
from layerzoo.subnet.inputs import inputs_of_bottoms
from layerzoo.subnet.subnet_layer import SubnetLayer, outputs_of


@register
class InputGradient(SubnetLayer):
    """The gradient of a subnet's output with respect to its inputs, as a blob: its norm can be a loss.

    The bottoms are the inputs of the subnet, in order; the first of them have a top each, ``dS / dx``, where
    S is the sum of all values of ``output`` (several are added). Where the subnet computes each sample by
    itself, as all layers but BatchNorm's kind do, the gradient at a sample is that of its own output. It can
    be differentiated again, with respect to the params and the bottoms, and a subnet may hold an
    InputGradient itself: for gradient penalties, and for equations with derivatives.

    To take the gradient of layers that a Call runs too, give both the same name by ``all_params``; all
    params are then shared.

    Shapes: bottoms any; tops those of the first bottoms. Source: Layerzoo's own; Gulrajani et al. 2017 (the
    penalty of WGAN-GP); Drucker and Le Cun 1992 (double backpropagation).
    """

    example = (
        'body { layer { name: "in" type: "Input" top: "x" } layer { name: "ip" '
        'type: "InnerProduct" bottom: "x" top: "h" inner_product_param { num_output: 5 weight_filler { '
        'type: "xavier" } } } layer { name: "tanh" type: "TanH" bottom: "h" top: "y" } }'
    )
    example_bottoms = ((4, 3),)
    bottoms = at_least(1)
    tops = at_least(1)

    def __init__(
        self, param: LayerParameter, bottom_shapes: Sequence[Shape] = (), seed: int = 0, name: str = ""
    ) -> None:
        super().__init__(param, bottom_shapes, seed, name)
        self.outputs = outputs_of(param, self._bodies[0].graph)
        self.count = len(param.top) or 1

    @classmethod
    def inner_runs(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[InnerRun]:
        inputs = inputs_of_bottoms(body_of(param), param.phase, bottoms)
        if len(param.top) > len(inputs):
            names = ", ".join(one.name for one in inputs)
            raise LayerFault(
                f"{len(param.top)} tops for {len(inputs)} inputs of the subnet: {names}",
                field="top",
                hint="list the gradients of its first inputs, in order",
            )
        graph = body_graph(param, bottoms)
        if len(param.param) < sum(len(layer.own) for layer in graph.layers) and any(
            spec.name for spec in param.param
        ):
            raise LayerFault(
                "'param' with a name shares one param alone",
                field="param",
                hint="all_params { name: … } shares all params of the subnet, as 'param' of a Call does",
            )
        return [InnerRun("", graph, 1)]

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        outputs_of(param, cls.inner_runs(param, bottoms)[0].graph)
        return [tuple(shape) for shape in bottoms[: len(param.top) or 1]]

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return 2 * super().macs(param, bottoms, tops)  # the way back to the inputs costs as much

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        first, others = bottoms[: self.count], bottoms[self.count :]
        grads = self._transformed(first, others) if plain_only() else self._recorded(first, others)
        return tuple(grads) if len(grads) != 1 else grads[0]

    def _outputs(self, first: Sequence[Tensor], others: Sequence[Tensor]) -> list[Tensor]:
        held = self.run_body(self._bodies[0], [*first, *others])
        return [held[blob] for blob in self.outputs]

    def _transformed(self, first: Sequence[Tensor], others: Sequence[Tensor]) -> Sequence[Tensor]:
        """The gradients, by a transform of ``torch.func``, which others may enclose."""

        def total(*inputs: Tensor) -> Tensor:
            return torch.stack([output.sum() for output in self._outputs(inputs, others)]).sum()

        grads: Sequence[Tensor] = torch.func.grad(total, tuple(range(self.count)))(*first)
        return grads

    def _recorded(self, first: Sequence[Tensor], others: Sequence[Tensor]) -> Sequence[Tensor]:
        """The gradients, by autograd, recorded if the pass is."""
        again = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
        with torch.inference_mode(False), torch.enable_grad():
            # a tensor of its own for each input: a bottom may stand for several
            inputs = [x.view_as(x) if again and x.requires_grad else _leaf(x) for x in first]
            fixed = [x.clone() if x.is_inference() else x for x in others]
            outputs = [y for y in self._outputs(inputs, fixed) if y.requires_grad]
            if not outputs:
                return [torch.zeros_like(x) for x in inputs]
            ones = [torch.ones_like(y) for y in outputs]
            return torch.autograd.grad(outputs, inputs, ones, create_graph=again, materialize_grads=True)


def _leaf(x: Tensor) -> Tensor:
    """A bottom as a tensor that requires a gradient and may be overwritten by layers in place."""
    own = x.clone() if x.is_inference() else x.detach()
    return own.requires_grad_().view_as(own)
