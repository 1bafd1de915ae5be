"""Compute the steps of sequences one after the other: each costs a pass over the new steps alone.

    with decoding(net) as decoder:
        scores = decoder.step(token=prompt)["score"]           # (N, T) tokens at first
        for _ in range(100):
            scores = decoder.step(token=chosen(scores))["score"]  # then (N, 1)

Causal Attention keeps keys and values, recurrent layers and Recurrent their states, and Position goes on
counting, so that the outputs are those of one pass over all steps. A layer that can't do so is refused, if it
says so (attention over later steps, a direction backward). Other layers that mix steps, such as a convolution
over time, see only the new ones: `deviation` tells whether a net's steps agree with its passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from layerzoo.errors import LayerFault, UsageError
from layerzoo.layer.decoding_state import DecodingState
from layerzoo.net.feed import Feed, whole_inputs
from layerzoo.net.net import Net


class Decoder:
    """Runs a net step by step; made by `decoding`.

    Args:
        net: the net.
        kept: what its layers keep.
    """

    def __init__(self, net: Net, kept: list[DecodingState]) -> None:
        self._net, self._kept = net, kept

    @torch.no_grad()
    def step(self, **inputs: Tensor) -> dict[str, Tensor]:
        """Run the net on the next steps, one or several.

        Args:
            inputs: inputs by name, of the new steps; what isn't of single steps, such as a memory, whole.
                Where ``cont`` is an input, it is 0 at the first step alone.

        Returns:
            the outputs by name, of the new steps.

        Raises:
            UsageError: an input is missing or unknown.
        """
        net = self._net
        values = net.run(Feed() | whole_inputs(net.graph, (), inputs), net.outputs_only)
        return {blob.name: value for blob in net.graph.outputs if (value := values[blob.index]) is not None}

    def select(self, rows: Tensor) -> None:
        """Go on with some samples, in a new order; a sample may be taken several times (beam search).

        Args:
            rows: numbers of the samples, int64.
        """
        for kept in self._kept:
            kept.select(rows)


@contextmanager
def decoding(net: Net) -> Iterator[Decoder]:
    """A block in which a net is decoded step by step; it runs as in TEST, without gradients.

    Args:
        net: a net of which all sources are inputs.

    Raises:
        UsageError: the net reads data, or a layer can't be decoded step by step.
    """
    if net.sources:
        raise UsageError(f"net '{net.name}' reads data; decode its net for deployment, which has inputs")
    layers, training = net.ordered_layers(), net.training
    kept = []
    for layer in layers:
        try:
            kept.append(layer.begin_decoding())
        except LayerFault as fault:
            raise UsageError(f"net '{net.name}', layer '{layer.name}': {fault}") from None
    net.eval()
    try:
        for layer, one in zip(layers, kept, strict=True):
            layer.decoding = one
        yield Decoder(net, [one for one in kept if one is not None])
    finally:
        for layer in layers:
            layer.decoding = None
        net.train(training)


@torch.no_grad()
def deviation(net: Net, inputs: Mapping[str, Tensor], axes: Mapping[str, int], output: str) -> float:
    """How far the outputs of single steps are from those of one pass over all.

    Args:
        net: a net for `decoding`.
        inputs: all of its inputs, by name.
        axes: the axis of steps of each blob that has one: of the inputs that are divided, and of the output.
        output: the output that is compared.

    Returns:
        the largest difference, relative to the output's largest value.

    Raises:
        UsageError: as for `decoding`.
    """
    with decoding(net) as decoder:
        whole = decoder.step(**inputs)[output]
    steps = next(inputs[name].shape[axis] for name, axis in axes.items() if name in inputs)
    with decoding(net) as decoder:
        found = [
            decoder.step(
                **{
                    name: blob.narrow(axes[name], at, 1) if name in axes else blob
                    for name, blob in inputs.items()
                }
            )[output]
            for at in range(steps)
        ]
    difference = (torch.cat(found, axes[output]) - whole).abs().max()
    return float(difference / whole.abs().max().clamp(min=1e-12))
