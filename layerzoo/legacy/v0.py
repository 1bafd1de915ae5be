"""Upgrade V0: ``layers { layer { type: "conv" … } bottom top }``, with the fields of all types together."""

from __future__ import annotations

from typing import Final, NamedTuple

from layerzoo.errors import Fault
from layerzoo.legacy.tree import count, message_in, new_node, put, text_of
from layerzoo.legacy.v1 import upgrade_params
from layerzoo.nodes import Node

_TYPES: Final = {
    "accuracy": "Accuracy",
    "bnll": "BNLL",
    "concat": "Concat",
    "conv": "Convolution",
    "data": "Data",
    "dropout": "Dropout",
    "euclidean_loss": "EuclideanLoss",
    "flatten": "Flatten",
    "hdf5_data": "HDF5Data",
    "hdf5_output": "HDF5Output",
    "im2col": "Im2col",
    "images": "ImageData",
    "infogain_loss": "InfogainLoss",
    "innerproduct": "InnerProduct",
    "lrn": "LRN",
    "multinomial_logistic_loss": "MultinomialLogisticLoss",
    "pool": "Pooling",
    "relu": "ReLU",
    "sigmoid": "Sigmoid",
    "softmax": "Softmax",
    "softmax_loss": "SoftmaxWithLoss",
    "split": "Split",
    "tanh": "TanH",
    "window_data": "WindowData",
}

_PARAMS: Final = {
    "concat": "concat_param",
    "conv": "convolution_param",
    "data": "data_param",
    "dropout": "dropout_param",
    "hdf5_data": "hdf5_data_param",
    "images": "image_data_param",
    "infogain_loss": "infogain_loss_param",
    "innerproduct": "inner_product_param",
    "lrn": "lrn_param",
    "pool": "pooling_param",
    "window_data": "window_data_param",
}
"""The message that receives the fields of each type."""

_FIELDS: Final = {
    "num_output": ("num_output", ("conv", "innerproduct")),
    "biasterm": ("bias_term", ("conv", "innerproduct")),
    "weight_filler": ("weight_filler", ("conv", "innerproduct")),
    "bias_filler": ("bias_filler", ("conv", "innerproduct")),
    "pad": ("pad", ("conv", "pool")),
    "kernelsize": ("kernel_size", ("conv", "pool")),
    "group": ("group", ("conv",)),
    "stride": ("stride", ("conv", "pool")),
    "pool": ("pool", ("pool",)),
    "dropout_ratio": ("dropout_ratio", ("dropout",)),
    "local_size": ("local_size", ("lrn",)),
    "alpha": ("alpha", ("lrn",)),
    "beta": ("beta", ("lrn",)),
    "k": ("k", ("lrn",)),
    "source": ("source", ("data", "hdf5_data", "images", "window_data", "infogain_loss")),
    "batchsize": ("batch_size", ("data", "hdf5_data", "images", "window_data")),
    "rand_skip": ("rand_skip", ("data", "images")),
    "shuffle_images": ("shuffle", ("images",)),
    "new_height": ("new_height", ("images",)),
    "new_width": ("new_width", ("images",)),
    "concat_dim": ("concat_dim", ("concat",)),
    "det_fg_threshold": ("fg_threshold", ("window_data",)),
    "det_bg_threshold": ("bg_threshold", ("window_data",)),
    "det_fg_fraction": ("fg_fraction", ("window_data",)),
    "det_context_pad": ("context_pad", ("window_data",)),
    "det_crop_mode": ("crop_mode", ("window_data",)),
}
"""The name of each field in the type's message, and the types that have it."""

_TRANSFORMS: Final = {
    "scale": "scale",
    "meanfile": "mean_file",
    "cropsize": "crop_size",
    "mirror": "mirror",
}
_UNREAD: Final = ("new_num", "new_channels")


def upgrade_layers(root: Node, faults: list[Fault]) -> list[str]:
    """Fold padding layers, and upgrade every ``layers`` that holds a ``layer``."""
    if not any(_inner(node) for node in root.all("layers")):
        return []
    padding = _fold_padding(root, faults)
    old = [node for node in root.all("layers") if _inner(node)]
    done = [f"{count(len(old), 'layer')} of format V0"]
    if padding:
        done.append(f"{count(padding, 'padding layer')} folded")
    for node in old:
        node.key = "layer"
        done += _flatten(node)
        upgrade_params(node)
    return done


