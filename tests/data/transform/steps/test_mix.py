"""The fields of mixup and cutmix; `tests/data/test_mixing.py` tests the mixing."""

from __future__ import annotations

import pytest

from layerzoo.data.transform.steps.mix import Mix
from layerzoo.errors import LayerFault
from layerzoo.schema import TEST, TRAIN, TransformationParameter


def mix(phase: int = TRAIN, on_device: bool = False, **fields: float) -> Mix | None:
    return Mix.of(TransformationParameter(mix_param=fields, on_device=on_device), phase)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"classes": 3}, "neither mixup_alpha nor cutmix_alpha"),
        ({"mixup_alpha": 1}, "classes is 0"),
        ({"mixup_alpha": -1, "classes": 3}, "mixup_alpha is -1"),
        ({"mixup_alpha": 1, "classes": 3, "prob": 2}, "prob is 2"),
        ({"mixup_alpha": 1, "classes": 3, "on_device": True}, "mix_param with on_device"),
    ],
)
def test_fields_are_checked(fields: dict[str, float], message: str) -> None:
    with pytest.raises(LayerFault, match=message):
        mix(**fields)  # type: ignore[arg-type]


def test_images_are_mixed_in_training_alone() -> None:
    assert mix(TEST, cutmix_alpha=1, classes=3) is None
    assert mix(cutmix_alpha=1, classes=3) is not None
