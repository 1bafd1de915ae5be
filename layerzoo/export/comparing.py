"""Whether an exported net gives what the net gives."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor, nn

from layerzoo.errors import ExportError
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.recurrence import CarriedState
from layerzoo.net import Net
from layerzoo.seeds import stable_seed

TOLERANCE: Final = 1e-4
"""How far an output may lie from the net's, as a part of its largest value."""


class Positional(nn.Module):
    """A net as exporters want it: inputs and outputs by position, nothing remembered between passes.

    Args:
        net: in the TEST phase, fed from outside; it is copied.

    Raises:
        ExportError: the net has no inputs.
    """

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.inputs = [blob.name for blob in net.graph.inputs]
        self.outputs = [blob.name for blob in net.graph.outputs]
        if not self.inputs:
            raise ExportError(f"net '{net.name}' has no inputs; export its form for deployment (-zoo NAME)")
        self.net = copy.deepcopy(net).cpu().eval()
        for module in self.net.modules():
            if isinstance(module, CarriedState):
                _forget(module)
            if isinstance(module, LabelCheck):
                module.indices = _unchecked  # type: ignore[method-assign]  # of this copy alone

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The outputs, in the order of ``outputs``."""
        return tuple(self.net(*inputs).values())


def samples(net: Net, given: Mapping[str, Tensor] | None = None) -> tuple[Tensor, ...]:
    """Inputs to compare on, the same every time: those given, else noise."""
    made = []
    for name, shape in net.graph.input_shapes().items():
        generator = torch.Generator().manual_seed(stable_seed(0, "export", name))
        tensor = (given or {}).get(name)
        made.append(torch.rand(shape, generator=generator) if tensor is None else tensor.cpu())
    return tuple(made)


def compare(wanted: Sequence[Tensor], found: Sequence[Tensor], names: Sequence[str], what: str) -> float:
    """Compare outputs.

    Returns:
        the largest deviation, as a part of the largest value.

    Raises:
        ExportError: they differ.
    """
    worst = 0.0
    if len(wanted) != len(found):
        raise ExportError(
            f"the {what} gives {len(found)} outputs, the net {len(wanted)}; nothing was written"
        )
    for name, right, other in zip(names, wanted, found, strict=True):
        if right.shape != other.shape:
            raise ExportError(
                f"the {what} gives '{name}' in the shape {tuple(other.shape)}, the net in "
                f"{tuple(right.shape)}; nothing was written"
            )
        difference = (right.double() - other.double()).abs()
        part = float(difference.max() / right.double().abs().max().clamp_min(1e-12)) if right.numel() else 0.0
        if not part <= TOLERANCE:
            raise ExportError(
                f"the {what} gives another '{name}' than the net: {part:.2g} of the largest value away; "
                "nothing was written"
            )
        worst = max(worst, part)
    return worst


def _forget(state: CarriedState) -> None:
    """Recurrent layers of an exported net begin at zero in each pass."""

    def take(streams: int) -> list[Tensor]:
        return [buffer.new_zeros(streams, buffer.shape[2]) for buffer in state.buffers()]

    def keep(*states: Tensor) -> None:
        return None

    state.take, state.keep = take, keep  # type: ignore[method-assign]  # of this copy alone


def _unchecked(labels: Tensor, count: int, ignore: int | None = None) -> Tensor:
    return labels.long()
