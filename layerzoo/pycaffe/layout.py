"""Layers, blobs and params of a net under Caffe's names, indices and order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property, partial
from typing import TypeVar

from layerzoo.engine import Layerwise
from layerzoo.engine.runner.ownership import on_host
from layerzoo.host import Blob, BlobVec, DtypeVec, IntVec, PythonLayer, StringVec
from layerzoo.net import Net
from layerzoo.net.params import held

T = TypeVar("T")
_AUTOMATIC = "(automatic)"


class once(cached_property[T]):  # noqa: N801 (used as a decorator)
    """A read-only property that is computed once, like those of Caffe's interface."""

    def __set__(self, instance: object, value: object) -> None:
        raise AttributeError("can't set attribute")


class Layout:
    """Layers, blobs and params of a net whose graph contains its splits as layers.

    Attributes:
        net: Layerzoo's net.
        runner: runs the net layer by layer.
    """

    net: Net
    runner: Layerwise

    def _lay_out(self, net: Net) -> None:
        self.net = net
        self.runner = Layerwise(net)
        self.runner.param_blobs = [blob for layer in self.layers for blob in layer.blobs]

    @once
    def layers(self) -> LayerVec:
        """The layers; a Python layer is the user's own object."""
        return LayerVec(self._layer(index) for index in range(len(self.net.graph.layers)))

    @once
    def blobs(self) -> OrderedDict[str, Blob]:
        """All blobs by name, including those of implicit splits."""
        return OrderedDict(zip(self._blob_names, self._blobs, strict=True))

    @once
    def params(self) -> OrderedDict[str, BlobVec]:
        """The param blobs of each layer with params, by layer name."""
        pairs = zip(self._layer_names, self.layers, strict=True)
        return OrderedDict((name, layer.blobs) for name, layer in pairs if len(layer.blobs))

    @once
    def layer_dict(self) -> OrderedDict[str, PythonLayer]:
        """The layers by name."""
        return OrderedDict(zip(self._layer_names, self.layers, strict=True))

    @once
    def inputs(self) -> list[str]:
        """Names of the input blobs."""
        return [blob.name for blob in self.net.graph.inputs]

    @once
    def outputs(self) -> list[str]:
        """Names of the blobs that no layer consumes, sorted."""
        return [blob.name for blob in self.net.graph.outputs if not _is_automatic(blob.name)]

    @once
    def top_names(self) -> OrderedDict[str, list[str]]:
        """Names of each layer's tops, by layer name."""
        return self._names(self._top_ids)

    @once
    def bottom_names(self) -> OrderedDict[str, list[str]]:
        """Names of each layer's bottoms, by layer name."""
        return self._names(self._bottom_ids)

    @property
    def blob_loss_weights(self) -> OrderedDict[str, float]:
        """The loss weight of each blob, by blob name."""
        return OrderedDict(zip(self._blob_names, self._blob_loss_weights, strict=True))

    @once
    def _versions(self) -> list[int]:
        """The last version of each blob, in the order of the first versions."""
        last: dict[int, int] = {}
        for index, blob in enumerate(self.runner.blobs):
            last[id(blob)] = index
        return list(last.values())

    @once
    def _ids(self) -> dict[int, int]:
        """Caffe's index of each blob, by the blob's ``id``."""
        return {id(self.runner.blobs[version]): number for number, version in enumerate(self._versions)}

    @property
    def _blobs(self) -> BlobVec:
        return BlobVec(self.runner.blobs[version] for version in self._versions)

    @once
    def _blob_names(self) -> StringVec:
        names = (self.net.graph.blobs[version].name for version in self._versions)
        return StringVec(_AUTOMATIC if _is_automatic(name) else name for name in names)

    @once
    def _layer_names(self) -> StringVec:
        return StringVec(layer.config_name or layer.name for layer in self.net.graph.layers)

    @property
    def _blob_loss_weights(self) -> DtypeVec:
        weights = DtypeVec([0.0] * len(self._versions))
        for version, weight in self.net.graph.losses:
            weights[self._ids[id(self.runner.blobs[version])]] = weight
        return weights

    @property
    def _inputs(self) -> IntVec:
        return IntVec(self._blob_names.index(name) for name in self.inputs)

    @property
    def _outputs(self) -> IntVec:
        return IntVec(self._blob_names.index(name) for name in self.outputs)

    def _top_ids(self, layer: int) -> IntVec:
        return IntVec(self._ids[id(self.runner.blobs[b])] for b in self.net.graph.layers[layer].tops)

    def _bottom_ids(self, layer: int) -> IntVec:
        return IntVec(self._ids[id(self.runner.blobs[b])] for b in self.net.graph.layers[layer].bottoms)

    def _names(self, ids: Callable[[int], IntVec]) -> OrderedDict[str, list[str]]:
        names = self._blob_names
        return OrderedDict((name, [names[b] for b in ids(i)]) for i, name in enumerate(self._layer_names))

    def _layer(self, index: int) -> PythonLayer:
        layer = self.runner.layers[index]
        if on_host(layer):
            user: PythonLayer = layer.user
            return user
        param = self.net.graph.layers[index].param
        indices = range(len(layer.own_params))
        blobs = [Blob.of(partial(held, layer, i), partial(layer.views.get, i)) for i in indices]
        return PythonLayer.of(param, blobs, partial(self.runner.top_shapes, index))


class LayerVec(list[PythonLayer]):
    """The layers of a net."""


def _is_automatic(name: str) -> bool:
    """Whether a blob is the automatic top of a loss layer without tops."""
    return name.startswith("(")
