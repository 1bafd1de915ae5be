from __future__ import annotations

import math

import pytest

from layerzoo.errors import LayerFault
from layerzoo.functional.exponent import log_of_base


def test_log_of_base_takes_minus_one_for_e():
    assert log_of_base(-1, "f") == 1
    assert log_of_base(10, "f") == math.log(10)


def test_log_of_base_names_the_field_of_a_fault():
    with pytest.raises(LayerFault, match="base 0 is not positive") as raised:
        log_of_base(0, "exp_param.base")
    assert raised.value.field == "exp_param.base"
