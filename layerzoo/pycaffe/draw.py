"""``caffe.draw``: draw nets, by Graphviz if it is installed, else by a simple layout of our own."""

from __future__ import annotations

import html
import io
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from layerzoo.drawing.layout import lay_out
from layerzoo.graph import blobs_read, includes
from layerzoo.loader import parse_net
from layerzoo.schema import TEST, TRAIN, LayerParameter, NetState, PoolingParameter

LAYER_STYLE_DEFAULT = {"shape": "record", "fillcolor": "#6495ED", "style": "filled"}
NEURON_LAYER_STYLE = {"shape": "record", "fillcolor": "#90EE90", "style": "filled"}
"""The style of layers that compute in place."""
BLOB_STYLE = {"shape": "octagon", "fillcolor": "#E0E0E0", "style": "filled"}

_COLOURS = {
    "Convolution": "#FF5050",
    "Deconvolution": "#FF5050",
    "Pooling": "#FF9900",
    "InnerProduct": "#CC33FF",
}
_WEIGHTED = ("Convolution", "Deconvolution", "InnerProduct")
_NOTHING = '""'
_TEXTS = {"dot", "gv", "raw", "canon"}
_GAP, _LINE, _CHAR = 24, 14, 7
_MAX_PIXELS = 30_000


@dataclass
class Picture:
    """A net as a graph: nodes are layers and blobs.

    Attributes:
        rankdir: direction of the layout: LR, RL, TB or BT.
        nodes: (label, fill colour, is a blob) by key.
        edges: (source key, target key, label).
    """

    name: str
    rankdir: str
    nodes: dict[str, tuple[str, str, bool]] = field(default_factory=dict)
    edges: list[tuple[str, str, str]] = field(default_factory=list)

    def to_string(self) -> str:
        """Return the graph in Graphviz's DOT language."""
        lines = [f"digraph {_quoted(self.name)} {{", f"  rankdir={self.rankdir};"]
        for key, (label, colour, is_blob) in self.nodes.items():
            shape = "octagon" if is_blob else "record"
            shown = label if is_blob else "".join("\\" + c if c in "{}|<>" else c for c in label)
            look = f"shape={shape}, style=filled, fillcolor={_quoted(colour)}"
            lines.append(f"  {_quoted(key)} [label={_quoted(shown)}, {look}];")
        for source, target, label in self.edges:
            more = f" [label={_quoted(label)}]" if label else ""
            lines.append(f"  {_quoted(source)} -> {_quoted(target)}{more};")
        return "\n".join([*lines, "}", ""])

    def create(self, format: str = "png") -> bytes:  # noqa: A002 (pydot's name for it)
        """Return the picture as bytes: png, jpg, pdf, svg, or dot for the text."""
        if format in _TEXTS:
            return self.to_string().encode()
        graphviz = shutil.which("dot")
        if graphviz is not None:
            text = self.to_string().encode()
            return subprocess.run(
                [graphviz, f"-T{format}"], input=text, capture_output=True, check=True
            ).stdout
        return _drawn(self, format)

    def write(self, path: str, format: str = "raw") -> None:  # noqa: A002 (pydot's name for it)
        """Write the picture to a file; without a format, the graph as text."""
        Path(path).write_bytes(self.create(format))

    def __getattr__(self, name: str) -> Any:
        """Provide ``write_png(path)``, ``create_svg()`` and so on, as pydot's graphs do."""
        what, _, ext = name.partition("_")
        if what not in ("write", "create") or not ext:
            raise AttributeError(f"a net's graph has no '{name}'")
        return partial(getattr(self, what), format=ext)


