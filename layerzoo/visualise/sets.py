"""Figures of a whole set: its samples in the plane, and which classes are confused."""

from __future__ import annotations

from collections.abc import Sequence

from layerzoo.evaluation import judge, report
from layerzoo.evaluation.pictures import confusion_picture
from layerzoo.evaluation.samples import sheet_facts, sheets
from layerzoo.net import Net
from layerzoo.visualise.embeddings import features_of, pca, tsne
from layerzoo.visualise.page import Figure
from layerzoo.visualise.scatter import scatter

_MOST = 1000


def embedding_figure(
    net: Net,
    names: Sequence[str] = (),
    layer: str = "",
    *,
    by_tsne: bool = False,
    most: int = _MOST,
    seed: int = 0,
) -> Figure:
    """The samples of a TEST net's set in the plane, by what a layer computes of them.

    Args:
        net: a net with data layers.
        names: names of the classes.
        layer: name of the layer; empty for the one whose top the scores are computed of.
        by_tsne: embed by t-SNE, not by PCA.
        most: the largest number of samples.
        seed: seed of t-SNE.

    Raises:
        MissingExtraError: scikit-learn, which computes t-SNE, is not installed.
        UsageError: see `features_of`.
    """
    features = features_of(net, layer, most)
    plane = tsne(features.values, seed) if by_tsne else pca(features.values)
    axes = [f"component {place} ({share:.1%} of the variance)" for place, share in enumerate(plane.shares, 1)]
    picture = scatter(plane.places, features.labels, names, (axes[0], axes[1]) if axes else ("", ""))
    count, size = features.values.shape
    how = "t-SNE" if by_tsne else f"PCA, {sum(plane.shares):.1%} of the variance"
    caption = f"{features.layer}: {count:,} samples of {size:,} values by {how}"
    method = "tsne" if by_tsne else "pca"
    images = features.images
    data = {
        "kind": "embeddings",
        "layer": features.layer,
        "method": method,
        "axes": axes,
        "places": plane.places.round(5).tolist(),
        "labels": None if features.labels is None else features.labels.tolist(),
        "names": list(names),
        "sheet": None if images is None else sheet_facts(images),
    }
    drawn = [] if images is None else list(sheets(images))
    return Figure("Embeddings", f"embeddings-{method}-{features.layer}", caption, picture, data, drawn)


def confusion_figure(net: Net, names: Sequence[str] = ()) -> Figure:
    """The confusion matrix of a TEST net over its set.

    Args:
        net: a net with data layers and a layer that compares scores with labels.
        names: names of the classes.

    Raises:
        UsageError: it has no such layers.
    """
    found = report(judge(net), names, [1], 0)
    caption = (
        f"{found.count:,} samples, accuracy {found.accuracy:.4%}; true classes in rows, predictions in "
        "columns; right is blue, wrong red"
    )
    return Figure("Confusion", "confusion", caption, confusion_picture(found))
