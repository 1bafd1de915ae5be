"""What every layer promises, each promise as a function of an example that raises `ContractError`."""

from __future__ import annotations

import copy
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.autograd.gradcheck import GradcheckError

from layerzoo.contract.example import SEED, Example, nudged, run
from layerzoo.errors import ContractError, DataError, LayerFault
from layerzoo.layer import Layer, Shape
from layerzoo.loader import emit, parse_net
from layerzoo.schema import TEST, TRAIN, NetParameter
from layerzoo.weights import load, save

Check = Callable[[Example], None]
_MISMATCH = re.compile(r"Jacobian mismatch .*?with respect to input (\d+)", re.DOTALL)
_MAX_SLOW = 150
"""The most values that gradients are compared for one by one."""
_MAX_SLOW_TWICE = 40
"""The same for second derivatives."""


def shapes(example: Example) -> None:
    """Tops and params have the shapes that arithmetic gives, in TRAIN and in TEST."""
    for phase in (TRAIN, TEST):
        one = _in_phase(example, phase)
        said = [tuple(shape) for shape in one.kind.top_shapes(one.param, one.shapes)]
        layer = one.layer()
        tops = run(layer, one.bottoms)
        made = [tuple(top.shape) for top in tops]
        if not one.kind.shapes_by_value and made != said[: max(1, len(one.param.top))]:
            raise ContractError(f"bottoms {one.shapes} give tops {made}; top_shapes says {said}")
        own = [tuple(param.shape) for param in one.kind.all_params(one.param, one.shapes)]
        blobs = [tuple(blob.shape) for blob in layer.blobs]
        if own != blobs:
            raise ContractError(f"params are {blobs}; by arithmetic {own}")
        macs = one.kind.macs(one.param, one.shapes, said)
        if not isinstance(macs, int) or macs < 0:
            raise ContractError(f"macs gives {macs!r}; expected a whole number, 0 or more")


def dtypes(example: Example) -> None:
    """Tops are of the bottoms' type: float32 or float64."""
    for dtype in (torch.float32, torch.float64):
        tops = run(example.layer(dtype), [_typed(bottom, dtype) for bottom in example.bottoms])
        found = {str(top.dtype).removeprefix("torch.") for top in tops}
        wanted = str(dtype).removeprefix("torch.")
        if found - {wanted}:
            raise ContractError(f"bottoms of {wanted} give tops of {', '.join(sorted(found))}")


def batches(example: Example) -> None:
    """A layer built for one batch size runs any other that its config allows, a batch of 1 among them."""
    if not example.bottoms or not all(example.shapes):
        return
    for times in (1, 2):
        layer = example.layer()
        bottoms = [bottom[:1] if times == 1 else torch.cat([bottom, bottom]) for bottom in example.bottoms]
        sizes: list[Shape] = [tuple(bottom.shape) for bottom in bottoms]
        try:
            said = [tuple(shape) for shape in example.kind.top_shapes(example.param, sizes)]
            own = example.kind.all_params(example.param, sizes)
        except LayerFault:
            continue
        if [tuple(p.shape) for p in own] != [tuple(blob.shape) for blob in layer.blobs]:
            continue
        try:
            made = _values(layer, bottoms)
        except DataError:  # a bottom holds indices into another, say
            continue
        found = [tuple(top.shape) for top in made]
        if not example.kind.shapes_by_value and found != said[: len(found)]:
            raise ContractError(f"built for {example.shapes}, bottoms {sizes} give {found}; expected {said}")
        for one, other in zip(made, _values(example.layer(shapes=sizes), bottoms), strict=True):
            if not torch.equal(one, other):
                raise ContractError(f"built for {example.shapes}, it gives other values for {sizes}")


def gradients(example: Example) -> None:
    """The gradient is that of differences, by ``torch.autograd.gradcheck``."""
    tops, reached = _differentiable(example)
    if reached:
        fast = sum(leaf.numel() for leaf in reached) > _MAX_SLOW
        _compared(torch.autograd.gradcheck, tops, reached, fast)


def second_gradients(example: Example) -> None:
    """The gradient of the gradient is that of differences, by ``torch.autograd.gradgradcheck``."""
    tops, reached = _differentiable(example)
    if reached:
        fast = sum(leaf.numel() for leaf in reached) > _MAX_SLOW_TWICE
        _compared(torch.autograd.gradgradcheck, tops, reached, fast)


def determinism(example: Example) -> None:
    """Values are a function of seed, batch and layer, whatever else draws random numbers."""
    seen: list[list[Tensor]] = []
    for _ in range(2):
        torch.rand(3)  # numbers drawn elsewhere change nothing
        layer = example.layer()
        layer.clock.seed, layer.clock.batch = 3, 5
        seen.append([*run(layer, example.bottoms), *layer.blobs])
    if not all(map(torch.equal, *seen)):
        raise ContractError(
            "two passes over the same bottoms differ; draw by self.generator(device), not by torch's own"
        )


