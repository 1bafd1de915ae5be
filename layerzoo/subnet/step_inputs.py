"""How the inputs of a subnet that runs along an axis get their values from the layer's bottoms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from layerzoo.errors import LayerFault
from layerzoo.layer import Shape, canonical_axis
from layerzoo.schema import LayerParameter
from layerzoo.subnet.body_graph import body_of
from layerzoo.subnet.inputs import BodyInput, body_inputs, place_of, start_shape


class StepInput(NamedTuple):
    """How an input of the subnet gets its values.

    Attributes:
        input: the input.
        bottom: index of the bottom; -1 for zeros.
        along: it takes a slice for each step.
        shape: its shape at a step.
    """

    input: BodyInput
    bottom: int
    along: bool
    shape: Shape


def step_inputs(param: LayerParameter, bottoms: Sequence[Shape]) -> list[StepInput]:
    """How each input gets its values.

    Raises:
        LayerFault: bottoms and inputs don't belong together.
    """
    p = param.subnet_param
    inputs = body_inputs(body_of(param), param.phase)
    names = [one.name for one in inputs]
    carried = sorted({place_of(names, pair.input, "subnet_param.carry.input") for pair in p.carry})
    fed = {place_of(names, pair.input, "subnet_param.feed_back.input") for pair in p.feed_back}
    missing = len(inputs) - len(bottoms)
    if not 0 <= missing <= len(carried):
        raise LayerFault(
            f"{len(bottoms)} bottoms for {len(inputs)} inputs of the subnet: {', '.join(names) or 'none'}",
            field="bottom",
            hint="list one for each input, in order; an input in carry may have none, and then begins with 0",
        )
    without = set(carried[len(carried) - missing :])
    found: list[StepInput] = []
    bottom = 0
    for index, one in enumerate(inputs):
        if index in without:
            found.append(StepInput(one, -1, False, ()))
            continue
        found.append(_use(param, one, bottom, bottoms[bottom], index in carried, index in fed))
        bottom += 1
    leading = next((use for use in found if use.along), None)
    if leading is None:
        raise LayerFault(
            "no bottom goes along the axis",
            field="subnet_param.axis",
            hint="an input that takes slices declares one axis less than its bottom, or no shape",
        )
    return [
        use if use.bottom >= 0 else use._replace(shape=start_shape(use.input, leading.input, leading.shape))
        for use in found
    ]


def _use(
    param: LayerParameter, one: BodyInput, bottom: int, shape: Shape, carried: bool, fed: bool
) -> StepInput:
    axes = len(shape)
    if carried:
        one.check(shape, bottom)
        return StepInput(one, bottom, False, shape)
    along = one.shape is None or len(one.shape) == axes - 1
    if along:
        axis = canonical_axis(param.subnet_param.axis, axes, "subnet_param.axis")
        step = (*shape[:axis], *shape[axis + 1 :])
        one.check(step, bottom, f" at a step, from {shape} along axis {axis}")
        return StepInput(one, bottom, True, step)
    if fed:
        raise LayerFault(
            f"feed_back: input '{one.name}' is the same at each step", field="subnet_param.feed_back.input"
        )
    one.check(shape, bottom)
    return StepInput(one, bottom, False, shape)


def step_count(param: LayerParameter, uses: Sequence[StepInput], bottoms: Sequence[Shape]) -> int:
    """The number of steps.

    Raises:
        LayerFault: it differs between bottoms, or is 0.
    """
    along = [use.bottom for use in uses if use.along]
    sizes = [bottoms[index][param.subnet_param.axis] for index in along]
    for index, size in zip(along, sizes, strict=True):
        if size != sizes[0] or not size:
            expected = "at least 1" if not size else f"{sizes[0]}, as bottom {along[0]} has"
            raise LayerFault(
                f"{size} steps along axis {param.subnet_param.axis}; expected {expected}", bottom=index
            )
    return sizes[0]