def get_pydot_graph(
    caffe_net: Any,
    rankdir: str,
    label_edges: bool = True,
    phase: int | None = None,
    display_lrm: bool = False,
) -> Picture:
    """Make the graph of a net's message.

    Args:
        caffe_net: a NetParameter, in the current or an old format.
        rankdir: direction of the layout: LR, RL, TB or BT.
        label_edges: label edges with batch sizes and numbers of outputs.
        phase: draw only layers of this phase, TRAIN or TEST; None draws all.
        display_lrm: show each layer's learning rate multipliers.
    """
    text = str(caffe_net)
    layers = parse_net(text, format="prototxt", lenient=True).message.layer if text.strip() else ()
    picture = Picture(caffe_net.name or "Net", rankdir)
    for layer in layers:
        if phase is not None and not includes(layer, NetState(phase=TEST if phase else TRAIN)):
            continue
        key = f"{layer.name}_{layer.type}"
        label = "\n".join(_described(layer, rankdir, display_lrm))
        for bottom in blobs_read(layer):  # before the layer, so that edges go from earlier to later nodes
            picture.nodes.setdefault(f"{bottom}_blob", (bottom, BLOB_STYLE["fillcolor"], True))
        in_place = len(layer.bottom) == 1 and layer.bottom == layer.top
        colour = NEURON_LAYER_STYLE["fillcolor"] if in_place else choose_color_by_layertype(layer.type)
        picture.nodes[key] = (label, colour, False)
        for bottom in blobs_read(layer):
            picture.edges.append((f"{bottom}_blob", key, ""))
        for top in layer.top:
            picture.nodes.setdefault(f"{top}_blob", (top, BLOB_STYLE["fillcolor"], True))
            edge = get_edge_label(layer).strip('"') if label_edges else ""
            picture.edges.append((key, f"{top}_blob", edge))
    return picture


def draw_net(
    caffe_net: Any, rankdir: str, ext: str = "png", phase: int | None = None, display_lrm: bool = False
) -> bytes:
    """Draw a net and return the picture as bytes; see `get_pydot_graph`."""
    return get_pydot_graph(caffe_net, rankdir, phase=phase, display_lrm=display_lrm).create(format=ext)


def draw_net_to_file(
    caffe_net: Any, filename: str, rankdir: str = "LR", phase: int | None = None, display_lrm: bool = False
) -> None:
    """Draw a net to a file; its suffix selects the format."""
    ext = filename[filename.rfind(".") + 1 :]
    Path(filename).write_bytes(draw_net(caffe_net, rankdir, ext, phase, display_lrm))


def get_layer_label(layer: Any, rankdir: str, display_lrm: bool = False) -> str:
    """Return the label of a layer's box as a quoted DOT string."""
    return '"' + r"\n".join(_described(layer, rankdir, display_lrm)) + '"'


def _described(layer: Any, rankdir: str, display_lrm: bool) -> list[str]:
    """Return a layer's name, type, window and multipliers: one line each, or a single line for TB and BT."""
    window: list[str] = []
    kind = f"({layer.type})"
    if layer.type == "Pooling":
        p = layer.pooling_param
        kind = f"({layer.type} {get_pooling_types_dict()[p.pool]})"
        window = [f"kernel size: {p.kernel_size}", f"stride: {p.stride}", f"pad: {p.pad}"]
    elif layer.type in ("Convolution", "Deconvolution"):
        p = layer.convolution_param
        kernel, stride, pad = _first(p, "kernel_size", 1), _first(p, "stride", 1), _first(p, "pad", 0)
        window = [f"kernel size: {kernel}", f"stride: {stride}", f"pad: {pad}"]
    lines = [layer.name, kind, *window]
    if display_lrm and layer.type in _WEIGHTED:
        rates = get_layer_lr_mult(layer)
        if any(rates):
            lines.append(f"lr mult: {rates[0]:.1f}, {rates[1]:.1f}")
    return [" ".join(lines)] if rankdir in ("TB", "BT") else lines


def get_layer_lr_mult(layer: Any) -> tuple[float, float]:
    """Return the learning rate multipliers of a layer's weight and bias.

    Raises:
        ValueError: the layer's type has no weights, or the layer has more than two multipliers.
    """
    if layer.type not in _WEIGHTED:
        raise ValueError(f"{layer.type} layers do not have a learning rate multiplier")
    multipliers = [float(spec.lr_mult) for spec in layer.param]
    if len(multipliers) > 2:
        raise ValueError(f"Could not parse the learning rate multiplier of {len(multipliers)} params")
    weight, bias = (*multipliers, 1.0, 1.0)[:2]
    return weight, bias


def get_edge_label(layer: LayerParameter) -> str:
    """Return the label of the edges from a layer to its tops; ``""`` in quotation marks if it has none."""
    if layer.type == "Data":
        return f"Batch {layer.data_param.batch_size}"
    if layer.type in ("Convolution", "Deconvolution"):
        return str(layer.convolution_param.num_output)
    if layer.type == "InnerProduct":
        return str(layer.inner_product_param.num_output)
    return _NOTHING


