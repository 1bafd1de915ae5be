"""The promises of the contract: each is a function of an example that raises `ContractError` if broken."""

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
"""The most values whose gradients are compared one by one instead of by random projections."""
_MAX_SLOW_TWICE = 40
"""The same for second derivatives."""


def shapes(example: Example) -> None:
    """Tops and params have the shapes that the class declares, in TRAIN and in TEST."""
    for phase in (TRAIN, TEST):
        one = _in_phase(example, phase)
        declared = [tuple(shape) for shape in one.kind.top_shapes(one.param, one.shapes)]
        layer = one.layer()
        tops = [tuple(top.shape) for top in run(layer, one.bottoms)]
        if not one.kind.shapes_by_value and tops != declared[: max(1, len(one.param.top))]:
            raise ContractError(f"bottoms {one.shapes} give tops {tops}; top_shapes says {declared}")
        own = [tuple(param.shape) for param in one.kind.all_params(one.param, one.shapes)]
        blobs = [tuple(blob.shape) for blob in layer.blobs]
        if own != blobs:
            raise ContractError(f"params have shapes {blobs}; the class declares {own}")
        macs = one.kind.macs(one.param, one.shapes, declared)
        if not isinstance(macs, int) or macs < 0:
            raise ContractError(f"macs returns {macs!r}; expected an int, 0 or more")


def dtypes(example: Example) -> None:
    """Tops have the dtype of the bottoms: float32 or float64."""
    for dtype in (torch.float32, torch.float64):
        tops = run(example.layer(dtype), [_typed(bottom, dtype) for bottom in example.bottoms])
        dtypes = {str(top.dtype).removeprefix("torch.") for top in tops}
        expected = str(dtype).removeprefix("torch.")
        if dtypes - {expected}:
            raise ContractError(f"bottoms of {expected} give tops of {', '.join(sorted(dtypes))}")


def batches(example: Example) -> None:
    """A layer built for one batch size runs any other that its config allows, including a batch of 1."""
    if not example.bottoms or not all(example.shapes):
        return
    for times in (1, 2):
        _runs_as_if_built_for(
            example,
            [bottom[:1] if times == 1 else torch.cat([bottom, bottom]) for bottom in example.bottoms],
        )


def sizes(example: Example) -> None:
    """A layer built for some sizes of the other axes runs any that its config and params allow, too."""
    axes = max((bottom.dim() for bottom in example.bottoms), default=0)
    for axis in range(1, axes):
        for only in (None, *range(len(example.bottoms))) if len(example.bottoms) > 1 else (None,):
            _runs_as_if_built_for(
                example,
                [
                    torch.cat([bottom, bottom], axis)
                    if axis < bottom.dim() and only in (None, index)
                    else bottom
                    for index, bottom in enumerate(example.bottoms)
                ],
            )


def _runs_as_if_built_for(example: Example, bottoms: Sequence[Tensor]) -> None:
    """Check that a layer gives for other bottoms what one gives that is built for their shapes.

    Nothing is checked where the config doesn't allow them, or the params would have other shapes.
    """
    layer = example.layer()
    shapes: list[Shape] = [tuple(bottom.shape) for bottom in bottoms]
    if shapes == example.shapes:
        return
    try:
        declared = [tuple(shape) for shape in example.kind.top_shapes(example.param, shapes)]
        own = example.kind.all_params(example.param, shapes)
    except LayerFault:
        return
    if [tuple(p.shape) for p in own] != [tuple(blob.shape) for blob in layer.blobs]:
        return
    try:
        expected = _values(example.layer(shapes=shapes), bottoms)
    except DataError:  # e.g. a bottom holds indices into another
        return
    tops = _values(layer, bottoms)
    found = [tuple(top.shape) for top in tops]
    if not example.kind.shapes_by_value and found != declared[: len(found)]:
        raise ContractError(
            f"built for {example.shapes}, bottoms {shapes} give tops {found}; expected {declared}"
        )
    for one, other in zip(tops, expected, strict=True):
        if not torch.equal(one, other):
            raise ContractError(
                f"bottoms {shapes} give other values in a layer built for {example.shapes} "
                "than in one built for them"
            )


def gradients(example: Example) -> None:
    """The gradient agrees with finite differences (``torch.autograd.gradcheck``) if it isn't a surrogate."""
    tops, reached = _differentiable(example)
    if reached and example.kind.surrogate_gradient(example.param) is None:
        fast = sum(leaf.numel() for leaf in reached) > _MAX_SLOW
        _compared(torch.autograd.gradcheck, tops, reached, fast)


