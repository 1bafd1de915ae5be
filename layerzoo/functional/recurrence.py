"""Recurrences over time: RNN, LSTM, and the shapes and states of recurrent layers.

T is the number of time steps, N of streams (parallel sequences), D of hidden values. ``cont`` (T, N) is 0
where a sequence begins, which resets the hidden state, and 1 inside a sequence. As in Caffe, ``cont`` gets no
gradient; neither do hidden states that are bottoms or tops, unless ``propagate_hidden`` is set. Source:
Caffe's ``recurrent_layer``, ``rnn_layer`` and ``lstm_layer``, which unroll a net for the same result; Donahue
et al. 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import torch
from torch import nn

from layerzoo.errors import LayerFault
from layerzoo.functional.transforms import plain_only, store
from layerzoo.graph.facts import GradientStops
from layerzoo.schema import LayerParameter

Shape = tuple[int, ...]


class Extent(NamedTuple):
    """Sizes of a recurrent layer.

    Attributes:
        steps, streams: T and N.
        inputs: values per step and stream.
        static: values per stream of ``x_static``, which is the same at each step; None without that bottom.
        hidden: D.
    """

    steps: int
    streams: int
    inputs: int
    static: int | None
    hidden: int

    @property
    def state(self) -> Shape:
        """Shape of the hidden state at one step."""
        return 1, self.streams, self.hidden


def recurrent_extent(param: LayerParameter, bottoms: Sequence[Shape], states: int) -> Extent:
    """The sizes of a recurrent layer with ``states`` hidden states (1 for an RNN, 2 for an LSTM).

    Bottoms: x (T, N, ...), cont (T, N), optionally x_static (N, ...), and with ``expose_hidden`` the states
    before the first step, each (1, N, D).

    Raises:
        LayerFault: number or shapes of the bottoms are wrong.
    """
    p = param.recurrent_param
    if p.propagate_hidden and not p.expose_hidden:
        raise LayerFault(
            "propagate_hidden without expose_hidden: the states carried from pass to pass have no gradient",
            field="recurrent_param.propagate_hidden",
            hint="set expose_hidden, or remove propagate_hidden",
        )
    if not p.num_output:
        raise LayerFault("num_output must be at least 1", field="recurrent_param.num_output")
    exposed = states if p.expose_hidden else 0
    if len(bottoms) - exposed not in (2, 3):
        raise LayerFault(
            f"{len(bottoms)} bottoms, expected {2 + exposed} or {3 + exposed}",
            hint="x, cont, x_static if any, and with expose_hidden the initial hidden states",
        )
    if len(param.top) not in (0, 1 + exposed):
        raise LayerFault(f"{len(param.top)} tops, expected {1 + exposed}")
    x, cont, *others = bottoms
    if len(x) < 3:
        raise LayerFault(f"x of shape {x}, expected (T, N, ...) with values at each step", bottom=0)
    if cont != x[:2]:
        raise LayerFault(f"cont of shape {cont}, expected {x[:2]}: (T, N) of x", bottom=1)
    static = None
    if len(others) > exposed:
        first = others.pop(0)
        if len(first) < 2 or first[0] != x[1]:
            raise LayerFault(
                f"x_static of shape {first}, expected ({x[1]}, ...): one row per stream", bottom=2
            )
        static = prod(first[1:])
    extent = Extent(x[0], x[1], prod(x[2:]), static, p.num_output)
    for index, shape in enumerate(others, len(bottoms) - exposed):
        if shape != extent.state:
            raise LayerFault(f"hidden state of shape {shape}, expected {extent.state}", bottom=index)
    return extent


def hidden_gradient_stops(param: LayerParameter, states: int) -> GradientStops:
    """The bottoms and tops without a gradient: exposed hidden states without ``propagate_hidden``."""
    p = param.recurrent_param
    if not p.expose_hidden or p.propagate_hidden:
        return GradientStops()
    bottoms = len(param.bottom)
    return GradientStops(
        tuple(range(bottoms - states, bottoms)),
        tuple(range(1, 1 + states)),
        "as in Caffe; recurrent_param { propagate_hidden: true } lets it pass",
    )


class CarriedState(nn.Module):
    """Hidden states carried from one forward pass to the next, initially zero.

    They are non-persistent buffers: not weights, but part of the state of a run.

    Args:
        count: number of states.
        shape: of each state, (1, N, D).
    """

    def __init__(self, count: int, shape: Shape) -> None:
        super().__init__()
        for index in range(count):
            self.register_buffer(f"state{index}", torch.zeros(shape), persistent=False)

    def take(self, streams: int) -> list[torch.Tensor]:
        """Copies of the states, each (N, D); zeros if the number of streams has changed."""
        for name, state in self.named_buffers():
            if state.shape[1] != streams:
                setattr(self, name, state.new_zeros(1, streams, state.shape[2]))
        return [state[0].clone() for state in self.buffers()]

    def keep(self, *states: torch.Tensor) -> None:
        """Store the states, each (N, D), without their gradient."""
        for buffer, state in zip(self.buffers(), states, strict=True):
            store(buffer[0], state)

    def reset(self) -> None:
        """Set all states to zero."""
        for state in self.buffers():
            state.zero_()


def rnn(inputs: torch.Tensor, cont: torch.Tensor, weight: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    """``h_t = tanh(W (cont_t h_{t-1}) + input_t)``.

    Args:
        inputs: (T, N, D), including the bias.
        cont: (T, N).
        weight: W (D, D).
        h: initial hidden state, (N, D).

    Returns:
        h at all steps, (T, N, D).
    """
    steps = []
    for step, keep in zip(inputs.unbind(), cont.detach().unsqueeze(2).unbind(), strict=True):
        h = torch.addmm(step, h * keep, weight.t()).tanh()
        steps.append(h)
    return torch.stack(steps)


def lstm_cell(gates: torch.Tensor, cont: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """One step of an LSTM, after its matrix products.

    Args:
        gates: (..., 4 D): input, forget and output gate and the candidate, before their nonlinearities.
        cont: (...).
        c: previous cell state, (..., D).

    Returns:
        cell state and hidden state, each (..., D).
    """
    i, f, o, g = gates.chunk(4, -1)
    c = f.sigmoid() * cont.unsqueeze(-1) * c + i.sigmoid() * g.tanh()
    return c, o.sigmoid() * c.tanh()


def lstm(
    gates: torch.Tensor, cont: torch.Tensor, weight: torch.Tensor, h: torch.Tensor, c: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """`lstm_cell` over time, with ``gates_t + W (cont_t h_{t-1})`` as the gates of step t.

    Args:
        gates: (T, N, 4 D), including the bias.
        cont: (T, N).
        weight: W (4 D, D).
        h, c: initial hidden and cell state, each (N, D).

    Returns:
        hidden and cell state at all steps, each (T, N, D).
    """
    cont = cont.detach()
    if not plain_only():
        hs, cs, _ = _LSTM.apply(gates, cont, weight, h, c)  # type: ignore[no-untyped-call]  # torch's
        return hs, cs
    steps = []
    for step, keep in zip(gates.unbind(), cont.unbind(), strict=True):
        c, h = lstm_cell(step + (h * keep.unsqueeze(1)) @ weight.t(), keep, c)
        steps.append((h, c))
    hidden, cells = zip(*steps, strict=True)
    return torch.stack(hidden), torch.stack(cells)


class _LSTM(torch.autograd.Function):
    """The loop over time, with a backward pass that computes the weight's gradient in one product instead of
    T.

    Cell states and activations are outputs too, so that the backward pass is differentiable.
    """

    @staticmethod
    def forward(
        ctx: Any,
        gates: torch.Tensor,
        cont: torch.Tensor,
        weight: torch.Tensor,
        h0: torch.Tensor,
        c0: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        steps, streams, hidden = *gates.shape[:2], weight.shape[1]
        hs, cs = (gates.new_empty(steps, streams, hidden) for _ in range(2))
        acts = torch.empty_like(gates, memory_format=torch.contiguous_format)
        h, c, sigmoids = h0, c0, 3 * hidden
        for t, keep in enumerate(cont.unsqueeze(2).unbind()):
            act = torch.addmm(gates[t], h * keep, weight.t(), out=acts[t])
            act[:, :sigmoids].sigmoid_()
            act[:, sigmoids:].tanh_()
            i, f, o, g = act.chunk(4, 1)
            f.mul_(keep)
            c = torch.mul(f, c, out=cs[t]).addcmul_(i, g)
            h = torch.tanh(c, out=hs[t]).mul_(o)
        ctx.save_for_backward(cont, weight, h0, c0, hs, cs, acts)
        ctx.set_materialize_grads(False)
        return hs, cs, acts

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        dhs, dcs, dacts = grads
        cont, weight, h0, c0, hs, cs, acts = ctx.saved_tensors
        keep = cont.unsqueeze(2)
        h_before = torch.cat([h0[None], hs[:-1]]) * keep
        c_before = torch.cat([c0[None], cs[:-1]])
        i, f, o, g = acts.chunk(4, 2)
        tanh_c = cs.tanh()
        # The derivative of c (of h, for the output gate) with respect to each gate's input.
        slopes = torch.stack(
            [g * i * (1 - i), c_before * f * (1 - f), tanh_c * o * (1 - o), i * (1 - g * g)], 2
        )
        of_acts = None
        if dacts is not None:
            of_acts = dacts.view_as(slopes) * torch.stack(
                [i * (1 - i), f * (1 - f), o * (1 - o), 1 - g * g], 2
            )
        h_to_c = o * (1 - tanh_c * tanh_c)
        into = None if torch.is_grad_enabled() else torch.empty_like(slopes)
        steps = []
        dh, dc = torch.zeros_like(h0), torch.zeros_like(c0)
        for t in reversed(range(len(hs))):
            dh = dh if dhs is None else dh + dhs[t]
            dc = torch.addcmul(dc, dh, h_to_c[t])
            dc = dc if dcs is None else dc + dcs[t]
            dgate = _into_gates(slopes[t], dc, dh, None if into is None else into[t])
            if of_acts is not None:
                dgate = dgate + of_acts[t]
            steps.append(dgate)
            dh = (dgate.flatten(1) @ weight) * keep[t]
            dc = dc * f[t]
        dgates = torch.stack(steps[::-1]) if into is None or of_acts is not None else into
        dweight = dgates.flatten(2).flatten(0, 1).t() @ h_before.flatten(0, 1)
        return dgates.flatten(2), None, dweight, dh, dc


def _into_gates(
    slopes: torch.Tensor, dc: torch.Tensor, dh: torch.Tensor, out: torch.Tensor | None
) -> torch.Tensor:
    """The gradient of one step's gates, (N, 4, D), written to ``out`` unless that is None."""
    if out is None:
        return slopes * torch.stack([dc, dc, dh, dc], 1)
    torch.mul(slopes, dc[:, None], out=out)
    torch.mul(slopes[:, 2], dh, out=out[:, 2])
    return out
