"""Parts of configs on their own."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import parse_part
from layerzoo.schema import TransformationParameter


def test_fields_are_set() -> None:
    message = parse_part("mirror: true warp_param { max_zoom: 1.5 }", TransformationParameter(), "text")
    assert message.mirror
    assert message.warp_param.max_zoom == 1.5


@pytest.mark.parametrize(
    ("text", "told"), [("mirror: 3", "text:1:9"), ("mirror {", "text:1"), ("mirrors: true", "did you mean")]
)
def test_faults_name_the_text(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse_part(text, TransformationParameter(), "text")
