"""torch.export: a net as a program that torch runs without Layerzoo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from layerzoo.atomic import atomic_path
from layerzoo.errors import ExportError
from layerzoo.export.comparing import Positional, compare, samples
from layerzoo.net import Net


def export_torch(net: Net, path: Path, inputs: Mapping[str, Tensor] | None = None) -> float:
    """Write a net as a ``.pt2`` program, read it back, run it and compare.

    Args:
        net: in the TEST phase, fed from outside.
        path: the file.
        inputs: what to compare on, by blob; without it, noise.

    Returns:
        the largest deviation of an output, as a part of its largest value.

    Raises:
        ExportError: the net can't be exported, or came out as another one; nothing is written.
        OSError: the file can't be written.
    """
    wrapped, given = Positional(net), samples(net, inputs)
    program = program_of(wrapped, given)
    with atomic_path(path) as part:
        whole = part.with_name(f"{part.name}.pt2")  # the only suffix that torch takes
        torch.export.save(program, whole)
        whole.replace(part)
        with part.open("rb") as file, torch.no_grad():
            found = torch.export.load(file).module()(*given)
            return compare(wrapped(*given), found, wrapped.outputs, "program")


def program_of(wrapped: Positional, given: Sequence[Tensor]) -> torch.export.ExportedProgram:
    """The program of a net; its batch size is free where the net allows that.

    Raises:
        ExportError: torch can't trace the net.
    """
    two = [torch.cat([tensor, tensor]) if tensor.dim() else tensor for tensor in given]
    batch = torch.export.Dim("batch", min=1)
    free = {"inputs": tuple({0: batch} if tensor.dim() else None for tensor in given)}
    try:
        with torch.no_grad():
            return torch.export.export(wrapped, tuple(two), dynamic_shapes=free)
    except Exception:  # torch names many; the second try tells what is wrong
        pass
    try:
        with torch.no_grad():
            return torch.export.export(wrapped, tuple(given))
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise ExportError(
            f"torch can't trace the net: {reason[0] if reason else type(error).__name__}"
        ) from error
