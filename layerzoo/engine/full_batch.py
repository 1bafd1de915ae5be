"""Whether a net can be trained by a rule that measures all data again and again."""

from __future__ import annotations

from layerzoo.data import DataLayer
from layerzoo.errors import Fault
from layerzoo.layer import Layer
from layerzoo.net import Net
from layerzoo.schema import PoolingParameter


def full_batch_faults(net: Net, iter_size: int) -> list[Fault]:
    """What keeps the loss of an iteration from being that of all data, the same each time it is measured."""
    faults = []
    for layer in net.ordered_layers():
        why = _random(layer)
        if why:
            faults.append(
                Fault(f"a full-batch solver needs the same loss each time, but {why}", layer=layer.name)
            )
        if isinstance(layer, DataLayer) and layer.batch_size * iter_size != layer.epoch_size:
            faults.append(
                Fault(
                    f"a full-batch solver needs all {layer.epoch_size:,} samples in one iteration, which has "
                    f"{iter_size} x {layer.batch_size:,}",
                    layer=layer.name,
                    hint=f"batch_size times iter_size has to be {layer.epoch_size:,}",
                )
            )
    return faults


def _random(layer: Layer) -> str | None:
    """What is random in a layer, if anything."""
    kind, param = layer.type_name, layer.param
    if kind == "Dropout" and param.dropout_param.dropout_ratio > 0:
        return "Dropout is random"
    if kind == "Pooling" and param.pooling_param.pool == PoolingParameter.STOCHASTIC:
        return "stochastic Pooling is random"
    if "transform_param" in layer.messages and (
        param.transform_param.mirror or param.transform_param.crop_size
    ):
        return "mirror and crop_size are random"
    if kind == "WindowData":
        return "windows are drawn at random"
    return None
