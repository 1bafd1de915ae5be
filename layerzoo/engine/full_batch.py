"""Check whether a net can be trained by a full-batch rule."""

from __future__ import annotations

from layerzoo.data import DataLayer
from layerzoo.errors import Fault
from layerzoo.net import Net


def full_batch_faults(net: Net, iter_size: int) -> list[Fault]:
    """Faults if the loss of an iteration is not that of all data, or differs between evaluations."""
    faults = []
    for layer in net.ordered_layers():
        why = layer.randomness(layer.param)
        if why is not None:
            message = f"a full-batch solver needs the same loss each time, but {why}"
            faults.append(Fault(message, layer=layer.name))
        if not isinstance(layer, DataLayer):
            continue
        processes = net.clock.ranks if layer.distributed else 1
        if layer.batch_size * iter_size * processes != layer.epoch_size:
            shared, times = (f" in {processes} processes", " times processes") if processes > 1 else ("", "")
            faults.append(
                Fault(
                    f"a full-batch solver needs all {layer.epoch_size:,} samples in one iteration, which has "
                    f"{iter_size} x {layer.batch_size:,}{shared}",
                    layer=layer.name,
                    hint=f"batch_size times iter_size{times} has to be {layer.epoch_size:,}",
                )
            )
    return faults
