from __future__ import annotations

from layerzoo.layer import LAYERS
from layerzoo.schema import LayerParameter


def test_params_and_multiply_adds_count_the_positions():
    param = LayerParameter(
        name="l", type="Local", local_param={"num_output": 2, "kernel_size": 3, "stride": 2}
    )
    kind, bottom = LAYERS["Local"], (4, 5, 7, 9)
    tops = kind.top_shapes(param, [bottom])
    assert tops == [(4, 2, 3, 4)]
    assert [own.shape for own in kind.param_shapes(param, [bottom])] == [(2, 1, 45, 12), (1, 1, 2, 12)]
    assert kind.macs(param, [bottom], tops) == 45 * 4 * 2 * 12
    param.local_param.bias_term = False
    assert len(kind.param_shapes(param, [bottom])) == 1
