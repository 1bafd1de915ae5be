"""Recurrent layers as plain torch, for the export of a net as Python."""

from __future__ import annotations

from typing import Final

from layerzoo.python_source import PythonSource

RUN_LAYERS: Final = '''
def run_layers(run, x, weights, cont=None, lengths=None, direction="FORWARD"):
    """Recurrent layers over x (steps, streams, values), with weights for each layer and direction.

    cont is 0 where a sequence begins; lengths are numbers of steps, behind which the values are 0.
    """
    x, place = x.flatten(2), torch.arange(len(x), device=x.device)[:, None]
    ones = torch.ones_like(x[..., 0])
    order = place.flip(0).expand(ones.shape)
    if lengths is not None:
        order = torch.where(place < lengths, lengths.long() - 1 - place, place)
    forward = ones if cont is None else cont
    backward = ones if cont is None else torch.cat([ones[:1], cont[1:].flip(0)])

    def turned(values):
        return values.gather(0, order.unsqueeze(2).expand(values.shape))

    both = 2 if direction == "BIDIRECTIONAL" else 1
    for first in range(0, len(weights), both):
        values = []
        if direction != "BACKWARD":
            values.append(run(x, forward, *weights[first]))
        if direction != "FORWARD":
            values.append(turned(run(turned(x), backward, *weights[first + both - 1])))
        x = torch.cat(values, 2)
        if lengths is not None:
            x = torch.where((place < lengths).unsqueeze(2), x, 0)
    return x
'''
"""All layers and directions, by a function of one."""

RUN_RNN: Final = '''
def run_rnn(x, cont, weight_xh, bias_h, weight_hh, weight_ho, bias_o):
    """Simple recurrent network over x (steps, streams, values); cont is 0 where a sequence begins."""
    inputs = F.linear(x.flatten(2), weight_xh, bias_h)
    h = inputs.new_zeros(inputs.shape[1:])
    steps = []
    for step, keep in zip(inputs, cont.unsqueeze(2)):
        h = (step + F.linear(h * keep, weight_hh)).tanh()
        steps.append(h)
    return F.linear(torch.stack(steps), weight_ho, bias_o).tanh()
'''
"""An RNN in one direction."""

RUN_LSTM: Final = '''
def run_lstm(x: Tensor, cont: Tensor, weight_xc: Tensor, bias_c: Tensor, weight_hc: Tensor) -> Tensor:
    """Long short-term memory over x (steps, streams, values); cont is 0 where a sequence begins."""
    gates = F.linear(x.flatten(2), weight_xc, bias_c)
    h = c = gates.new_zeros(x.shape[1], weight_hc.shape[1])
    steps = []
    for gate, keep in zip(gates, cont.unsqueeze(2)):
        i, f, o, g = (gate + F.linear(h * keep, weight_hc)).chunk(4, 1)
        c = f.sigmoid() * keep * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        steps.append(h)
    return torch.stack(steps)
'''
"""An LSTM in one direction."""

_RUN_GRU: Final = '''
def {run}(x, cont, weight_xc, bias_c, weight_hc, bias_hc):
    """Gated recurrent units over x (steps, streams, values); cont is 0 where a sequence begins."""
    inputs = F.linear(x.flatten(2), weight_xc, bias_c)
    h = inputs.new_zeros(inputs.shape[1], weight_hc.shape[1])
    steps = []
    for one, keep in zip(inputs, cont.unsqueeze(2)):
        h = {step}(one, h * keep, weight_hc, bias_hc)
        steps.append(h)
    return torch.stack(steps)
'''
_GRU_STEP: Final = '''
def gru_step(inputs, h, weight, bias):
    """A step of gated recurrent units; the reset gate acts on the product of weights and state."""
    of_r, of_z, of_n = inputs.chunk(3, -1)
    r, z, n = F.linear(h, weight, bias).chunk(3, -1)
    r, z = (of_r + r).sigmoid(), (of_z + z).sigmoid()
    return (1 - z) * (of_n + r * n).tanh() + z * h
'''
_GRU_STEP_BEFORE: Final = '''
def gru_step_before(inputs, h, weight, bias):
    """A step of gated recurrent units; the reset gate acts on the state."""
    size = h.shape[-1]
    of_gates, of_n = inputs.split((2 * size, size), -1)
    r, z = (of_gates + F.linear(h, weight[: 2 * size], bias[: 2 * size])).sigmoid().chunk(2, -1)
    n = (of_n + F.linear(r * h, weight[2 * size :], bias[2 * size :])).tanh()
    return (1 - z) * n + z * h
'''


def gru_source(source: PythonSource, reset_after: bool) -> tuple[str, str]:
    """Add the functions of a GRU; returns the names of those of all steps and of one."""
    end = "" if reset_after else "_before"
    run, step = f"run_gru{end}", f"gru_step{end}"
    source.helpers[step] = _GRU_STEP if reset_after else _GRU_STEP_BEFORE
    source.helpers[run] = _RUN_GRU.format(run=run, step=step)
    return run, step
