"""An entry's golden pair: an input, and the outputs that its net gave for it when it was published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from layerzoo.errors import ZooError
from layerzoo.functional.recurrence import CarriedState
from layerzoo.graph import Graph
from layerzoo.net import Net
from layerzoo.seeds import stable_seed
from layerzoo.zoo.entry import GOLDEN, Entry

TOLERANCE: Final = 1e-4
"""How far an output may lie from the golden one, as a part of the largest; machines differ in rounding."""

_SAMPLES: Final = 4
_MAX_ELEMENTS: Final = 1 << 18
_IN, _OUT = "in/", "out/"


def golden_pair(net: Net, inputs: Mapping[str, Tensor] | None = None) -> bytes:
    """The pair of a net for deployment, as safetensors.

    Args:
        net: in the TEST phase, fed from outside.
        inputs: what to give it, by blob; without it, noise.
    """
    given = {name: _few(tensor) for name, tensor in (inputs or {}).items()} or noise(net.graph)
    outputs = _run(net, given)
    pair = {f"{_IN}{name}": tensor for name, tensor in given.items()}
    pair |= {f"{_OUT}{name}": tensor for name, tensor in outputs.items()}
    return save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in pair.items()})


def golden_inputs(entry: Entry) -> dict[str, Tensor] | None:
    """The golden input of an entry, by blob; None if it has none.

    Raises:
        ZooError: it is damaged.
    """
    if GOLDEN not in entry:
        return None
    tensors = _read(entry.file(GOLDEN))
    return {name.removeprefix(_IN): t for name, t in tensors.items() if name.startswith(_IN)}


def check_golden(net: Net, pair: Path) -> float:
    """Run a net on a golden input.

    Returns:
        the largest deviation of an output, as a part of the largest golden value.

    Raises:
        ZooError: the net gives something else, or the pair doesn't fit it.
    """
    tensors = _read(pair)
    given = {name.removeprefix(_IN): t.to(net.device) for name, t in tensors.items() if name.startswith(_IN)}
    wanted = {name.removeprefix(_OUT): t for name, t in tensors.items() if name.startswith(_OUT)}
    if given.keys() != {blob.name for blob in net.graph.inputs}:
        raise ZooError(f"{pair}: a golden input of {', '.join(given) or 'nothing'} doesn't fit the net")
    outputs = _run(net, given)
    worst = 0.0
    for name, golden in wanted.items():
        if name not in outputs or outputs[name].shape != golden.shape:
            raise ZooError(
                f"the net gives no output '{name}' of the golden one's shape {tuple(golden.shape)}"
            )
        worst = max(worst, deviation(outputs[name].cpu(), golden))
    if not worst <= TOLERANCE:
        raise ZooError(
            f"the net does not give what it gave when it was published: its outputs lie {worst:.2g} of the "
            f"largest away, more than {TOLERANCE:g}"
        )
    return worst


def _run(net: Net, given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """One pass from the beginning: what recurrent layers remember is forgotten before and after."""
    remembering = [module for module in net.modules() if isinstance(module, CarriedState)]
    for state in remembering:
        state.reset()
    with torch.no_grad():
        outputs: Mapping[str, Tensor] = net(**given)
    for state in remembering:
        state.reset()
    return outputs


def deviation(found: Tensor, wanted: Tensor) -> float:
    """The largest difference of two blobs, as a part of the largest value wanted; infinite for NaN."""
    if not wanted.numel():
        return 0.0
    difference = (found.double() - wanted.double()).abs().max()
    part = float(difference / wanted.double().abs().max().clamp_min(1e-12))
    return part if part == part else float("inf")  # noqa: PLR0124 (NaN)


def noise(graph: Graph) -> dict[str, Tensor]:
    """Inputs for a net, the same every time."""
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
    """The first samples of a batch: enough to tell, few enough to ship."""
    size = max(1, batch[0].numel()) if batch.dim() else 1
    return batch[: max(1, min(_SAMPLES, _MAX_ELEMENTS // size))] if batch.dim() else batch
