"""Export nets to torch.export programs, which run without Layerzoo."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from layerzoo.atomic import atomic_path
from layerzoo.errors import ExportError
from layerzoo.export.comparing import Positional, samples
from layerzoo.net import Net


def export_torch(net: Net, path: Path, inputs: Mapping[str, Tensor] | None = None) -> float:
    """Write a net as a ``.pt2`` program, load and run it, and compare the outputs.

    Args:
        net: a TEST net with inputs in place of data layers.
        path: path of the file.
        inputs: inputs for the comparison, by blob; noise by default.

    Returns:
        the largest deviation of an output, relative to its largest value.

    Raises:
        ExportError: the net can't be exported, or the outputs differ; nothing is written.
        OSError: the file can't be written.
    """
    wrapped, given = Positional(net), samples(net, inputs)
    program = program_of(wrapped, given)
    written = io.BytesIO()  # on a full disk, torch's own writer ends the process
    torch.export.save(program, written)
    with atomic_path(path) as part:
        part.write_bytes(written.getbuffer())
        with part.open("rb") as file, torch.no_grad():
            outputs = torch.export.load(file).module()(*given)
            return wrapped.compare(given, outputs, "program")


def program_of(wrapped: Positional, given: Sequence[Tensor]) -> torch.export.ExportedProgram:
    """Trace a net, with a dynamic batch size, and other axes of any size, if the net allows them.

    Raises:
        ExportError: torch can't trace the net.
    """
    axes = wrapped.axes(given)
    two = [_twice(tensor, axes) for tensor, axes in zip(given, axes, strict=True)]
    dims = {name: torch.export.Dim(name, min=1) for names in axes for name in names.values()}
    dynamic = {"inputs": tuple({at: dims[name] for at, name in names.items()} or None for names in axes)}
    try:
        with torch.no_grad(), quietly():
            return torch.export.export(wrapped, tuple(two), dynamic_shapes=dynamic)
    except Exception:  # torch raises many types; the second attempt reports the reason
        pass
    try:
        with torch.no_grad(), quietly():
            return torch.export.export(wrapped, tuple(given))
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise ExportError(
            f"torch can't trace the net: {reason[0] if reason else type(error).__name__}"
        ) from error


def _twice(tensor: Tensor, axes: Mapping[int, str]) -> Tensor:
    """A tensor with axes that vary; a size of 1 would be taken for one that doesn't."""
    for axis in axes:
        if axis == 0 or tensor.shape[axis] == 1:
            tensor = torch.cat([tensor, tensor], axis)
    return tensor


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Silence torch's exporters, which print graphs and warn of what the caller raises or can't change."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
