"""Checks of sharded training, which `test_sharding` runs in several processes.

Each check trains in all processes, and compares with a single process that has all samples. The results go to
``results.json`` of the main process: a list of problems for each check, of all processes.
"""

from __future__ import annotations

import gc
import json
import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import torch

from layerzoo.engine.sharded_gradients import ShardedGradients
from layerzoo.errors import NonFiniteError, UsageError
from layerzoo.layer import Layer, register
from layerzoo.loader import load_solver
from layerzoo.ranks import Ranks
from layerzoo.solver import Solver

NET = """name: "n"
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TRAIN }
        transform_param { mirror: true crop_size: 6 scale: 0.06 }
        dataset_param { name: "digits" size: 8 batch_size: 12 shuffle: true } }
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TEST }
        transform_param { crop_size: 6 scale: 0.06 }
        dataset_param { name: "digits" size: 8 split: "test" batch_size: 80 } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "c"
        convolution_param { num_output: 7 kernel_size: 3 pad: 1 bias_term: false
                            weight_filler { type: "xavier" } } }
layer { name: "bn" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "scale" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
layer { name: "prelu" type: "PReLU" bottom: "c" top: "c" prelu_param { channel_shared: true } }
layer { name: "frozen" type: "Convolution" bottom: "c" top: "f" param { lr_mult: 0 } param { lr_mult: 0 }
        convolution_param { num_output: 5 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "drop" type: "Dropout" bottom: "f" top: "f" }
layer { name: "a" type: "InnerProduct" bottom: "f" top: "a" param { name: "w" } param { name: "b" }
        inner_product_param { num_output: 11 weight_filler { type: "xavier" } } }
layer { name: "b" type: "InnerProduct" bottom: "f" top: "b" param { name: "w" } param { name: "b" }
        inner_product_param { num_output: 11 weight_filler { type: "xavier" } } }
layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "s" }
layer { name: "big" type: "InnerProduct" bottom: "s" top: "big" param { lr_mult: 1 } param { lr_mult: 2 }
        inner_product_param { num_output: 64 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "big" top: "big" }
layer { name: "one" type: "InnerProduct" bottom: "big" top: "one"
        inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "ip" type: "InnerProduct" bottom: "big" top: "ip"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "acc" type: "Accuracy" bottom: "ip" bottom: "t" top: "acc" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }
layer { name: "size" type: "EuclideanLoss" bottom: "one" bottom: "t" top: "size" loss_weight: 0.1 }
"""
SOLVER = """net: "net.prototxt" snapshot_prefix: "PREFIX" solver_mode: CPU random_seed: 3 threads: 1
test_interval: 10 test_iter: 3 test_initialization: true display: 0 lr_policy: "fixed"
max_iter: 10 snapshot_after_train: false
engine_param { layout: NCHW } RULE
distributed_param { global_batch_size: 18 sync_batch_norm: true SHARDING }
"""
SHARDING = "sharding: FULL sharding_param { min_layer_size: 60 RESHARD }"
CARRIES = """layer { name: "ones" type: "DummyData" top: "cont" include { phase: TEST }
        dummy_data_param { shape { dim: 80 dim: 1 } data_filler { value: 1 } } }
layer { name: "steps" type: "Reshape" bottom: "ip" top: "steps" include { phase: TEST }
        reshape_param { shape { dim: 80 dim: 1 dim: 10 } } }
layer { name: "rnn" type: "RNN" bottom: "steps" bottom: "cont" top: "rnn" include { phase: TEST }
        recurrent_param { num_output: 2 weight_filler { type: "constant" value: 0.1 } } }
layer { name: "acc" """
RULES = {
    "SGD": "base_lr: 0.05 momentum: 0.9 weight_decay: 0.01 clip_gradients: 0.5",
    "L1": 'base_lr: 0.05 weight_decay: 0.01 regularization_type: "L1" clip_weights: 0.2',
    "Nesterov": 'type: "Nesterov" base_lr: 0.05 momentum: 0.9 larc: true larc_eta: 0.01',
    "Adam": 'type: "Adam" base_lr: 0.01 momentum: 0.9 momentum2: 0.99 weight_decay: 0.01 clip_gradients: 0.1',
    "AdamW": 'type: "AdamW" base_lr: 0.01 momentum: 0.9 momentum2: 0.99 weight_decay: 0.1',
    "AdaGrad": 'type: "AdaGrad" base_lr: 0.02 delta: 1e-3',
    "RMSProp": 'type: "RMSProp" base_lr: 0.002 rms_decay: 0.9 delta: 1e-3',
    "AdaDelta": 'type: "AdaDelta" base_lr: 1 momentum: 0.9 delta: 1e-4',
    "Lion": 'type: "Lion" base_lr: 0.002 momentum: 0.9 momentum2: 0.99 weight_decay: 0.1',
    "LARS": 'type: "LARS" base_lr: 1 momentum: 0.9 weight_decay: 0.01 lars_param { trust_coefficient: 0.01 }',
    "LAMB": 'type: "LAMB" base_lr: 0.01 momentum: 0.9 momentum2: 0.99 weight_decay: 0.1 delta: 1e-4',
    "sums": "base_lr: 0.05 momentum: 0.9 iter_size: 3 clip_gradients: 1",
    "frozen": 'base_lr: 0.05 momentum: 0.9 freeze: "conv" freeze: "a"',
}

