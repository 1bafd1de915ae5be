"""What a prediction takes from a solver."""

from __future__ import annotations

import pytest
from google.protobuf import text_format

from layerzoo.scaling import Training, left_out, training_of
from layerzoo.schema import DistributedParameter, SolverParameter


def solver(text: str) -> SolverParameter:
    return text_format.Parse(text, SolverParameter())


def test_training_of_a_plain_solver_is_the_default() -> None:
    assert training_of(solver("")) == Training()
    assert Training().update_passes == 5, "momentum SGD reads three tensors and writes two"


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("iter_size: 4", "passes", 4),
        ("distributed_param { compression: BF16 }", "share", 0.5),
        ("distributed_param { compression: FP16 }", "share", 0.5),
        ("distributed_param { compression: POWER_SGD }", "share", 1.0),
        ("precision: BF16", "share", 1.0),
        ("precision: FP64", "share", 2.0),
        ("distributed_param { bucket_mb: 0.5 }", "bucket_bytes", 1 << 19),
        ("distributed_param { average_every: 7 }", "every", 7),
        ("layer_wise_reduce: false", "overlapped", False),
        ("debug_info: true", "overlapped", False),
        ("type: 'Adam'", "update_passes", 7),
        ("type: 'LBFGS'", "update_passes", 5),
    ],
)
def test_training_has_what_the_solver_says(text: str, field: str, expected: object) -> None:
    assert getattr(training_of(solver(text)), field) == expected


def test_left_out_names_what_is_not_predicted() -> None:
    assert left_out(DistributedParameter()) == []
    found = left_out(
        solver("distributed_param { compression: POWER_SGD sync_batch_norm: true }").distributed_param
    )
    assert [each.partition(",")[0] for each in found] == ["compression: POWER_SGD", "sync_batch_norm"]
