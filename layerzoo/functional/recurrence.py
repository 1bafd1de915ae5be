"""Recurrences over time, in one layer and one direction: RNN and LSTM.

T is the number of time steps, N of streams (parallel sequences), D of hidden values. ``cont`` (T, N) is 0
where a sequence begins, which resets the hidden state, and 1 inside a sequence. As in Caffe, ``cont`` gets no
gradient; neither do hidden states that are bottoms or tops, unless ``propagate_hidden`` is set. Source:
Caffe's ``recurrent_layer``, ``rnn_layer`` and ``lstm_layer``, which unroll a net for the same result; Donahue
et al. 2015.
"""

from __future__ import annotations

from typing import Any

import torch

from layerzoo.functional.transforms import plain_only


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