ranks = Ranks.from_environment()
CHECKS: dict[str, Callable[[], list[str]]] = {}


def check(function: Callable[[], list[str]]) -> Callable[[], list[str]]:
    """Run a function in each process; it returns what is wrong."""
    CHECKS[function.__name__] = function
    return function


def solver_of(
    name: str, rule: str, sharded: bool = True, reshard: bool = True, net: str = NET, alone: bool = False
) -> Solver:
    """A solver of all processes, or of this one alone."""
    folder = Path(f"{name}-{'sharded' if sharded else 'whole'}-{ranks.rank if alone else 'all'}")
    folder.mkdir(exist_ok=True)
    settings = SHARDING.replace("RESHARD", f"reshard_after_forward: {str(reshard).lower()}")
    text = SOLVER.replace("SHARDING", settings if sharded else "").replace("RULE", rule)
    text = text.replace("net.prototxt", f"net{ranks.rank}.prototxt").replace("PREFIX", str(folder / "r"))
    path = folder / f"solver{ranks.rank}.prototxt"
    path.write_text(text)
    (folder / f"net{ranks.rank}.prototxt").write_text(net)
    return Solver(load_solver(path), ranks=Ranks() if alone else ranks)


def weights_of(solver: Solver) -> list[torch.Tensor]:
    """The params, whole, in each process."""
    return [
        (blob.full_tensor() if hasattr(blob, "full_tensor") else blob).detach().clone()
        for blob in solver.net.learnable
    ]


def unequal(solver: Solver, other: Solver, tolerance: float) -> list[str]:
    """The params that differ by more than a part of the largest number in them."""
    found = []
    for spec, mine, theirs in zip(
        solver.net.graph.params, weights_of(solver), weights_of(other), strict=True
    ):
        name = f"{solver.net.graph.layers[spec.users[0][0]].name}.{spec.own.name}"
        off = float((mine - theirs).abs().max() / theirs.abs().max().clamp(min=1e-3))
        if not off <= tolerance:
            found.append(f"{name}: off by {off:.2g}")
    return found


def as_one_process(name: str, rule: str, tolerance: float, reshard: bool = True) -> list[str]:
    """What differs between training sharded and in one process."""
    sharded, alone = solver_of(name, rule, reshard=reshard), solver_of(name, rule, False, alone=True)
    problems = [] if isinstance(sharded.engine.sync, ShardedGradients) else ["not sharded"]
    before = weights_of(alone)
    sharded.step(10)
    alone.step(10)
    moved = [not torch.equal(old, new) for old, new in zip(before, weights_of(alone), strict=True)]
    problems += [] if sum(moved) > 8 else ["the params don't move"]
    problems += unequal(sharded, alone, tolerance)
    if abs(sharded.loss - alone.loss) > 1e-4:
        problems.append(f"loss {sharded.loss}, in one process {alone.loss}")
    mine, theirs = (solver.test()[0].values for solver in (sharded, alone))
    for output, values in theirs.items():
        if max(abs(a - b) for a, b in zip(mine[output], values, strict=True)) > 1e-4:
            problems.append(f"test output {output}: {mine[output]}, in one process {values}")
    return problems


def _rule(name: str) -> None:
    def single() -> list[str]:
        return as_one_process(name, RULES[name], 1e-5)

    def double() -> list[str]:
        return as_one_process(f"{name}64", f"precision: FP64 {RULES[name]}", 1e-12)

    CHECKS[name], CHECKS[f"{name}_in_double_precision"] = single, double


for _name in RULES:
    _rule(_name)


@check
def params_that_stay_whole_after_the_forward_pass() -> list[str]:
    """The same results."""
    return as_one_process("stay", RULES["SGD"], 1e-5, reshard=False)