def _inner(node: Node) -> Node | None:
    """The ``layer`` message inside a ``layers`` of V0; None for V1."""
    inner = node.first("layer")
    return inner if inner is not None and inner.children is not None else None


def _fold_padding(root: Node, faults: list[Fault]) -> int:
    """Remove padding layers and move their pad into the layers that read them; return their number."""
    producers: dict[str, _Layer] = {}
    padding: set[int] = set()
    for node in root.all("layers"):
        inner = _inner(node)
        if inner is None:
            continue
        layer = _Layer.of(node, inner)
        read = ((bottom, producers.get(bottom.text or "")) for bottom in layer.bottoms)
        padded = [(bottom, producer) for bottom, producer in read if producer and producer.type == "padding"]
        for bottom, producer in padded:
            _fold(layer, bottom, producer, faults)
        if layer.type == "padding":
            padding.add(id(node))
        producers.update((top.text or "", layer) for top in layer.tops)
    root.children = [child for child in root.children or () if id(child) not in padding]
    return len(padding)


class _Layer(NamedTuple):
    """A ``layers`` of V0, and what is asked of it for each blob that connects it to others."""

    node: Node
    inner: Node
    name: str
    type: str
    bottoms: list[Node]
    tops: list[Node]
    pad: Node | None

    @classmethod
    def of(cls, node: Node, inner: Node) -> _Layer:
        """Look up the fields of a layer."""
        name, kind = text_of(inner, "name"), text_of(inner, "type")
        return cls(node, inner, name, kind, node.all("bottom"), node.all("top"), inner.first("pad"))


def _fold(layer: _Layer, bottom: Node, padding: _Layer, faults: list[Fault]) -> None:
    """Connect a layer to the bottom of the padding layer that it reads, and set its pad."""
    several = len(layer.bottoms) != 1
    if layer.type not in ("conv", "pool"):
        hint = "only conv and pool can read one"
        message = f"a '{layer.type}' layer reads a padding layer"
        faults.append(Fault(message, bottom.value_origin, hint, layer.name))
    elif several or len(padding.bottoms) != 1 or len(padding.tops) != 1:
        faults.append(
            Fault(
                "a padding layer that can't be folded",
                padding.node.origin,
                "it needs one bottom and one top, and the layer that reads it one bottom",
                layer.name,
            )
        )
    else:
        bottom.text = padding.bottoms[0].text
        text = padding.pad.text if padding.pad is not None else "0"
        put(layer.inner, new_node(padding.pad or padding.node, "pad", text))


def _flatten(node: Node) -> list[str]:
    """Move the fields of the inner layer to their current places; return notes of dropped fields."""
    inner = _inner(node)
    assert inner is not None
    old_type, name = text_of(inner, "type"), text_of(inner, "name")
    done: list[str] = []
    outer = [child for child in node.children or () if child is not inner]
    node.children = []
    messages: dict[str, list[Node]] = {}

    def put_into(message: str, child: Node) -> None:
        if message not in messages:
            messages[message] = _children(message_in(node, message, child))
        messages[message].append(child)

    for child in inner.children or ():
        key = child.key
        if key == "type" and child.text is not None:
            child.text, child.quoted = _TYPES.get(old_type, old_type), True
            node.children.append(child)
        elif key in _FIELDS and old_type in _FIELDS[key][1]:
            child.key = _FIELDS[key][0]
            put_into(_PARAMS[old_type], child)
        elif key in _TRANSFORMS:
            child.key = _TRANSFORMS[key]
            put_into("transform_param", child)
        elif key in _FIELDS or (key == "hdf5_output_param" and old_type != "hdf5_output"):
            done.append(f"'{key}' dropped from layer '{name}': not a field of '{old_type}'")
        elif key not in _UNREAD:
            node.children.append(child)
    at = next((i + 1 for i, child in enumerate(node.children) if child.key == "type"), 0)
    node.children[at:at] = outer
    return done


def _children(node: Node) -> list[Node]:
    assert node.children is not None
    return node.children
