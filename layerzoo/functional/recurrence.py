"""Recurrences over time, and what the recurrent layers agree on.

T is the number of time steps, N of streams (sequences side by side), D of hidden values. ``cont`` (T, N) is 0
where a sequence begins, which forgets the hidden state, and 1 inside it. As in Caffe, no gradient reaches
``cont``, nor passes through the hidden states that come in and go out. Source: Caffe's ``recurrent_layer``,
``rnn_layer`` and ``lstm_layer``, which unroll a net to the same end; Donahue et al. 2015.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import torch
from torch import nn

from layerzoo.errors import LayerFault
from layerzoo.schema import LayerParameter

Shape = tuple[int, ...]


class Extent(NamedTuple):
    """Sizes of a recurrent layer.

    Attributes:
        steps, streams: T and N.
        inputs: values of one step of one stream.
        static: values of the bottom that is the same at each step; None without such a bottom.
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
    """The sizes of a recurrent layer with so many hidden states (one for an RNN, two for an LSTM).

    Bottoms: x (T, N, ...), cont (T, N), perhaps x_static (N, ...), and with ``expose_hidden`` the states
    before the first step, each (1, N, D).

    Raises:
        LayerFault: the bottoms don't fit.
    """
    p = param.recurrent_param
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
            raise LayerFault(f"x_static of shape {first}, expected ({x[1]}, ...): one row a stream", bottom=2)
        static = prod(first[1:])
    extent = Extent(x[0], x[1], prod(x[2:]), static, p.num_output)
    for index, shape in enumerate(others, len(bottoms) - exposed):
        if shape != extent.state:
            raise LayerFault(f"hidden state of shape {shape}, expected {extent.state}", bottom=index)
    return extent


class CarriedState(nn.Module):
    """Hidden states that go on from one forward pass to the next, zero at first.

    They are buffers outside the state dict: no weights, but a part of where a run stands.

    Args:
        count: how many states.
        shape: of each, (1, N, D).
    """

    def __init__(self, count: int, shape: Shape) -> None:
        super().__init__()
        for index in range(count):
            self.register_buffer(f"state{index}", torch.zeros(shape), persistent=False)

    def take(self, streams: int) -> list[torch.Tensor]:
        """Copies of the states, each (N, D); zeros again where the number of streams has changed."""
        for name, state in self.named_buffers():
            if state.shape[1] != streams:
                setattr(self, name, state.new_zeros(1, streams, state.shape[2]))
        return [state[0].clone() for state in self.buffers()]

    def keep(self, *states: torch.Tensor) -> None:
        """Keep the states, each (N, D), without their gradient."""
        for kept, state in zip(self.buffers(), states, strict=True):
            kept[0].copy_(state.detach())

    def reset(self) -> None:
        """Forget: all states zero."""
        for state in self.buffers():
            state.zero_()


def rnn(
    inputs: torch.Tensor, cont: torch.Tensor, weight: torch.Tensor, h: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """``h_t = tanh(W (cont_t h_{t-1}) + input_t)``.

    Args:
        inputs: (T, N, D), with the bias.
        cont: (T, N).
        weight: W (D, D).
        h: before the first step, (N, D).

    Returns:
        h at all steps (T, N, D), and at the last (N, D).
    """
    steps = []
    h = h.detach()
    for step, keep in zip(inputs.unbind(), cont.detach().unsqueeze(2).unbind(), strict=True):
        h = torch.addmm(step, h * keep, weight.t()).tanh()
        steps.append(h)
    return torch.stack(steps), h.detach()


def lstm_cell(gates: torch.Tensor, cont: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """One step of a long short-term memory, after its matrix products.

    Args:
        gates: (..., 4 D): input, forget and output gate and the candidate, before their nonlinearities.
        cont: (...).
        c: the cell before, (..., D).

    Returns:
        the cell and the hidden value, each (..., D).
    """
    i, f, o, g = gates.chunk(4, -1)
    c = f.sigmoid() * cont.unsqueeze(-1) * c + i.sigmoid() * g.tanh()
    return c, o.sigmoid() * c.tanh()


def lstm(
    gates: torch.Tensor, cont: torch.Tensor, weight: torch.Tensor, h: torch.Tensor, c: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """`lstm_cell` over time, with ``gates_t + W (cont_t h_{t-1})`` as the gates of step t.

    Args:
        gates: (T, N, 4 D), with the bias.
        cont: (T, N).
        weight: W (4 D, D).
        h, c: hidden value and cell before the first step, each (N, D).

    Returns:
        h at all steps (T, N, D), and h and c at the last (N, D).
    """
    hs, c = _LSTM.apply(gates, cont, weight, h, c)  # type: ignore[no-untyped-call]  # torch's
    return hs, hs[-1].detach(), c


class _LSTM(torch.autograd.Function):
    """The loop with its backward pass by hand, which takes the weight's gradient in one product, not T."""

    @staticmethod
    def forward(
        ctx: Any,
        gates: torch.Tensor,
        cont: torch.Tensor,
        weight: torch.Tensor,
        h0: torch.Tensor,
        c0: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        steps, streams, hidden = *gates.shape[:2], weight.shape[1]
        hs, cs = gates.new_empty(2, steps, streams, hidden).unbind()
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
        last = c.clone()
        ctx.mark_non_differentiable(last)
        return hs, last

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        dhs = grads[0]
        cont, weight, h0, c0, hs, cs, acts = ctx.saved_tensors
        keep = cont.unsqueeze(2)
        h_before = torch.cat([h0[None], hs[:-1]]) * keep
        c_before = torch.cat([c0[None], cs[:-1]])
        i, f, o, g = acts.chunk(4, 2)
        tanh_c = cs.tanh()
        # What the gradient of c (of h, for the output gate) is multiplied by on its way to each gate.
        slopes = torch.stack(
            [g * i * (1 - i), c_before * f * (1 - f), tanh_c * o * (1 - o), i * (1 - g * g)], 2
        )
        h_to_c = o * (1 - tanh_c * tanh_c)
        dgates = torch.empty_like(slopes)
        dh, dc = torch.zeros_like(h0), torch.zeros_like(c0)
        for t in reversed(range(len(hs))):
            dh = dh + dhs[t]
            dc = torch.addcmul(dc, dh, h_to_c[t])
            torch.mul(slopes[t], dc[:, None], out=dgates[t])
            torch.mul(slopes[t, :, 2], dh, out=dgates[t, :, 2])
            dh = (dgates[t].flatten(1) @ weight) * keep[t]
            dc = dc * f[t]
        dweight = dgates.flatten(2).flatten(0, 1).t() @ h_before.flatten(0, 1)
        return dgates.flatten(2), None, dweight, None, None
