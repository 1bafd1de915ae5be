"""``caffe.Net``: a net whose blobs are numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from layerzoo import net as nets
from layerzoo.errors import WeightsError
from layerzoo.graph import insert_splits
from layerzoo.host import any_module
from layerzoo.layer import LAYERS
from layerzoo.layers.memory_data import MemoryData
from layerzoo.pycaffe import alias, state
from layerzoo.pycaffe.batches import batches, joined
from layerzoo.pycaffe.callbacks import LayerCallback
from layerzoo.pycaffe.layout import Layout
from layerzoo.pycaffe.memory_arrays import check_arrays
from layerzoo.pycaffe.trace import trace
from layerzoo.schema import TEST, TRAIN, Datum, NetParameter, NetState
from layerzoo.weights.caffemodel import write_caffemodel
from layerzoo.weights.hdf5 import write_hdf5
from layerzoo.weights.load import load

Array = NDArray[Any]
_WEIGHTS = (".caffemodel", ".h5", ".safetensors")
Callback = Callable[[int], object]


class Net(Layout):
    """A net as Caffe's Python interface has it.

    ::

        net = Net("deploy.prototxt", TEST)
        net = Net("deploy.prototxt", "bvlc.caffemodel", TEST)
        net = Net("train_val.prototxt", TRAIN, weights="bvlc.caffemodel", stages=["deploy"])

    Args:
        network_file: the config.
        args: the phase; or, as long ago, the weights and the phase.
        phase: TRAIN (0) or TEST (1).
        level, stages: which layers belong to it, with the phase.
        weights: a file to start from.
        any_python: its Python layers may come from any module, as in Caffe; else from those allowed by name.

    Raises:
        RuntimeError: a file isn't there.
        ConfigError: the config has faults.
    """

    def __init__(
        self,
        network_file: str,
        *args: Any,
        phase: int | None = None,
        level: int = 0,
        stages: Sequence[str] | None = None,
        weights: str | None = None,
        any_python: bool = True,
    ) -> None:
        given = list(args)
        if given and isinstance(given[0], str):
            weights = given.pop(0)
        for name in ("phase", "level", "stages", "weights"):
            if given and name == "phase":
                phase = given.pop(0)
            elif given and name == "level":
                level = given.pop(0)
            elif given and name == "stages":
                stages = given.pop(0)
            elif given:
                weights = given.pop(0)
        if phase is None or given:
            raise TypeError("Net(network_file, phase, level=0, stages=None, weights=None); phase: caffe.TEST")
        check_file(network_file)
        if network_file.endswith(_WEIGHTS):
            raise RuntimeError(
                f"{network_file} holds weights; the net comes first: Net(net, weights, caffe.TEST)"
            )
        if weights is not None:
            check_file(weights)
        wanted = NetState(phase=TEST if phase else TRAIN, level=level, stage=stages or ())
        alias.offer()
        with any_module() if any_python else nullcontext():
            graph = insert_splits(nets.graph_of(network_file, wanted), LAYERS)
            nets.log_unread(graph)
            net = nets.Net(graph, seed=state.next_seed()).to(state.device())
        self._set_up(net)
        if weights is not None:
            self.copy_from(weights)

    @classmethod
    def of(cls, net: nets.Net) -> Net:
        """The face of a net that a solver has built, with its splits as layers."""
        self = cls.__new__(cls)
        self._set_up(net, follows_mode=False)
        return self

    def _set_up(self, net: nets.Net, follows_mode: bool = True) -> None:
        self._lay_out(net)
        self._follows_mode = follows_mode
        if net.graph.state.phase == TRAIN:
            net.clock.rank, net.clock.ranks = state.solver_rank(), state.solver_count()

    # Running it

    def forward(
        self,
        blobs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Array]:
        """Run the layers from ``start`` to ``end``, both included.

        Args:
            blobs: names of blobs to give back beside the outputs.
            start, end: names of layers; all if not given.
            kwargs: values of the inputs; all of them or none.

        Returns:
            the outputs, or the tops of ``end``, by name: views that a later pass changes.
        """
        first = 0 if start is None else self._layer_names.index(start)
        last = len(self.layers) - 1 if end is None else self._layer_names.index(end)
        wanted = {*(self.outputs if end is None else self.top_names[end]), *(blobs or ())}
        if kwargs:
            if kwargs.keys() != set(self.inputs):
                raise Exception("Input blob arguments do not match net inputs.")
            for name, value in kwargs.items():
                if value.shape[0] != self.blobs[name].shape[0]:
                    raise Exception("Input is not batch sized")
                self.blobs[name].data[...] = value
        self._forward(first, last)
        return {name: self.blobs[name].data for name in wanted}

    def backward(
        self,
        diffs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Array]:
        """Run the backward passes from layer ``start`` down to ``end``, both included.

        Args:
            diffs: names of blobs whose gradients to give back beside those of the inputs.
            start, end: names of layers; all if not given.
            kwargs: gradients of the outputs; all of them or none.

        Returns:
            the gradients of the inputs, or of the bottoms of ``end``, by name: views.
        """
        first = len(self.layers) - 1 if start is None else self._layer_names.index(start)
        last = 0 if end is None else self._layer_names.index(end)
        wanted = {*(self.inputs if end is None else self.bottom_names[end]), *(diffs or ())}
        if kwargs:
            if kwargs.keys() != set(self.outputs):
                raise Exception("Top diff arguments do not match net outputs.")
            for name, value in kwargs.items():
                if value.shape[0] != self.blobs[name].shape[0]:
                    raise Exception("Diff is not batch sized")
                self.blobs[name].diff[...] = value
        self._backward(first, last)
        return {name: self.blobs[name].diff for name in wanted}

    def _forward(self, start: int, end: int) -> float:
        """Run the layers of these numbers; the loss."""
        self._check_range(start, end)
        self._follow_mode()
        self.runner.cursor.advance(start, end)
        return float(self.runner.forward(None, start, end))

    def _backward(self, start: int, end: int) -> None:
        self._check_range(end, start)
        self._follow_mode()
        self.runner.backward(start, end)

    def forward_all(self, blobs: Sequence[str] | None = None, **kwargs: Any) -> dict[str, Array]:
        """Run forward batch by batch over inputs of any length; all outputs by name."""
        outs: dict[str, list[Array]] = {name: [] for name in {*self.outputs, *(blobs or ())}}
        for batch in self._batch(kwargs):
            for name, value in self.forward(blobs=blobs, **batch).items():
                outs[name].extend(value.copy())
        return joined(outs, len(next(iter(kwargs.values()))))

    def forward_backward_all(
        self, blobs: Sequence[str] | None = None, diffs: Sequence[str] | None = None, **kwargs: Any
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Run forward and backward batch by batch; all outputs, and all gradients of inputs, by name."""
        outs: dict[str, list[Array]] = {name: [] for name in {*self.outputs, *(blobs or ())}}
        grads: dict[str, list[Array]] = {name: [] for name in {*self.inputs, *(diffs or ())}}
        forwards = self._batch({name: kwargs[name] for name in self.inputs if name in kwargs})
        backwards = self._batch({name: kwargs[name] for name in self.outputs if name in kwargs})
        empty: dict[str, Any] = {}
        for values, tops in zip_longest(forwards, backwards, fillvalue=empty):
            for name, value in self.forward(blobs=blobs, **values).items():
                outs[name].extend(value.copy())
            for name, value in self.backward(diffs=diffs, **tops).items():
                grads[name].extend(value.copy())
        count = len(next(iter(kwargs.values())))
        return joined(outs, count), joined(grads, count)

    def _batch(self, blobs: Mapping[str, Array]) -> Iterator[dict[str, Any]]:
        """Cut arrays into batches of the net's size; the last one is filled up with zeros."""
        return batches(blobs, next(iter(self.blobs.values())).shape[0])

    def reshape(self) -> None:
        """Give all blobs the shapes that follow from those of the inputs."""
        self.runner.reshape()

    def set_input_arrays(self, data: Array, labels: Array) -> None:
        """Let the net's MemoryData, which has to be its first layer, serve these arrays.

        Args:
            data: float32, C-contiguous, count x channels x height x width.
            labels: float32, count, or count x 1 x 1 x 1.
        """
        if labels.ndim == 1:
            labels = np.ascontiguousarray(labels[:, np.newaxis, np.newaxis, np.newaxis])
        self._set_input_arrays(data, labels)

    def _set_input_arrays(self, data: Array, labels: Array) -> None:
        layer = self._memory_data("set_input_arrays")
        check_arrays(layer.param.memory_data_param, data, labels)
        layer.set_input_arrays(data, labels)
        self.runner.cursor.restart(0)

    def add_datum_vector(self, datums: Sequence[Datum]) -> None:
        """Let the net's MemoryData, which has to be its first layer, transform these images and serve them.

        Args:
            datums: ``caffe.proto.caffe_pb2.Datum``, as many as a multiple of its batch size.
        """
        self._memory_data("add_datum_vector").add_datum_vector(datums)
        self.runner.cursor.restart(0)

    def add_mat_vector(self, mats: Sequence[Array], labels: Sequence[int]) -> None:
        """As `add_datum_vector`, of images as OpenCV reads them.

        Args:
            mats: height x width (x channels: blue, green, red), uint8 or float32.
            labels: one for each.
        """
        self._memory_data("add_mat_vector").add_mat_vector(mats, labels)
        self.runner.cursor.restart(0)

    def _memory_data(self, caller: str) -> MemoryData:
        layer = self.runner.layers[0]
        if not isinstance(layer, MemoryData):
            raise RuntimeError(f"{caller} may only be called if the first layer is a MemoryDataLayer")
        return layer

    def before_forward(self, call: Callback) -> None:
        """Call ``call(layer)`` with the layer's number before each layer's forward pass."""
        self.runner.before_forward.append(call)

    def after_forward(self, call: Callback) -> None:
        """Call ``call(layer)`` after each layer's forward pass."""
        self.runner.after_forward.append(call)

    def before_backward(self, call: Callback) -> None:
        """Call ``call(layer)`` before each layer's backward pass."""
        self.runner.before_backward.append(call)

    def after_backward(self, call: Callback | LayerCallback) -> None:
        """Call ``call(layer)`` after each layer's backward pass; an `NCCL` averages its gradients then."""
        self.runner.after_backward.append(call.run if isinstance(call, LayerCallback) else call)

    # Params

    def clear_param_diffs(self) -> None:
        """Set the gradients of all params to 0."""
        for blob in self.runner.param_blobs:
            blob.gradients.put(torch.zeros(blob.shape))

    def copy_from(self, path: str) -> None:
        """Copy weights of a file into the layers of the same names.

        Raises:
            RuntimeError: there is no such file, or a layer of the same name has other blobs.
        """
        check_file(path)
        self.runner.flush()
        report = load(self.net.params, path, lenient=True)
        if report.mismatched:
            misfits = "; ".join(map(str, report.mismatched))
            raise RuntimeError(f"{path}: cannot copy weights of another shape: {misfits}")
        halves = {name.rpartition("/")[0] for name in report.loaded}
        uneven = [name for name in (*report.skipped, *report.missing) if name.rpartition("/")[0] in halves]
        if uneven:
            raise RuntimeError(
                f"{path}: incompatible number of blobs: {', '.join(uneven)} on one side alone, net or file"
            )

    def share_with(self, other: Net) -> None:
        """Let the params lie in the memory of those of another net's layers of the same names.

        Raises:
            RuntimeError: a layer of the same name has params of other shapes.
        """
        try:
            self.net.param_places.share_memory(other.net.param_places)
        except WeightsError as error:
            raise RuntimeError(f"shape mismatch: {error}") from None

    def save(self, path: str) -> None:
        """Write net and params as a binary ``.caffemodel``, whatever the file is called."""
        self.runner.flush()
        message = NetParameter(name=self.net.name, layer=[layer.param for layer in self.net.graph.layers])
        write_caffemodel(Path(path), self.net.params, message)

    def save_hdf5(self, path: str) -> None:
        """Write the params as HDF5; a param that layers share once."""
        self.runner.flush()
        owned: dict[str, list[torch.Tensor]] = {}
        for param, tensor in zip(self.net.graph.params, self.net.learnable, strict=True):
            owned.setdefault(self._layer_names[param.users[0][0]], []).append(tensor)
        write_hdf5(Path(path), owned)

    def load_hdf5(self, path: str) -> None:
        """Copy the params of an HDF5 file into the layers of the same names."""
        self.copy_from(path)

    def trace(self) -> str:
        """A table of all blobs: shape, least, mean and greatest value, and how many are not finite."""
        return trace(self.blobs)

    def _check_range(self, low: int, high: int) -> None:
        if low < 0 or high >= len(self.layers):
            raise IndexError(f"layers {low} to {high} of {len(self.layers)}, which count from 0")

    def _follow_mode(self) -> None:
        """Move to where set_mode_cpu and set_mode_gpu say."""
        wanted = state.device()
        if self._follows_mode and wanted != self.net.device:
            self.runner.move(wanted)


def check_file(path: str) -> None:
    """Raise as Caffe's Python interface does where a file isn't there."""
    if not isinstance(path, str):
        raise TypeError(f"a file's name was expected, not {type(path).__name__}")
    if not Path(path).is_file():
        raise RuntimeError(f"Could not open file {path}")
