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
from layerzoo.blobs.named import LayerId, NamedBlobs, keyed, parse_name
from layerzoo.errors import WeightsError
from layerzoo.graph import insert_splits
from layerzoo.host import any_module
from layerzoo.layer import LAYERS
from layerzoo.layers.memory_data import MemoryData
from layerzoo.memory.needs import check_memory, run_needs
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
    """A net with Caffe's Python interface.

    ::

        net = Net("deploy.prototxt", TEST)
        net = Net("deploy.prototxt", "bvlc.caffemodel", TEST)
        net = Net("train_val.prototxt", TRAIN, weights="bvlc.caffemodel", stages=["deploy"])

    Args:
        network_file: the config.
        args: the phase, or weights and phase, as in older versions of Caffe.
        phase: TRAIN (0) or TEST (1).
        level, stages: select the net's layers, together with the phase.
        weights: a file to load weights from.
        any_python: allow Python layers from any module, as Caffe does; else only from allowed modules.

    Raises:
        RuntimeError: a file is missing.
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
        positional = list(args)
        if positional and isinstance(positional[0], str):
            weights = positional.pop(0)
        for name in ("phase", "level", "stages", "weights"):
            if positional and name == "phase":
                phase = positional.pop(0)
            elif positional and name == "level":
                level = positional.pop(0)
            elif positional and name == "stages":
                stages = positional.pop(0)
            elif positional:
                weights = positional.pop(0)
        if phase is None or positional:
            raise TypeError("Net(network_file, phase, level=0, stages=None, weights=None); phase: caffe.TEST")
        check_file(network_file)
        if network_file.endswith(_WEIGHTS):
            raise RuntimeError(
                f"{network_file} holds weights; the net comes first: Net(net, weights, caffe.TEST)"
            )
        if weights is not None:
            check_file(weights)
        net_state = NetState(phase=TEST if phase else TRAIN, level=level, stage=stages or ())
        alias.install_if_missing()
        with any_module() if any_python else nullcontext():
            graph = insert_splits(nets.graph_of(network_file, net_state), LAYERS)
            nets.log_unread(graph)
            check_memory(run_needs(graph, all_blobs=True), torch.device("cpu"))
            net = nets.Net(graph, seed=state.next_seed()).to(state.device())
        self._set_up(net)
        if weights is not None:
            self.copy_from(weights)

    @classmethod
    def of(cls, net: nets.Net) -> Net:
        """Wrap a net that a solver has built with splits as layers."""
        self = cls.__new__(cls)
        self._set_up(net, follows_mode=False)
        return self

    def _set_up(self, net: nets.Net, follows_mode: bool = True) -> None:
        self._lay_out(net)
        self._follows_mode = follows_mode
        if net.graph.state.phase == TRAIN:
            net.clock.rank, net.clock.ranks = state.solver_rank(), state.solver_count()

    # Passes

    def forward(
        self,
        blobs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Array]:
        """Run the layers from ``start`` to ``end``, both included.

        Args:
            blobs: names of blobs to return besides the outputs.
            start, end: layer names; by default the first and the last layer.
            kwargs: values of the inputs, for all of them or none.

        Returns:
            the outputs, or the tops of ``end``, by name: views that later passes change.
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
        """Run the backward pass from layer ``start`` down to ``end``, both included.

        Args:
            diffs: names of blobs whose gradients to return besides those of the inputs.
            start, end: layer names; by default the last and the first layer.
            kwargs: gradients of the outputs, for all of them or none.

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
        """Run the layers from index ``start`` to ``end``, and return their loss."""
        self._check_range(start, end)
        self._follow_mode()
        self.runner.cursor.advance(start, end)
        return float(self.runner.forward(None, start, end))

    def _backward(self, start: int, end: int) -> None:
        self._check_range(end, start)
        self._follow_mode()
        self.runner.backward(start, end)

    def forward_all(self, blobs: Sequence[str] | None = None, **kwargs: Any) -> dict[str, Array]:
        """Run forward batch by batch over inputs of any length; return all outputs by name."""
        outs: dict[str, list[Array]] = {name: [] for name in {*self.outputs, *(blobs or ())}}
        for batch in self._batch(kwargs):
            for name, value in self.forward(blobs=blobs, **batch).items():
                outs[name].extend(value.copy())
        return joined(outs, len(next(iter(kwargs.values()))))

    def forward_backward_all(
        self, blobs: Sequence[str] | None = None, diffs: Sequence[str] | None = None, **kwargs: Any
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Run forward and backward batch by batch; return outputs and gradients of inputs by name."""
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
        """Split arrays into batches of the net's size; the last one is padded with zeros."""
        return batches(blobs, next(iter(self.blobs.values())).shape[0])

    def reshape(self) -> None:
        """Reshape all blobs to fit the shapes of the inputs."""
        self.runner.reshape()

    def set_input_arrays(self, data: Array, labels: Array) -> None:
        """Set the arrays that the net's MemoryData serves; it must be the first layer.

        Args:
            data: float32, C-contiguous, count x channels x height x width.
            labels: float32, of shape (count,) or count x 1 x 1 x 1.
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
        """Set the images that the net's MemoryData transforms and serves; it must be the first layer.

        Args:
            datums: ``caffe.proto.caffe_pb2.Datum``; their number is a multiple of the batch size.
        """
        self._memory_data("add_datum_vector").add_datum_vector(datums)
        self.runner.cursor.restart(0)

    def add_mat_vector(self, mats: Sequence[Array], labels: Sequence[int]) -> None:
        """Do the same as `add_datum_vector` with images in OpenCV's layout.

        Args:
            mats: height x width (x channels: blue, green, red), uint8 or float32.
            labels: one per image.
        """
        self._memory_data("add_mat_vector").add_mat_vector(mats, labels)
        self.runner.cursor.restart(0)

    def _memory_data(self, caller: str) -> MemoryData:
        layer = self.runner.layers[0]
        if not isinstance(layer, MemoryData):
            raise RuntimeError(f"{caller} may only be called if the first layer is a MemoryDataLayer")
        return layer

    def before_forward(self, call: Callback) -> None:
        """Call ``call(layer)`` with the layer's index before each layer's forward pass."""
        self.runner.before_forward.append(call)

    def after_forward(self, call: Callback) -> None:
        """Call ``call(layer)`` after each layer's forward pass."""
        self.runner.after_forward.append(call)

    def before_backward(self, call: Callback) -> None:
        """Call ``call(layer)`` before each layer's backward pass."""
        self.runner.before_backward.append(call)

    def after_backward(self, call: Callback | LayerCallback) -> None:
        """Call ``call(layer)`` after each layer's backward pass; an `NCCL` averages its gradients there."""
        self.runner.after_backward.append(call.run if isinstance(call, LayerCallback) else call)

    # Params

    def clear_param_diffs(self) -> None:
        """Set the gradients of all params to 0."""
        for blob in self.runner.param_blobs:
            blob.gradients.put(torch.zeros(blob.shape))

    def copy_from(self, path: str) -> None:
        """Copy weights from a file into the layers of the same names.

        Layers of one name are matched in order; Caffe copies all of them into the first.

        Raises:
            RuntimeError: the file is missing, or a layer of the same name has blobs of other shapes or count.
        """
        check_file(path)
        self.runner.flush()
        report = load(self.net.params, path, lenient=True)
        if report.mismatched:
            mismatches = "; ".join(map(str, report.mismatched))
            raise RuntimeError(f"{path}: cannot copy weights of another shape: {mismatches}")
        layers = {parse_name(name)[0] for name in report.loaded}
        unpaired = [name for name in (*report.skipped, *report.missing) if parse_name(name)[0] in layers]
        if unpaired:
            raise RuntimeError(
                f"{path}: incompatible number of blobs: {', '.join(unpaired)} missing in the net or the file"
            )

    def share_with(self, other: Net) -> None:
        """Share the memory of the params of another net's layers of the same names.

        Raises:
            RuntimeError: a layer of the same name has params of other shapes.
        """
        try:
            self.net.param_places.share_memory(other.net.param_places)
        except WeightsError as error:
            raise RuntimeError(f"shape mismatch: {error}") from None

    def save(self, path: str) -> None:
        """Write net and params in the binary format ``.caffemodel``, whatever the file's suffix."""
        self.runner.flush()
        message = NetParameter(name=self.net.name, layer=[layer.param for layer in self.net.graph.layers])
        write_caffemodel(Path(path), self.net.params, message)

    def save_hdf5(self, path: str) -> None:
        """Write the params as HDF5; a shared param is written once."""
        self.runner.flush()
        owned: dict[LayerId, NamedBlobs[torch.Tensor]] = {}
        for param, tensor in zip(self.net.graph.params, self.net.learnable, strict=True):
            layer, _ = self.net.param_places.stored_place(param.users[0])
            owned.setdefault(layer, NamedBlobs(layer=layer)).append(tensor)
        write_hdf5(Path(path), keyed(owned))

    def load_hdf5(self, path: str) -> None:
        """Copy params from an HDF5 file into the layers of the same names."""
        self.copy_from(path)

    def trace(self) -> str:
        """Return a table of all blobs: shape, min, mean, max and number of non-finite values."""
        return trace(self.blobs)

    def _check_range(self, low: int, high: int) -> None:
        if low < 0 or high >= len(self.layers):
            raise IndexError(
                f"layers {low} to {high} are out of range; expected indices from 0 to {len(self.layers) - 1}"
            )

    def _follow_mode(self) -> None:
        """Move to the device that set_mode_cpu, set_mode_gpu and set_device select."""
        device = state.device()
        if self._follows_mode and device != self.net.device:
            self.runner.move(device)


def check_file(path: str) -> None:
    """Check that a file exists; raise the same errors as Caffe's Python interface.

    Raises:
        TypeError: the path is not a string.
        RuntimeError: the file is missing.
    """
    if not isinstance(path, str):
        raise TypeError(f"expected a file name, received {type(path).__name__}")
    if not Path(path).is_file():
        raise RuntimeError(f"Could not open file {path}")
