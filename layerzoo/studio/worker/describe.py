"""What a net does, as the page needs to know."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from layerzoo.errors import LayerzooError
from layerzoo.studio.worker.open_nets import Target, open_net, unpublished
from layerzoo.zoo import LocalZoo, ZooNet
from layerzoo.zoo.entry import DEPLOY, GENERATING, NET
from layerzoo.zoo.new_data import continuation, data_kind, translation

_MAX_LABELS: Final = 2000
_IMAGE_AXES: Final = 4


def describe(target: Target) -> dict[str, Any]:
    """What a net does, and what can be looked at.

    Returns:
        ``kind``: classify, numbers, detect, segment, rows (samples that aren't images), text, answer, image
        (its output is one), or draw (it only makes samples); ``draws``: whether it makes samples of noise;
        ``tested``: whether its config has data to test it with.
    """
    draws = _draws(target)
    if target.get("zoo"):
        entry = LocalZoo().get(target["zoo"])
        if DEPLOY not in entry:
            return _facts(entry.address, "draw" if draws else "none", draws, tested=NET in entry)
    net = open_net(target)
    kind = kind_of(net)
    found = _facts(net.name, kind, draws, tested=kind in ("classify", "numbers", "rows", "segment"))
    layers = []
    for layer in net.net.graph.layers:
        shape = net.net.graph.blobs[layer.tops[0]].shape if layer.tops else None
        params = sum(param.numel() for param in net.net.params.get(layer.name, ()))
        layers.append(
            {
                "name": layer.name,
                "type": layer.param.type,
                "shape": list(shape) if shape else [],
                "params": params,
                "places": bool(shape and len(shape) == _IMAGE_AXES and shape[2] * shape[3] > 1),
            }
        )
    how, data = net.preprocessing, data_kind(net)
    return found | {
        "labels": net.labels[:_MAX_LABELS],
        "images": how is not None,
        "size": [how.size[1], how.size[0]] if how is not None else [],
        "channels": how.channels if how is not None else 0,
        "expected": data.new_data if data is not None else "images" if how is not None else "",
        "typed": data is not None and "-text" in data.new_data,
        "layers": layers,
    }


def kind_of(net: ZooNet) -> str:
    """What a net answers; see `describe`."""
    layers = net.net.ordered_layers()
    if any(layers[blob.producer].gives_detections for blob in net.net.graph.outputs):
        return "detect"
    if continuation(net) is not None:
        return "text"
    if translation(net) is not None:
        return "answer"
    try:
        name = net.prediction
    except LayerzooError:
        return "none"
    shape = next(blob.shape for blob in net.net.graph.outputs if blob.name == name)
    if shape and len(shape) == _IMAGE_AXES and shape[2] * shape[3] > 1:
        return "segment" if 2 <= shape[1] <= 256 and shape[1] != 3 else "image"
    if net.preprocessing is None:
        return "rows" if data_kind(net) is not None else "none"
    return "numbers" if net.predicts_numbers else "classify"


def _draws(target: Target) -> bool:
    """Whether a net makes samples of noise."""
    if target.get("zoo"):
        return GENERATING in LocalZoo().get(target["zoo"])
    try:
        text = Path(unpublished(target).net).read_text("utf-8", "replace")
    except (OSError, LayerzooError):
        return False
    return "generate" in text


def _facts(name: str, kind: str, draws: bool, tested: bool) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "draws": draws,
        "tested": tested,
        "labels": [],
        "images": False,
        "size": [],
        "channels": 0,
        "expected": "",
        "typed": False,
        "layers": [],
    }
