"""The transform step Mix: mixup and cutmix."""

from __future__ import annotations

from typing import Self

from layerzoo.data.transform.batch import Batch
from layerzoo.data.transform.step import Step, check_limits, step
from layerzoo.errors import LayerFault
from layerzoo.schema import TRAIN, MixParameter, TransformationParameter

MAX_CLASSES = 1 << 20
"""The most classes of soft labels."""


@step
class Mix(Step):
    """Mix images with partners from the source; the labels become probabilities.

    The data layer reads and mixes the partners (`layerzoo.data.mixing`), as a pipeline can't read the source.

    Args:
        param: the kinds and their strengths.
    """

    fields = ("mix_param",)
    rank = 90
    random = True
    moves = True

    def __init__(self, param: MixParameter) -> None:
        self.param = param

    @classmethod
    def of(cls, param: TransformationParameter, phase: int) -> Self | None:
        if not param.HasField("mix_param") or phase != TRAIN:
            return None
        p, path = param.mix_param, "transform_param.mix_param"
        check_limits(p, path, {"prob": 1, "mixup_alpha": 1000, "cutmix_alpha": 1000})
        if not (p.mixup_alpha or p.cutmix_alpha):
            raise LayerFault("neither mixup_alpha nor cutmix_alpha is given", field=path, hint="0.2 is usual")
        if not 1 <= p.classes <= MAX_CLASSES:
            hint = "give the number of classes, num_output of the net's last layer"
            raise LayerFault(
                f"classes is {p.classes}; it has to be 1 to {MAX_CLASSES:,}",
                field=f"{path}.classes",
                hint=hint,
            )
        if param.on_device:
            hint = "images are mixed on the CPU, after all other steps; remove one of them"
            raise LayerFault("mix_param with on_device", field="transform_param.on_device", hint=hint)
        return cls(p)

    def __call__(self, batch: Batch) -> None:
        pass
