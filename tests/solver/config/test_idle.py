"""Fields of a solver that are set but have no effect."""

from __future__ import annotations

import pytest

from layerzoo.loader import parse_solver
from layerzoo.solver.config.idle import idle_fields


@pytest.mark.parametrize(
    ("text", "idle"),
    [
        ('type: "SGD" lars_param {}', ["lars_param"]),
        ('type: "LARS" lars_param {}', []),
        ('type: "LBFGS" line_search_param {} lbfgs_param {}', []),
        ('type: "NonlinearCG" line_search_param {} lbfgs_param {}', ["lbfgs_param"]),
        ('lr_policy: "cosine" cosine_param {} plateau_param {}', ["plateau_param"]),
        ('type: "NewtonCG" line_search_param {}', ["line_search_param"]),
        ('type: "NewtonCG" line_search_param {} newton_cg_param { method: LINE_SEARCH }', []),
        ('type: "GaussNewton" line_search_param {} gauss_newton_param {}', ["line_search_param"]),
        ('type: "SGD" muon_param {} schedule_free_param {}', ["muon_param", "schedule_free_param"]),
        ('type: "ScheduleFreeSGD" schedule_free_param {}', []),
        ("l1_ratio: 0.5", ["l1_ratio"]),
        ('regularization_type: "L1L2" l1_ratio: 0.5', []),
        ("snapshot_diff: true", ["snapshot_diff"]),
        ("snapshot_diff: true snapshot_format: HDF5", []),
        ("snapshot_diff: false", []),
        ('engine: "MKL2017" larc_turbo: true', ["engine", "larc_turbo"]),
        ("gamma: 0.1 stepsize: 5 momentum2: 0.9", []),
    ],
)
def test_idle_fields_are_those_whose_subject_is_not_asked_for(text: str, idle: list[str]) -> None:
    assert [fault.field for fault in idle_fields(parse_solver(text).message)] == idle
