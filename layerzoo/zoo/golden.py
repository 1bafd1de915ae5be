"""Golden pairs: an input, and the outputs of the net for it at the time of publishing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from layerzoo.errors import ZooError
from layerzoo.functional.recurrent_extent import CarriedState
from layerzoo.graph import Graph
from layerzoo.net import Net
from layerzoo.seeds import stable_seed
from layerzoo.zoo.entry import GOLDEN, Entry

TOLERANCE: Final = 1e-4
"""Tolerance of outputs relative to the largest golden value; rounding differs between machines."""

_SAMPLES: Final = 4
_MAX_ELEMENTS: Final = 1 << 18
_IN, _OUT = "in/", "out/"


def golden_pair(net: Net, inputs: Mapping[str, Tensor] | None = None) -> bytes:
    """Compute the pair of a net for deployment, as safetensors.

    Args:
        net: net in the TEST phase with inputs.
        inputs: inputs by blob name; None for noise.
    """
    given = {name: _few(tensor) for name, tensor in (inputs or {}).items()} or noise(net.graph)
    outputs = _run(net, given)
    pair = {f"{_IN}{name}": tensor for name, tensor in given.items()}
    pair |= {f"{_OUT}{name}": tensor for name, tensor in outputs.items()}
    return save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in pair.items()})


def golden_inputs(entry: Entry) -> dict[str, Tensor] | None:
    """The golden inputs of an entry by blob name; None without a pair.

    Raises:
        ZooError: the pair is damaged.
    """
    if GOLDEN not in entry:
        return None
    tensors = _read(entry.file(GOLDEN))
    return {name.removeprefix(_IN): t for name, t in tensors.items() if name.startswith(_IN)}


def check_golden(net: Net, pair: Path) -> float:
    """Run a net on its golden input and compare the outputs.

    Returns:
        the largest deviation of an output, relative to the largest golden value.

    Raises:
        ZooError: the outputs differ, or the pair doesn't fit the net.
    """
    tensors = _read(pair)
    given = {name.removeprefix(_IN): t.to(net.device) for name, t in tensors.items() if name.startswith(_IN)}
    if given.keys() != {blob.name for blob in net.graph.inputs}:
        raise ZooError(
            f"{pair}: golden inputs {', '.join(given) or 'none'} don't match the inputs of the net"
        )
    return check_outputs(_run(net, given), pair)


def check_outputs(outputs: Mapping[str, Tensor], pair: Path) -> float:
    """Compare outputs for the golden input with the golden outputs.

    Returns:
        the largest deviation of an output, relative to the largest golden value.

    Raises:
        ZooError: they differ.
    """
    tensors = _read(pair)
    wanted = {name.removeprefix(_OUT): t for name, t in tensors.items() if name.startswith(_OUT)}
    worst = 0.0
    for name, golden in wanted.items():
        if name not in outputs or outputs[name].shape != golden.shape:
            raise ZooError(
                f"{pair}: the net has no output '{name}' of the golden shape {tuple(golden.shape)}"
            )
        worst = max(worst, deviation(outputs[name].cpu(), golden))
    if not worst <= TOLERANCE:
        raise ZooError(
            f"the outputs differ from those at publication: relative difference {worst:.2g}, "
            f"more than {TOLERANCE:g}"
        )
    return worst


def _run(net: Net, given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Run one forward pass; the state of recurrent layers is reset before and after."""
    remembering = [module for module in net.modules() if isinstance(module, CarriedState)]
    for state in remembering:
        state.reset()
    with torch.no_grad():
        outputs: Mapping[str, Tensor] = net(**given)
    for state in remembering:
        state.reset()
    return outputs


def deviation(found: Tensor, wanted: Tensor) -> float:
    """The largest difference of two blobs relative to the largest expected value; infinite for NaN."""
    if not wanted.numel():
        return 0.0
    difference = (found.double() - wanted.double()).abs().max()
    part = float(difference / wanted.double().abs().max().clamp_min(1e-12))
    return part if part == part else float("inf")  # noqa: PLR0124 (NaN)


def noise(graph: Graph) -> dict[str, Tensor]:
    """Reproducible random inputs of a net."""
    made = {}
    for name, shape in graph.input_shapes().items():
        generator = torch.Generator().manual_seed(stable_seed(0, "golden", name))
        made[name] = torch.rand(shape, generator=generator)
    return made


def _read(pair: Path) -> dict[str, Tensor]:
    try:
        return load(pair.read_bytes())
    except (SafetensorError, OSError) as error:
        raise ZooError(f"{pair}: the golden pair can't be read: {error}") from None


def _few(batch: Tensor) -> Tensor:
    """The first samples of a batch, to keep the pair small."""
    size = max(1, batch.numel() // max(1, len(batch))) if batch.dim() else 1
    return batch[: max(1, min(_SAMPLES, _MAX_ELEMENTS // size))] if batch.dim() else batch
