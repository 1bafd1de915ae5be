from __future__ import annotations

import pytest

from layerzoo.errors import LayerzooError
from layerzoo.lr_policy import POLICIES, Policy, check_policy, make_policy, register
from layerzoo.schema import SolverParameter


def test_policies_are_caffes_and_ours():
    caffes = {"fixed", "step", "exp", "inv", "multistep", "poly", "sigmoid"}
    assert set(POLICIES) - {"test_only"} == caffes | {"cosine", "multifixed", "one_cycle", "plateau"}


@pytest.mark.parametrize(
    ("policy", "needs"),
    [
        ("step", ["gamma", "stepsize"]),
        ("exp", ["gamma"]),
        ("inv", ["gamma", "power"]),
        ("multistep", ["gamma", "stepvalue"]),
        ("poly", ["power", "max_iter"]),
        ("sigmoid", ["gamma", "stepsize"]),
        ("one_cycle", ["max_iter"]),
    ],
)
def test_faults_name_missing_fields(policy, needs):
    faults = check_policy(SolverParameter(lr_policy=policy, base_lr=1))
    assert [fault.message for fault in faults] == [
        f"lr_policy '{policy}' needs {field}, which is not given" for field in needs
    ]
    assert {fault.field for fault in faults} == {"lr_policy"}


def test_register_adds_a_policy():
    @register
    class TestOnlyPolicy(Policy):
        def rate(self, iteration):
            return self.base_lr / (iteration + 1)

    assert make_policy(SolverParameter(lr_policy="test_only", base_lr=6)).rate(2) == 2
    with pytest.raises(LayerzooError, match="already registered"):

        @register
        class Test_OnlyPolicy(TestOnlyPolicy):  # noqa: N801
            pass
