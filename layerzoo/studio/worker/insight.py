"""Pictures of what a net computes of a picture, and of what its answer depends on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from layerzoo.errors import UsageError
from layerzoo.studio.worker.open_nets import Target, open_net
from layerzoo.visualise import (
    Figure,
    Seen,
    activation_figures,
    class_score,
    filter_figures,
    grad_cam_figures,
    occlusion_figure,
    saliency_figure,
    write_figures,
)
from layerzoo.visualise.blob_values import layer_named
from layerzoo.zoo import ZooNet

_MOST: Final = 64


def layers(target: Target, file: str, out: str, names: Sequence[str] = ()) -> list[str]:
    """Write pictures of weights, and of the activations of a picture if there is one, with their data.

    Args:
        target: the net.
        file: the picture; empty for weights alone.
        out: the folder.
        names: layers; none means all. Those without weights or values are left out.
    """
    net = open_net(target)
    known = {layer.name: layer for layer in net.net.graph.layers}
    chosen = [layer_named(net.net, name).name for name in names] or list(known)

    def figures() -> Iterator[Figure]:
        rgb = net.preprocessing is not None and net.preprocessing.order == "RGB"
        for name in chosen:
            with suppress(UsageError):  # it has no filters
                yield from filter_figures(net.net, [name], rgb=rgb, most=_MOST)
        with_tops = [name for name in chosen if known[name].tops]
        if file and with_tops:
            image = net.prepare([Path(file)])
            with suppress(UsageError):  # none has values
                yield from activation_figures(
                    net.net, image, "the picture", with_tops, labels=net.labels, most=_MOST
                )

    return [path.name for path in write_figures(figures(), Path(out), net.name, with_data=True)]


def explain(
    target: Target, file: str, kinds: Sequence[str], wanted: str, layer: str, out: str
) -> dict[str, Any]:
    """Write pictures of what the score of a class depends on.

    Args:
        target: the net.
        file: the picture.
        kinds: gradcam, saliency, occlusion.
        wanted: label or index of the class; empty for the predicted one.
        layer: of Grad-CAM; empty for the last one with places.
        out: the folder.

    Returns:
        the class, what the net answers for it, and of each kind its file and caption, or why there is none.
    """
    net = open_net(target)
    seen = _seen(net, file)
    score = class_score(net.net, seen.batch, net.prediction, net.labels, wanted)
    shown = []
    for kind in kinds:
        try:
            if kind == "gradcam":
                figures = grad_cam_figures(net.net, seen, score, [layer] if layer else ())
            elif kind == "saliency":
                figures = [saliency_figure(net.net, seen, score)]
            else:
                figures = [occlusion_figure(net.net, seen, score)]
        except UsageError as error:
            shown.append({"kind": kind, "file": "", "caption": str(error)})
            continue
        written = write_figures(figures, Path(out) / kind, kind)
        shown.append({"kind": kind, "file": f"{kind}/{written[0].name}", "caption": figures[0].caption})
    return {"class": score.name, "answer": score.answer, "figures": shown}


def _seen(net: ZooNet, file: str) -> Seen:
    """The picture as the net sees it."""
    batch = net.prepare([Path(file)])
    assert net.preprocessing is not None  # prepare has checked it
    return Seen("the picture", batch, net.preprocessing.pixels(batch.float().cpu().numpy())[0])
