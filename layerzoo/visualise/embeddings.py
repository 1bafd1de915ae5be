"""Embed the samples of a set in the plane, by what a layer computes of them: PCA or t-SNE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerzoo.errors import MissingExtraError, UsageError
from layerzoo.evaluation.judge import compared, image_blob, passes
from layerzoo.graph import Blob
from layerzoo.net import Net
from layerzoo.visualise.blob_values import top_of

_AXES = 2
_PERPLEXITY = 30.0
"""That of t-SNE's authors; it has to be less than the number of samples."""
_LEAST = 5


@dataclass(frozen=True)
class Features:
    """What a layer computes of the samples of a set.

    Attributes:
        layer: name of the layer.
        values: samples x features.
        labels: class of each sample; None if the net compares nothing with labels, one for each sample.
        images: the net's input images, samples x channels x height x width; None if its data are no images.
    """

    layer: str
    values: NDArray[np.float32]
    labels: NDArray[np.int64] | None
    images: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Plane:
    """Samples in the plane.

    Attributes:
        places: samples x 2.
        shares: of PCA, the share of the variance along each axis; empty for t-SNE.
    """

    places: NDArray[np.float64]
    shares: tuple[float, ...] = ()


def features_of(net: Net, layer: str = "", most: int = 1000) -> Features:
    """Run a TEST net over its test set and take the first top of a layer.

    Args:
        net: a net with data layers.
        layer: name of the layer; empty for the one whose top the scores are computed of.
        most: the largest number of samples.

    Raises:
        UsageError: the layer is unknown, its top has no row for each sample, or the net has no test set.
    """
    try:
        scores, labelling, _ = compared(net.graph)
        classes: Blob | None = labelling
        maker = net.graph.layers[scores.producer]
        blob = net.graph.blobs[maker.bottoms[0]] if maker.bottoms else scores
    except UsageError:
        if not layer:
            raise
        classes = None
    if layer:
        blob = top_of(net, layer)
    name = net.graph.layers[blob.producer].name
    values: list[NDArray[np.float32]] = []
    labels: list[NDArray[np.int64]] = []
    images: list[NDArray[np.float32]] = []
    images_of = image_blob(net.graph)
    count = 0
    for _ in passes(net):
        batch = net.blob(blob.index).float().cpu().numpy()
        known = None if classes is None else net.blob(classes.index).reshape(-1).cpu().numpy()
        if batch.ndim < 1 or not _has_rows(net, len(batch)):
            raise UsageError(
                f"layer '{name}' of net '{net.name}' has a top of shape {batch.shape}; expected a row for "
                "each sample"
            )
        values.append(batch.reshape(len(batch), -1))
        if known is not None and len(known) == len(batch):
            labels.append(known.astype(np.int64))
        if images_of is not None and len(seen := net.blob(images_of.index)) == len(batch):
            images.append(seen.float().cpu().numpy())
        count += len(batch)
        if count >= most:
            break
    found = np.concatenate(values)[:most]
    if len(found) < _LEAST:
        raise UsageError(
            f"net '{net.name}': {len(found)} samples; at least {_LEAST} are needed to embed them"
        )
    if not np.isfinite(found).all():
        raise UsageError(f"layer '{name}' of net '{net.name}' computes values that are not finite")
    classified = np.concatenate(labels)[:most] if len(labels) == len(values) else None
    pictures = np.concatenate(images)[:most] if len(images) == len(values) else None
    return Features(name, found, classified, pictures)


def pca(values: NDArray[Any]) -> Plane:
    """Samples along the two directions of largest variance.

    The largest weight of a direction is positive, so that the plane is not mirrored from run to run.

    Args:
        values: samples x features.
    """
    centred = values.astype(np.float64) - values.mean(0, dtype=np.float64)
    left, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    strongest = np.abs(directions).argmax(1)
    signs = np.where(directions[np.arange(len(directions)), strongest] < 0, -1.0, 1.0)
    places = np.zeros((len(values), _AXES))
    places[:, : len(sizes)] = (left * sizes * signs)[:, :_AXES]
    total = float(np.square(sizes).sum())
    shares = np.zeros(_AXES)
    shares[: len(sizes)] = np.square(sizes[:_AXES]) / (total or 1.0)
    return Plane(places, tuple(shares.tolist()))


def tsne(values: NDArray[Any], seed: int = 0) -> Plane:
    """Samples by t-SNE: near each other if they are near each other among all features.

    Van der Maaten and Hinton, "Visualizing data using t-SNE", 2008.

    Args:
        values: samples x features.
        seed: seed of the optimisation.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    check_tsne()
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (len(values) - 1) / 3)
    found = TSNE(n_components=_AXES, init="pca", perplexity=perplexity, random_state=seed)
    return Plane(np.asarray(found.fit_transform(values.astype(np.float32)), np.float64))


def check_tsne() -> None:
    """Check that t-SNE can be computed.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    try:
        import sklearn.manifold  # noqa: F401 (is it installed?)
    except ImportError:
        raise MissingExtraError("t-SNE", "tsne") from None


def _has_rows(net: Net, count: int) -> bool:
    """Whether a first axis is that of the samples of the last pass."""
    firsts = (layer.tops for layer in net.graph.layers if layer.kind.is_data)
    return any(len(net.blob(tops[0])) == count for tops in firsts if tops)
