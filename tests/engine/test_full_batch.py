from __future__ import annotations

import h5py
import numpy as np
import pytest

from layerzoo.engine.full_batch import full_batch_faults
from layerzoo.errors import ConfigError
from layerzoo.solver import Solver

NET = """
layer { name: "data" type: "HDF5Data" top: "x" top: "t"
        hdf5_data_param { source: "list.txt" batch_size: %d } }
layer { name: "ip1" type: "InnerProduct" bottom: "x" top: "h"
        inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "act" type: "TanH" bottom: "h" top: "h" }
%s
layer { name: "ip2" type: "InnerProduct" bottom: "h" top: "y"
        inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""
DROPOUT = 'layer { name: "drop" type: "Dropout" bottom: "h" top: "h" }'


@pytest.fixture
def solver(tmp_path, monkeypatch):
    """``solver("LBFGS", batch_size, extra layers, solver's fields)`` over 12 samples."""
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).standard_normal((12, 3), dtype="f4")
    with h5py.File("d.h5", "w") as file:
        file["x"], file["t"] = x, np.sin(x.sum(1, keepdims=True))
    (tmp_path / "list.txt").write_text("d.h5\n")

    def make(type_name, batch_size, layers="", fields=""):
        (tmp_path / "net.prototxt").write_text(NET % (batch_size, layers))
        (tmp_path / "solver.prototxt").write_text(
            f'net: "net.prototxt" type: "{type_name}" base_lr: 1 lr_policy: "fixed" max_iter: 30 '
            f"random_seed: 3 {fields}"
        )
        return Solver(tmp_path / "solver.prototxt", device="cpu")

    return make


DESCENTS = ["LBFGS", "NonlinearCG", "BFGS", "Newton", "NewtonCG", "GaussNewton"]
EXACTLY = 'snapshot_prefix: "run" snapshot: 100 '


@pytest.mark.parametrize("type_name", DESCENTS)
def test_full_batch_rule_fits_a_small_problem(solver, type_name):
    run = solver(type_name, 12)
    losses = []
    for _ in range(30):
        run.step(1)
        losses.append(float(run.run.train.losses[-1]))
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.02 * losses[0]


@pytest.mark.parametrize("type_name", ["LBFGS", "Newton", "NewtonCG", "GaussNewton", "SimulatedAnnealing"])
def test_iter_size_passes_equal_one_pass(solver, type_name):
    found = []
    for batch_size, fields in ((12, ""), (4, "iter_size: 3")):
        run = solver(type_name, batch_size, fields=fields)
        run.step(8)
        found.append(float(run.run.train.losses[-1]))
    assert found[0] == pytest.approx(found[1], rel=1e-3)


def test_full_batch_faults_name_layer_and_reason(solver):
    with pytest.raises(ConfigError) as caught:
        solver("LBFGS", 5, DROPOUT, "iter_size: 2")
    assert [(fault.layer, fault.message) for fault in caught.value.faults] == [
        ("data", "a full-batch solver needs all 12 samples in one iteration, which has 2 x 5"),
        ("drop", "a full-batch solver needs the same loss each time, but Dropout is random"),
    ]


def test_full_batch_faults_do_not_apply_to_other_rules(solver):
    run = solver("SGD", 5, DROPOUT)
    run.step(1)
    assert run.iteration == 1


def test_batches_of_all_processes_make_up_the_data(solver):
    net = solver("LBFGS", 12).net
    assert full_batch_faults(net, 1) == []
    net.clock.ranks = 3
    assert "in one iteration, which has 1 x 12 in 3 processes" in str(full_batch_faults(net, 1)[0])
    net.layer("data").plan = net.layer("data").plan._replace(batch_size=2)
    assert full_batch_faults(net, 2) == []


@pytest.mark.parametrize("type_name", [*DESCENTS, "GradientDescent", "SimulatedAnnealing"])
@pytest.mark.parametrize("binary", [False, True])
def test_resume_is_exact(solver, type_name, binary):
    fields = EXACTLY + ("snapshot_format: BINARYPROTO " if binary else "")
    whole, part, rest = (solver(type_name, 12, fields=fields) for _ in range(3))
    whole.step(5)
    part.step(3)
    part.snapshot()
    rest.run.restore("run_iter_3.solverstate" if binary else "run.run")
    rest.step(2)
    for ours, theirs in zip(rest.net.learnable, whole.net.learnable, strict=True):
        assert ours.equal(theirs)


def test_loss_alone_equals_the_loss_of_gradients(solver):
    run = solver("SimulatedAnnealing", 4, fields="iter_size: 3")
    objective = run.engine._objective()
    assert objective.loss() == pytest.approx(float(objective()), rel=1e-6)


def test_second_order_refuses_a_layer_on_arrays(solver):
    net = solver("LBFGS", 12).net
    act = net.layer("act")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(act), "on_host", True)
        (fault,) = full_batch_faults(net, 1, "Hessian")
    assert fault.layer == "act"
    assert "works on arrays" in fault.message
    assert full_batch_faults(net, 1) == []


def test_gauss_newton_refuses_a_loss_without_curvature(solver):
    layer = 'layer { name: "h2" type: "Reduction" bottom: "h" top: "h2" loss_weight: 0.1 }'
    with pytest.raises(ConfigError) as caught:
        solver("GaussNewton", 12, layer)
    (fault,) = caught.value.faults
    assert fault.layer == "h2"
    assert "Reduction doesn't say that it does" in fault.message
    solver("NewtonCG", 12, layer).step(1)
