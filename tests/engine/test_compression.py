"""Compressed gradients: their state, alone. `test_gradient_sync` sends them."""

from __future__ import annotations

import pytest
import torch

from layerzoo.engine.compression import Compression, PowerSGD, make_compression
from layerzoo.errors import SnapshotError
from layerzoo.ranks import Ranks
from layerzoo.schema import DistributedParameter, GradientCompression
from layerzoo.state_fields import check_state


def _ranks(rank: int = 0, count: int = 1) -> Ranks:
    ranks = Ranks()
    ranks.rank, ranks.count = rank, count
    return ranks


def _param(rank: int = 1) -> DistributedParameter:
    param = DistributedParameter(compression=GradientCompression.POWER_SGD)
    param.power_sgd_param.matrix_approximation_rank = rank
    return param


def _saved(processes: int) -> dict[str, object]:
    made = PowerSGD(_param(), _ranks())
    tensors = {
        f"{name}.0": torch.arange(3.0) + n for n, name in enumerate(("p", "q", "rank0.error", "rank1.error"))
    }
    return made.state_dict() | {"processes": processes, "iteration": 7} | tensors


def test_compression_is_chosen_by_its_name() -> None:
    assert make_compression(DistributedParameter(), _ranks()) is None
    for kind in (GradientCompression.BF16, GradientCompression.FP16):
        assert type(make_compression(DistributedParameter(compression=kind), _ranks())) is Compression
    assert type(make_compression(_param(), _ranks())) is PowerSGD


def test_power_sgd_restores_what_its_own_process_left_out() -> None:
    second = PowerSGD(_param(), _ranks(1, 2))
    second.load_state_dict(_saved(2))
    state = second._state
    assert (state.iter, state.p_memory_dict[0].tolist(), state.q_memory_dict[0].tolist()) == (
        7,
        [0, 1, 2],
        [1, 2, 3],
    )
    assert state.error_dict[0].tolist() == [3, 4, 5]


def test_power_sgd_begins_anew_with_other_processes_or_settings(caplog: pytest.LogCaptureFixture) -> None:
    for made, said in (
        (PowerSGD(_param(), _ranks(0, 3)), "had 2 processes, this run has 3"),
        (PowerSGD(_param(2), _ranks(0, 2)), "had other settings"),
    ):
        made.load_state_dict(_saved(2))
        assert (made._state.iter, made._state.error_dict, made._state.q_memory_dict) == (7, {}, {})
        assert said in caplog.text
    assert "the run does not go on exactly" in caplog.text


def test_power_sgd_forgets_and_draws_the_same_matrices_again() -> None:
    made = PowerSGD(_param(), _ranks(0, 2))
    made.load_state_dict(_saved(2))
    first = made._state.rng.randint(1_000_000_000)
    made.forget()
    assert [made._state.error_dict, made._state.p_memory_dict, made._state.q_memory_dict] == [{}, {}, {}]
    assert made._state.rng.randint(1_000_000_000) == first


def test_power_sgd_drops_what_belongs_to_another_bucket(caplog: pytest.LogCaptureFixture) -> None:
    made = PowerSGD(_param(), _ranks(0, 2))
    made.load_state_dict(_saved(2))
    made._fit(0, torch.zeros(3))
    assert made._state.error_dict
    made._fit(0, torch.zeros(4))
    assert not made._state.error_dict
    assert "other buckets than before" in caplog.text


def test_power_sgd_refuses_a_damaged_state() -> None:
    made = PowerSGD(_param(), _ranks())
    check_state(_saved(2), made.fields, "state.json")
    for broken in ({"processes": 0}, {"iteration": -1}, {"settings": "none"}):
        with pytest.raises(SnapshotError):
            check_state(_saved(2) | broken, made.fields, "state.json")
