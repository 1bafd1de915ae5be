"""Controls of transforms."""

from __future__ import annotations

import pytest

from layerzoo.errors import UsageError
from layerzoo.loader import parse_part
from layerzoo.schema import TransformationParameter
from layerzoo.studio.datasets.controls import CONTROLS, transform_text


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_each_control_sets_fields_that_exist(control: object) -> None:
    name, high = control.name, control.high  # type: ignore[attr-defined]
    message = parse_part(transform_text({name: high}), TransformationParameter(), "text")
    assert message.ListFields()


def test_fields_of_a_message_stand_together() -> None:
    text = transform_text({"rotation": 15, "zoom": 0.25, "mirror": 1, "noise": 0})
    assert text == "mirror: true\nwarp_param { max_rotation: 15 min_zoom: 0.75 max_zoom: 1.25 }"


@pytest.mark.parametrize("values", [{"rotation": 181.0}, {"rotation": -1.0}, {"rotate": 1.0}])
def test_wrong_values_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="rotat"):
        transform_text(values)
