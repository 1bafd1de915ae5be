"""The body of an existing net: its layers between data and scores, with a new last layer."""

from __future__ import annotations

from layerzoo.errors import UsageError
from layerzoo.layer import LAYERS
from layerzoo.loader import emit
from layerzoo.projects.template import SCORE
from layerzoo.schema import LayerParameter, NetParameter, part_of

_HEADS = ("inner_product_param", "convolution_param")


def body_text(net: NetParameter, outputs: int, where: str, why: str, rate: float = 1.0) -> str:
    """The layers of a net as YAML, without data, losses and scores; the last one gives ``score``.

    Args:
        net: the net, for training or for deployment; its first input becomes ``data``.
        outputs: number of outputs of the new last layer.
        where: name of the net in messages.
        why: comment on the new layer.
        rate: multiplier of the learning rate of the new layer.

    Raises:
        UsageError: the net has no last layer that could be replaced.
    """
    kept = [layer for layer in net.layer if _stays(layer)]
    heads = [layer for layer in kept if any(part_of(layer, field) is not None for field in _HEADS)]
    if not heads:
        raise UsageError(f"{where}: no layer with outputs that could be replaced")
    head = heads[-1]
    kept = kept[: kept.index(head) + 1]
    inputs = {top for layer in net.layer if layer not in kept for top in layer.top[:1]}
    for layer in kept:
        for index, bottom in enumerate(layer.bottom):
            if bottom in inputs and not any(bottom in other.top for other in kept):
                layer.bottom[index] = "data"
    head.name = SCORE
    del head.top[:]
    head.top.append(SCORE)
    message = next(part for field in _HEADS if (part := part_of(head, field)) is not None)
    message.num_output = outputs
    message.weight_filler.Clear()
    message.weight_filler.type = "xavier"
    del head.param[:]
    if rate != 1:
        head.param.add(lr_mult=rate, decay_mult=1)
        if message.bias_term:
            head.param.add(lr_mult=rate, decay_mult=0)
    return "".join(_text(layer, why if layer is head else "") for layer in kept)


def _stays(layer: LayerParameter) -> bool:
    kind = LAYERS[layer.type]
    predicts = kind.gives_probabilities or kind.is_loss or not kind.deployed
    return not (kind.is_data or kind.is_input or predicts)


def _text(layer: LayerParameter, why: str) -> str:
    """One layer as an item of a YAML list."""
    lines = emit(NetParameter(layer=[layer]), "yaml").splitlines()[1:]
    indent = 2 - (len(lines[0]) - len(lines[0].lstrip()))
    moved = [" " * indent + line if indent > 0 else line for line in lines]
    above = [f"  # {why}"] if why else []
    return "\n".join([*above, *moved]) + "\n"
