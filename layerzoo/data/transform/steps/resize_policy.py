"""The transform step ResizePolicy: resize images as ``resize_param`` says."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Final, Self

import numpy as np

from layerzoo.data.image import Encoded
from layerzoo.data.interpolation import Kind, interpolate
from layerzoo.data.samples import Image
from layerzoo.data.transform.batch import Batch, Shape3
from layerzoo.data.transform.boxes import Boxes
from layerzoo.data.transform.step import ImageStep, check_limits, step
from layerzoo.errors import LayerFault
from layerzoo.schema import ResizeParameter, TransformationParameter

_MOST: Final = 1 << 15
"""The longest side of a resized image in pixels."""
_PAD: Final = {
    ResizeParameter.CONSTANT: "constant",
    ResizeParameter.MIRRORED: "reflect",
    ResizeParameter.REPEAT_NEAREST: "edge",
}


@step
class ResizePolicy(ImageStep):
    """Resize to a size, or within it with the aspect ratio kept: SSD's ``resize_param``.

    Boxes and masks move along; masks take the nearest pixel.

    Of several interpolations one is drawn for each image; of several policies, one for each batch, by their
    ``prob`` (MobileNet-YOLO's fork); with several processes, the same in all of them.

    Args:
        policies: the ways to resize.
        label: the label of padding in label images.
    """

    fields = ("resize_param",)
    rank = 10
    moves = True

    def __init__(self, policies: Sequence[ResizeParameter], label: int = 255) -> None:
        self.policies, self.label = list(policies), label
        self.random = len(self.policies) > 1 or len(self.policies[0].interp_mode) > 1

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.resize_param:
            return None
        for policy in param.resize_param:
            for name in ("height", "width"):
                if not 1 <= getattr(policy, name) <= _MOST:
                    message = (
                        f"{name} of resize_param is {getattr(policy, name):,}; it has to be 1 to {_MOST:,}"
                    )
                    raise LayerFault(message, field=f"transform_param.resize_param.{name}")
        if len(param.resize_param) > 1:
            for policy in param.resize_param:
                check_limits(policy, "transform_param.resize_param", {"prob": 1})
            if not any(policy.prob for policy in param.resize_param):
                message = "none of the resize_param has a prob above 0"
                raise LayerFault(message, field="transform_param.resize_param")
        return cls(param.resize_param, param.fill_label)

    def top_shape(self, shape: Shape3) -> Shape3:
        policy = self.policies[0]
        channels, height, width = shape
        if policy.resize_mode == ResizeParameter.FIT_SMALL_SIZE:
            return (channels, *_fitted(height, width, policy, small=True))
        return (channels, policy.height, policy.width)

    def image(self, image: Image | Encoded, index: int, batch: Batch) -> Image:
        assert isinstance(image, np.ndarray), "Decode must precede ResizePolicy"
        policy, kind = self.policies[0], "LINEAR"
        if self.random:
            draws = batch.draws_for("ResizePolicy", 2)
            chances = np.cumsum([policy.prob for policy in self.policies])
            place = batch.draws_of_batch("ResizePolicy", 2).uniform(0, 0, float(chances[-1]))[index]
            policy = self.policies[int(np.searchsorted(chances, place, "right"))]
            drawn = int(draws.below(max(1, len(policy.interp_mode)), 1)[index])
        else:
            drawn = 0
        if policy.interp_mode:
            kind = ResizeParameter.Interp_mode.Name(policy.interp_mode[drawn])
        if batch.boxes is not None:
            resize_boxes(batch.boxes[index], policy, *image.shape[1:])
        if batch.masks is not None:
            batch.masks[index] = resized(batch.masks[index], policy, "NEAREST", self.label)
        return resized(image, policy, kind)  # type: ignore[arg-type]  # the enum has the kinds' names


def resized(image: Image, policy: ResizeParameter, kind: Kind = "LINEAR", label: int | None = None) -> Image:
    """An image resized by a policy; for a label image, the label of padding is given."""
    height, width = image.shape[1:]
    if policy.resize_mode == ResizeParameter.WARP:
        return interpolate(image, policy.height, policy.width, kind)
    if policy.resize_mode == ResizeParameter.FIT_SMALL_SIZE:
        return interpolate(image, *_fitted(height, width, policy, small=True), kind)
    fitted = interpolate(image, *_fitted(height, width, policy, small=False), kind)
    rows, columns = policy.height - fitted.shape[1], policy.width - fitted.shape[2]
    around = ((0, 0), (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2))
    if policy.pad_mode == ResizeParameter.CONSTANT:
        values = (list(policy.pad_value) or [0.0]) if label is None else [float(label)]
        if len(values) not in (1, len(image)):
            message = f"{len(values)} values of pad_value for {len(image)} channels"
            raise LayerFault(message, field="transform_param.resize_param.pad_value")
        padded = np.empty((len(image), policy.height, policy.width), image.dtype)
        value = np.array(values, np.float32)[:, None, None]
        padded[:] = (value if label is not None else value.clip(0, 255)).astype(image.dtype)
        padded[
            :,
            around[1][0] : around[1][0] + fitted.shape[1],
            around[2][0] : around[2][0] + fitted.shape[2],
        ] = fitted
        return padded
    mode = _PAD[policy.pad_mode]
    if mode == "reflect" and min(fitted.shape[1:]) < 2:
        mode = "edge"
    return np.pad(fitted, around, mode)  # type: ignore[call-overload,no-any-return]  # one of its modes


def _fitted(height: int, width: int, policy: ResizeParameter, small: bool) -> tuple[int, int]:
    """The size with the aspect ratio kept at which the smaller side fits, or the larger one."""
    aspect, wanted = (
        np.float32(width) / np.float32(height),
        np.float32(policy.width) / np.float32(policy.height),
    )
    if (aspect < wanted) if small else (aspect > wanted):
        return max(1, floor(np.float32(policy.width) / aspect)), policy.width
    return policy.height, max(1, floor(aspect * np.float32(policy.height)))


def resize_boxes(boxes: Boxes, policy: ResizeParameter, height: int, width: int) -> None:
    """Move the boxes of an image of ``height`` x ``width`` as a policy resizes it."""
    aspect = width / height
    tall, wide = float(policy.height), float(policy.width)
    across = down = 0.0  # padding on either side
    if policy.resize_mode == ResizeParameter.FIT_SMALL_SIZE:
        if aspect < wide / tall:
            tall = wide / aspect
        else:
            wide = tall * aspect
        if policy.height_scale and policy.width_scale:
            boxes.factor = (wide / policy.width_scale, tall / policy.height_scale)
    elif policy.resize_mode == ResizeParameter.FIT_LARGE_SIZE_AND_PAD:
        if aspect > wide / tall:
            down = (tall - wide / aspect) / 2
        else:
            across = (wide - tall * aspect) / 2
    padding, size = np.array((across, down) * 2), np.array((wide, tall) * 2)
    moved = boxes.edges * (size - 2 * padding)
    moved[:, :2] = moved[:, :2].clip(min=0)
    moved[:, 2:] = np.minimum(moved[:, 2:], size[2:])
    boxes.edges = ((padding + moved) / size).astype(np.float32)
