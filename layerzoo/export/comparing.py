"""Compare an exported net with the original."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor, nn

from layerzoo.errors import ExportError
from layerzoo.export.rounding import undecided_rows, without
from layerzoo.export.rows import Rows, in_order_of, lists_of_rows, scaled
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.recurrent_extent import CarriedState
from layerzoo.net import Net
from layerzoo.seeds import stable_seed

TOLERANCE: Final = 1e-4
"""Largest accepted deviation of an output, relative to its largest value."""


class Positional(nn.Module):
    """A copy of a net for exporters: positional inputs and outputs, no state between passes.

    Args:
        net: a TEST net with inputs in place of data layers; it is copied.

    Raises:
        ExportError: the net has no inputs.
    """

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.inputs = [blob.name for blob in net.graph.inputs]
        self.outputs = [blob.name for blob in net.graph.outputs]
        self.lists = lists_of_rows(net.graph)
        if not self.inputs:
            raise ExportError(f"net '{net.name}' has no inputs; export its deployment net (-zoo NAME)")
        self.net = copy.deepcopy(net).cpu().eval()
        for module in self.net.modules():
            if isinstance(module, CarriedState):
                _start_at_zero(module)
            if isinstance(module, LabelCheck):
                module.indices = _unchecked  # type: ignore[method-assign]  # only in this copy

    def axes(self, given: Sequence[Tensor]) -> list[dict[int, str]]:
        """For each input, the axes that may have any size in the exported net, with their names.

        Of inputs that don't say it, it is the first one.
        """
        graph, found = self.net.graph, []
        for blob, tensor in zip(graph.inputs, given, strict=True):
            names = graph.input_axes.get(blob.index)
            if names is None:
                found.append({0: "batch"} if tensor.dim() else {})
            else:
                found.append({at: _identifier(name) for at, name in enumerate(names) if name})
        return found

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Run the net; returns the outputs in the order of ``outputs``."""
        return tuple(self.net(*inputs).values())

    @torch.no_grad()
    def compare(self, given: Sequence[Tensor], received: Sequence[Tensor], what: str) -> float:
        """Compare the outputs of an exported net with those of this one, see `compare`.

        Rows of lists that rounding decides (`undecided_rows`) are left out if they differ.

        Args:
            given: the inputs.
            received: outputs of the exported net.
            what: kind of the export, for error messages.

        Raises:
            ExportError: the outputs differ.
        """
        expected = self(*given)
        try:
            return compare(expected, received, self.outputs, what, self.lists)
        except ExportError:
            same = [a.shape == b.shape for a, b in zip(expected, received, strict=False)]
            if not self.lists or len(received) != len(expected) or not all(same):
                raise
            rows = undecided_rows(self, given, self.outputs, self.lists, TOLERANCE)
            if not rows:
                raise
        right, other = (dict(zip(self.outputs, blobs, strict=True)) for blobs in (expected, received))
        other = in_order_of(right, other, self.lists, TOLERANCE)
        expected, received = (without(blobs, self.lists, rows) for blobs in (right, other))
        return compare(expected, received, self.outputs, what, self.lists)


def _identifier(axis: str) -> str:
    """The name of an axis as torch wants it."""
    plain = re.sub(r"\W", "_", axis, flags=re.ASCII).strip("_")
    return plain if plain[:1].isalpha() else f"axis_{plain}"


def samples(net: Net, given: Mapping[str, Tensor] | None = None) -> tuple[Tensor, ...]:
    """Inputs for the comparison: those given, and reproducible noise for the others."""
    tensors = []
    for name, shape in net.graph.input_shapes().items():
        generator = torch.Generator().manual_seed(stable_seed(0, "export", name))
        tensor = (given or {}).get(name)
        tensors.append(torch.rand(shape, generator=generator) if tensor is None else tensor.cpu())
    return tuple(tensors)


def compare(
    expected: Sequence[Tensor],
    received: Sequence[Tensor],
    names: Sequence[str],
    what: str,
    lists: Mapping[str, Rows] = MappingProxyType({}),
) -> float:
    """Compare the outputs of an exported net with those of the original.

    The order of the rows of detections, and of what else a net chooses by score, doesn't count; the images
    and classes of detections must be the same, and scores and boxes are compared with the largest of each.

    Args:
        expected: outputs of the original.
        received: outputs of the exported net.
        names: names of the outputs.
        what: kind of the export, for error messages.
        lists: the outputs that are lists of rows, by name; see `layerzoo.export.rows.lists_of_rows`.

    Returns:
        the largest deviation, relative to the largest value of the output.

    Raises:
        ExportError: the outputs differ in number, shape or, by more than `TOLERANCE`, in value.
    """
    if len(expected) != len(received):
        raise ExportError(
            f"the {what} has {len(received)} outputs, the net {len(expected)}; nothing was written"
        )
    for name, right, other in zip(names, expected, received, strict=True):
        if right.shape != other.shape:
            raise ExportError(
                f"output '{name}' of the {what} has shape {tuple(other.shape)}, that of the net "
                f"{tuple(right.shape)}; nothing was written"
            )
    wanted = dict(zip(names, expected, strict=True))
    made = in_order_of(wanted, dict(zip(names, received, strict=True)), lists, TOLERANCE)
    worst = 0.0
    for name, right in wanted.items():
        if not right.numel():
            continue
        rows = lists.get(name)
        deviation = float((scaled(right, right, rows) - scaled(made[name], right, rows)).abs().max())
        if not deviation <= TOLERANCE:
            raise ExportError(
                f"output '{name}' of the {what} deviates from that of the net by {deviation:.2g} of its "
                f"largest value; expected at most {TOLERANCE:g}; nothing was written"
            )
        worst = max(worst, deviation)
    return worst


def _start_at_zero(state: CarriedState) -> None:
    """Make a recurrent layer start from zeros in each pass."""

    def take(streams: int) -> list[Tensor]:
        return [buffer.new_zeros(len(buffer), streams, buffer.shape[2]) for buffer in state.buffers()]

    def keep(*states: Tensor) -> None:
        return None

    state.take, state.keep = take, keep  # type: ignore[method-assign]  # only in this copy


def _unchecked(labels: Tensor, count: int, ignore: int | None = None) -> Tensor:
    return labels.long()