def choose_color_by_layertype(layertype: str) -> str:
    """Return the fill colour of a layer's box, ``#RRGGBB``."""
    return _COLOURS.get(layertype, LAYER_STYLE_DEFAULT["fillcolor"])


def get_pooling_types_dict() -> dict[int, str]:
    """Return the names of the pooling methods by enum value."""
    return {number: name for name, number in PoolingParameter.PoolMethod.items()}


def _first(message: Any, name: str, usual: int) -> int:
    values = getattr(message, name)
    if len(values):
        return int(values[0])
    side = f"{name.removesuffix('_size')}_h"
    return int(getattr(message, side)) if message.HasField(side) else usual


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


# Without Graphviz


def _drawn(picture: Picture, format: str) -> bytes:  # noqa: A002 (as above)
    boxes = _boxes(picture)
    right = max((box[2] for box in boxes.values()), default=0) + _GAP
    bottom = max((box[3] for box in boxes.values()), default=0) + _GAP
    if format == "svg":
        return _svg(picture, boxes, right, bottom).encode()
    scale = min(1.0, _MAX_PIXELS / max(right, bottom))
    image = Image.new("RGB", (max(1, int(right * scale)), max(1, int(bottom * scale))), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default()
    for source, target, _ in picture.edges:
        a, b = (_centre(boxes[key]) for key in (source, target))
        draw.line([(a[0] * scale, a[1] * scale), (b[0] * scale, b[1] * scale)], "#808080")
    for key, (label, colour, _) in picture.nodes.items():
        box = [v * scale for v in boxes[key]]
        draw.rectangle(box, colour, "black")
        if scale == 1:
            draw.multiline_text((box[0] + 5, box[1] + 3), label, "black", font, spacing=2)
    out = io.BytesIO()
    image.save(out, {"jpg": "jpeg", "tif": "tiff"}.get(format, format))
    return out.getvalue()


def _boxes(picture: Picture) -> dict[str, tuple[int, int, int, int]]:
    """Return (left, top, right, bottom) of each node, in pixels."""
    sideways, backwards = picture.rankdir in ("LR", "RL"), picture.rankdir in ("RL", "BT")
    sizes = [_size(label) for label, _, _ in picture.nodes.values()]
    numbers = {key: number for number, key in enumerate(picture.nodes)}
    edges = [(numbers[source], numbers[target]) for source, target, _ in picture.edges]
    # edges from in-place layers back to their blobs don't affect the layout
    placed = lay_out([size[::-1] if sideways else size for size in sizes], [e for e in edges if e[0] < e[1]])
    boxes = {}
    for key, (width, height), (x, y) in zip(picture.nodes, sizes, placed.centres, strict=True):
        along = placed.height - y if backwards else y
        left, top = (along, x) if sideways else (x, along)
        left, top = int(left - width / 2), int(top - height / 2)
        boxes[key] = (left, top, left + width, top + height)
    return boxes


def _size(label: str) -> tuple[int, int]:
    lines = label.split("\n")
    return max(len(line) for line in lines) * _CHAR + 10, len(lines) * _LINE + 8


def _centre(box: tuple[int, int, int, int]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _svg(picture: Picture, boxes: dict[str, tuple[int, int, int, int]], width: int, height: int) -> str:
    size = f'width="{width}" height="{height}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace">']
    for source, target, _ in picture.edges:
        (x1, y1), (x2, y2) = _centre(boxes[source]), _centre(boxes[target])
        parts.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#808080"/>')
    for key, (label, colour, _) in picture.nodes.items():
        x, y, right, bottom = boxes[key]
        place = f'x="{x}" y="{y}" width="{right - x}" height="{bottom - y}"'
        parts.append(f'<rect {place} fill="{colour}" stroke="black"/>')
        for row, line in enumerate(label.split("\n")):
            at = y + 14 + row * _LINE
            parts.append(f'<text x="{x + 5}" y="{at}" font-size="11">{html.escape(line)}</text>')
    return "\n".join([*parts, "</svg>", ""])