@check
def memory() -> list[str]:
    """Params, gradients and history take about a part; whole params are freed after each pass."""
    net = NET.replace("num_output: 64", "num_output: 3000").replace("num_output: 10", "num_output: 12")
    sizes = []
    for sharded in (False, True):
        before = _allocated()
        solver = solver_of("memory", RULES["Adam"], sharded, net=net)
        solver.step(2)
        solver.test()
        tensors = [*solver.engine.sync.held, *solver.engine.sync.gradients(), *solver.engine.rule.history]
        sizes.append((_allocated() - before, sum(tensor.nbytes for tensor in tensors)))
    (_, whole), (all_here, parts) = sizes
    problems = []
    slack = 80_000  # layer "one" has one row, and so all of it is in the first process; samples and blobs
    if not parts < whole / ranks.count + slack:
        problems.append(f"{parts} bytes of parts; {whole} bytes of whole tensors")
    if not all_here < whole / ranks.count + slack:
        problems.append(f"{all_here} bytes of all tensors; {whole} bytes of whole ones")
    return problems


def _allocated() -> int:
    """Bytes of the memory of all tensors."""
    gc.collect()
    storages = {
        each.untyped_storage().data_ptr(): each.untyped_storage().nbytes()
        for each in gc.get_objects()
        if type(each) in (torch.Tensor, torch.nn.Parameter) and each.device.type == "cpu"
    }
    return sum(storages.values())


@check
def gradients_that_are_not_finite_in_one_process() -> list[str]:
    """All processes leave the update out, or all end."""
    problems = []
    for action in ("SKIP", "STOP"):
        solver = solver_of(action, f"{RULES['SGD']} non_finite_param {{ action: {action} max_skips: 5 }}")
        solver.step(1)
        before = weights_of(solver)
        part = max(solver.engine.sync.held, key=torch.Tensor.numel)
        finish = solver.engine.sync.finish

        def spoilt(loss: torch.Tensor) -> None:
            finish(loss)  # noqa: B023
            if ranks.rank == ranks.count - 1:
                part.grad[0] = torch.nan  # type: ignore[index]  # noqa: B023

        solver.engine.sync.finish = spoilt  # type: ignore[method-assign]
        try:
            solver.step(1)
            ended = False
        except NonFiniteError:
            ended = True
        if ended != (action == "STOP"):
            problems.append(f"{action}: ended: {ended}")
        if not all(torch.equal(old, new) for old, new in zip(before, weights_of(solver), strict=True)):
            problems.append(f"{action}: the params have changed")
    return problems


@check
def tests_in_sequence() -> list[str]:
    """A test net that carries a state from batch to batch is run by all processes, a short test as well."""
    problems = []
    for carries in (False, True):
        net = NET if not carries else NET.replace('layer { name: "acc" ', CARRIES)
        found = []
        for sharded in (True, False):
            solver = solver_of(f"test{carries}", RULES["SGD"], sharded, net=net, alone=not sharded)
            solver.step(2)
            found.append([solver.test()[0].values for _ in range(2)])
        if not close(found[0], found[1]):
            problems.append(f"carries: {carries}: {found}")
    return problems


def close(mine: object, theirs: object) -> bool:
    """Whether nested numbers are nearly equal."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return mine.keys() == theirs.keys() and all(close(mine[key], theirs[key]) for key in mine)
    if isinstance(mine, list | tuple) and isinstance(theirs, list | tuple):
        return len(mine) == len(theirs) and all(map(close, mine, theirs))
    return abs(mine - theirs) <= 1e-4 * max(1, abs(theirs))  # type: ignore[no-any-return,operator,arg-type]


class CutInLast(Layer):
    """Lets no gradient pass in the last process."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The bottom."""
        return x.detach() if self.clock.rank + 1 == self.clock.ranks else x * 1


@check
def params_that_depend_on_samples() -> list[str]:
    """A net whose params under the loss differ between processes is refused in all of them."""
    register(CutInLast)  # here, so that a test that imports this module knows the shipped layers only
    cut = 'layer { name: "cut" type: "CutInLast" bottom: "big" top: "big" }\nlayer { name: "one"'
    solver = solver_of("cut", RULES["SGD"], net=NET.replace('layer { name: "one"', cut))
    try:
        solver.step(1)
    except UsageError as error:
        return [] if "the params under the loss depend on the samples" in str(error) else [str(error)]
    return ["it trains"]


def main(names: list[str]) -> None:
    """Run checks, all by default; write the results."""
    logging.disable(logging.INFO)
    results: dict[str, list[str]] = {}
    for name in names or CHECKS:
        try:
            problems = CHECKS[name]()
        except Exception:
            problems = [traceback.format_exc()]
        of_all = enumerate(ranks.gather(problems))
        results[name] = [f"process {rank}: {problem}" for rank, found in of_all for problem in found]
    if ranks.is_main:
        Path("results.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1:])
    torch.distributed.destroy_process_group()