def second_gradients(example: Example) -> None:
    """The second derivatives agree with finite differences (``torch.autograd.gradgradcheck``), likewise."""
    tops, reached = _differentiable(example)
    if reached and example.kind.surrogate_gradient(example.param) is None:
        fast = sum(leaf.numel() for leaf in reached) > _MAX_SLOW_TWICE
        _compared(torch.autograd.gradgradcheck, tops, reached, fast)


def determinism(example: Example) -> None:
    """Values depend only on seed, batch and layer, not on random numbers drawn elsewhere."""
    passes: list[list[Tensor]] = []
    for _ in range(2):
        torch.rand(3)  # random numbers drawn elsewhere
        layer = example.layer()
        layer.clock.seed, layer.clock.batch = 3, 5
        passes.append([*run(layer, example.bottoms), *layer.blobs])
    if not all(map(torch.equal, *passes)):
        raise ContractError(
            "two passes over the same bottoms differ; draw by self.generator(device), not by torch's own"
        )


def in_place(example: Example) -> None:
    """The forward pass doesn't change its bottoms."""
    before = [bottom.clone() for bottom in example.bottoms]
    run(example.layer(), example.bottoms)
    for index, (bottom, old) in enumerate(zip(example.bottoms, before, strict=True)):
        if not torch.equal(bottom, old):
            bottom.copy_(old)
            raise ContractError(f"forward overwrites bottom {index}; compute a new tensor")


def seeds(example: Example) -> None:
    """Initial values of params depend only on the seed and the layer's name."""
    torch.rand(3)
    first = [blob.detach() for blob in example.layer(seed=SEED).blobs]
    torch.rand(5)
    again = [blob.detach() for blob in example.layer(seed=SEED).blobs]
    if not all(map(torch.equal, first, again)):
        raise ContractError(
            "two layers with the same seed start with different params; draw them with torch in __init__"
        )


def serialisation(example: Example) -> None:
    """A layer survives a round trip through config text and weights files."""
    net = NetParameter(layer=[example.param])
    for form in ("prototxt", "yaml"):
        if parse_net(emit(net, form), format=form).message != net:
            raise ContractError(f"its message changes when written as {form} and read back")
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
            raise ContractError(
                "a layer with the saved weights gives other values: it has state that is neither a param "
                "nor a buffer"
            )


def copies(example: Example) -> None:
    """A deep copy computes the same values."""
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
"""All promises, by their names in ``layerzoo check -layer``."""


def _values(layer: Layer, bottoms: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """A pass with torch's own random numbers fixed; `determinism` checks that they are not used."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(SEED)
        return run(layer, bottoms)


def _differentiable(example: Example) -> tuple[Callable[..., tuple[Tensor, ...]], list[Tensor]]:
    """A function that computes the tops with a gradient, and the bottoms and params that it reaches."""
    layer = example.layer(torch.float64)
    bottoms = [nudged(bottom).double().requires_grad_() for bottom in example.bottoms]

    state = {name: buffer.clone() for name, buffer in layer.named_buffers()}

    def tops(*_: Tensor) -> tuple[Tensor, ...]:
        for name, buffer in layer.named_buffers():  # what a layer carries from pass to pass
            buffer.data.copy_(state[name])
        return tuple(top for top in _values(layer, bottoms) if top.requires_grad)

    outputs = tops()
    if not outputs and not layer.no_gradient:
        raise ContractError("no top has a gradient; if that is intended, give the reason in no_gradient")
    if outputs and layer.no_gradient:
        raise ContractError(f"tops have a gradient, but no_gradient says: {layer.no_gradient}")
    if not outputs:
        return tops, []
    leaves = [*bottoms, *(blob for blob in layer.blobs if blob.requires_grad)]
    seeds = [torch.ones_like(top) for top in outputs]
    grads = torch.autograd.grad(outputs, leaves, seeds, allow_unused=True)
    return tops, [leaf for leaf, grad in zip(leaves, grads, strict=True) if grad is not None]


def _compared(
    check: Callable[..., bool], tops: Callable[..., tuple[Tensor, ...]], leaves: Sequence[Tensor], fast: bool
) -> None:
    try:
        check(tops, leaves, fast_mode=fast)
    except GradcheckError as error:
        mismatch = _MISMATCH.search(str(error))
        if mismatch is None:
            raise ContractError(str(error).strip().partition("\n")[0]) from None
        index = int(mismatch[1])
        leaf = (
            f"the input of shape {tuple(leaves[index].shape)}" if index < len(leaves) else "a top's gradient"
        )
        what = "gradient" if check is torch.autograd.gradcheck else "second derivative"
        raise ContractError(f"the {what} for {leaf} doesn't agree with finite differences") from None


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