def in_place(example: Example) -> None:
    """Bottoms are left as they are."""
    before = [bottom.clone() for bottom in example.bottoms]
    run(example.layer(), example.bottoms)
    for index, (bottom, old) in enumerate(zip(example.bottoms, before, strict=True)):
        if not torch.equal(bottom, old):
            bottom.copy_(old)
            raise ContractError(f"forward writes over bottom {index}; compute a new tensor")


def seeds(example: Example) -> None:
    """The first values of params follow the seed and the layer's name alone."""
    torch.rand(3)
    first = [blob.detach() for blob in example.layer(seed=SEED).blobs]
    torch.rand(5)
    again = [blob.detach() for blob in example.layer(seed=SEED).blobs]
    if not all(map(torch.equal, first, again)):
        raise ContractError("two layers of one seed begin with other params; draw them by torch in __init__")


def serialisation(example: Example) -> None:
    """Config text and weights files give the layer back."""
    net = NetParameter(layer=[example.param])
    for form in ("prototxt", "yaml"):
        if parse_net(emit(net, form), format=form).message != net:
            raise ContractError(f"its message, written as {form}, reads as another")
    layer = example.layer()
    if not layer.weights:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        save({"example": layer.weights}, path)
        other = example.layer(seed=SEED + 1)
        load({"example": other.weights}, path, strict=True)
    layer.eval(), other.eval()
    for one, two in zip(_values(layer, example.bottoms), _values(other, example.bottoms), strict=True):
        if not torch.equal(one, two):
            raise ContractError("its weights, saved and loaded, give other values: it has state besides them")


def copies(example: Example) -> None:
    """A deep copy computes the same."""
    layer = example.layer()
    twin = copy.deepcopy(layer)
    if not all(map(torch.equal, _values(layer, example.bottoms), _values(twin, example.bottoms))):
        raise ContractError("a deep copy gives other values")


CHECKS: Final[Mapping[str, Check]] = {
    "shapes": shapes,
    "dtypes": dtypes,
    "batch sizes": batches,
    "in place": in_place,
    "gradients": gradients,
    "second gradients": second_gradients,
    "determinism": determinism,
    "seed": seeds,
    "files": serialisation,
    "copies": copies,
}
"""All promises, by what ``layerzoo check -layer`` calls them."""


def _values(layer: Layer, bottoms: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """A pass in which torch's own random numbers are the same each time; `determinism` looks at those."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(SEED)
        return run(layer, bottoms)


def _differentiable(example: Example) -> tuple[Callable[..., tuple[Tensor, ...]], list[Tensor]]:
    """The tops that have a gradient as a function, and the bottoms and params that it reaches."""
    layer = example.layer(torch.float64)
    bottoms = [nudged(bottom).double().requires_grad_() for bottom in example.bottoms]

    def tops(*_: Tensor) -> tuple[Tensor, ...]:
        return tuple(top for top in _values(layer, bottoms) if top.requires_grad)

    made = tops()
    if not made and not layer.no_gradient:
        raise ContractError("no top has a gradient; if that is meant, say why in the class's no_gradient")
    if made and layer.no_gradient:
        raise ContractError(f"tops have a gradient, and no_gradient says: {layer.no_gradient}")
    if not made:
        return tops, []
    leaves = [*bottoms, *(blob for blob in layer.blobs if blob.requires_grad)]
    grads = torch.autograd.grad(made, leaves, [torch.ones_like(top) for top in made], allow_unused=True)
    return tops, [leaf for leaf, grad in zip(leaves, grads, strict=True) if grad is not None]


def _compared(
    check: Callable[..., bool], tops: Callable[..., tuple[Tensor, ...]], leaves: Sequence[Tensor], fast: bool
) -> None:
    try:
        check(tops, leaves, fast_mode=fast)
    except GradcheckError as error:
        which = _MISMATCH.search(str(error))
        if which is None:
            raise ContractError(str(error).strip().partition("\n")[0]) from None
        index = int(which[1])
        leaf = (
            f"the input of shape {tuple(leaves[index].shape)}" if index < len(leaves) else "a top's gradient"
        )
        what = "gradient" if check is torch.autograd.gradcheck else "second derivative"
        raise ContractError(f"the {what} for {leaf} is not that of differences") from None


def _in_phase(example: Example, phase: int) -> Example:
    if example.param.phase == phase:
        return example
    one = copy.copy(example)
    one.param = type(example.param)()
    one.param.CopyFrom(example.param)
    one.param.phase = phase  # type: ignore[assignment]  # one of the two
    return one


def _typed(bottom: Tensor, dtype: torch.dtype) -> Tensor:
    return bottom.to(dtype) if bottom.is_floating_point() else bottom
