"""Write TensorBoard's event files into the run's folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from math import ceil, isqrt
from pathlib import Path
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor

from layerzoo.errors import MissingExtraError
from layerzoo.graph.facts import param_label
from layerzoo.layer import LAYERS
from layerzoo.net import Net
from layerzoo.schema import TensorBoardParameter
from layerzoo.solver.callbacks.callback import Displayed, Output
from layerzoo.solver.testing.pooled import Scores

_FILTER_PIXELS = 32
_COLOUR = 3
_FLUSH_SECONDS = 10


def check_installed() -> None:
    """Check that the package that writes event files is installed.

    Raises:
        MissingExtraError: it is not installed.
    """
    if find_spec("tensorboard") is None:
        raise MissingExtraError("-tensorboard", "tensorboard")


class TensorBoard(Output):
    """Writes the values of displays and tests, and optionally histograms of params and images of filters.

    A resumed run lets TensorBoard discard everything from its iteration on (``purge_step``).

    Args:
        param: what to write in addition to scalars.
        net: the training net.
        folder: the run's folder.
        config: the solver's resolved config.

    Raises:
        MissingExtraError: the package is not installed.
    """

    title = "TensorBoard's file"

    def __init__(self, param: TensorBoardParameter, net: Net, folder: Path, config: str) -> None:
        super().__init__()
        check_installed()
        self.param = param
        self.net = net
        self.folder = folder
        self.config = config
        self._writer: Any = None
        self._last: dict[str, int] = {}

    def started(self, iteration: int, tested: bool) -> None:
        """Open a file in the run's folder."""
        from torch.utils.tensorboard import SummaryWriter

        resumed = iteration + tested if iteration else None
        with _without_tracebacks():
            self._writer = SummaryWriter(str(self.folder), purge_step=resumed, flush_secs=_FLUSH_SECONDS)
        self._writer.add_text("solver", f"```\n{self.config}```", iteration)

    def displayed(self, shown: Displayed) -> None:
        """Write loss, learning rate and outputs of the training net; histograms and filters if due."""
        if (writer := self._writer) is None:
            return
        writer.add_scalar("train/total_loss", shown.loss, shown.iteration)
        writer.add_scalar("train/lr", shown.lr, shown.iteration)
        for name, values in shown.updates.items():
            for what, value in values.items():
                writer.add_scalar(f"train/{name}_{what}", value, shown.iteration)
        self._outputs(writer, "train", shown.outputs, shown.iteration)
        if self._is_due("histogram", self.param.histogram_interval, shown.iteration):
            _add_histograms(writer, self.net, shown.iteration)
        if self._is_due("filter", self.param.filter_interval, shown.iteration):
            _add_filters(writer, self.net, shown.iteration)

    def tested(self, iteration: int, index: int, scores: Scores) -> None:
        """Write the scores of a test net."""
        if self._writer is not None:
            self._outputs(self._writer, f"test{index or ''}", scores.values, iteration)
            self._writer.flush()

    def saved(self, iteration: int, path: Path) -> None:
        """Flush, so that the file reaches as far as the snapshot."""
        if self._writer is not None:
            self._writer.flush()

    def ended(self, iteration: int) -> None:
        """Close the file."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _outputs(self, writer: Any, net: str, outputs: dict[str, list[float]], iteration: int) -> None:
        for name, values in outputs.items():
            for index, value in enumerate(values):
                tag = name if len(values) == 1 else f"{name}[{index}]"
                writer.add_scalar(f"{net}/{tag}", value, iteration)

    def _is_due(self, what: str, interval: int, iteration: int) -> bool:
        if interval <= 0 or iteration < self._last.get(what, -interval) + interval:
            return False
        self._last[what] = iteration
        return True


_quiet: WeakSet[threading.Thread] = WeakSet()


@contextmanager
def _without_tracebacks() -> Iterator[None]:
    """Let threads that are started in a block end without a traceback on stderr.

    TensorBoard's thread ends by an exception if it can't write; the next call raises the same exception.
    """
    known, others = set(threading.enumerate()), threading.excepthook

    def hook(raised: threading.ExceptHookArgs) -> None:
        if raised.thread not in _quiet:
            others(raised)

    if not _quiet:
        threading.excepthook = hook
    try:
        yield
    finally:
        _quiet.update(set(threading.enumerate()) - known)


def _add_histograms(writer: Any, net: Net, iteration: int) -> None:
    for spec, layer in zip(net.graph.layers, net.ordered_layers(), strict=True):
        for own, blob in zip(layer.own_params, layer.blobs, strict=True):
            values = blob.detach().flatten()
            values = values[values.isfinite()]
            if values.numel():
                label = param_label(spec.name, own)[len(spec.name) + 1 :]
                name = "/".join(label.rsplit(".", 1)) if own.path else label
                writer.add_histogram(f"params/{spec.name}/{name}", values.cpu(), iteration)


def _add_filters(writer: Any, net: Net, iteration: int) -> None:
    for layer in net.graph.layers:
        if LAYERS[layer.kind.type_name].has_filters:
            weight = net.params[layer.name][0].detach().float().cpu()
            if weight.dim() == 4:
                writer.add_image(f"filters/{layer.name}", filter_picture(weight), iteration)
            return


def filter_picture(weight: Tensor) -> Tensor:
    """An image of filters side by side: in colour for three channels (BGR, as in Caffe), else grey.

    Args:
        weight: of a convolution, shape (num_output, channels, height, width).

    Returns:
        an image of shape (1 or 3, height, width) from 0 to 1; each filter is scaled to that range.
    """
    count, channels, height, width = weight.shape
    tiles = weight.flip(1) if channels == _COLOUR else weight.mean(1, keepdim=True)
    low, high = (tiles.flatten(1).amin(1), tiles.flatten(1).amax(1))
    span = torch.where(high > low, high - low, torch.ones_like(high))
    tiles = ((tiles - low[:, None, None, None]) / span[:, None, None, None]).nan_to_num(0.0)
    times = max(1, _FILTER_PIXELS // max(height, width))
    tiles = tiles.repeat_interleave(times, 2).repeat_interleave(times, 3)
    across = isqrt(count - 1) + 1
    down = ceil(count / across)
    tall, wide = height * times + 1, width * times + 1
    picture = torch.ones(tiles.shape[1], down * tall + 1, across * wide + 1)
    for index, tile in enumerate(tiles):
        y, x = index // across * tall + 1, index % across * wide + 1
        picture[:, y : y + tall - 1, x : x + wide - 1] = tile
    return picture
