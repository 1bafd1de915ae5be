"""Does every shipped config train in two processes as in one with batches twice as large?

``python -m tests.solver.same_result [NAME…]`` trains the configs whose names begin so, by default all, and
prints for each the largest difference of a param, relative to its norm. The two processes live on from config
to config. With ``--double`` they compute in FP64, in which a difference that is no rounding shows; with
``--iterations=N`` they make N iterations in place of `ITERATIONS`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor
from torch.distributed import PrefixStore, TCPStore

from layerzoo.host import import_modules
from layerzoo.loader import Document, load_solver
from layerzoo.optimizer import RULES, rule_name
from layerzoo.ranks import Ranks, disconnect
from layerzoo.schema import TRAIN, NetParameter, NetState, SolverParameter
from layerzoo.solver import Solver
from layerzoo.solver.config.global_batch import sized_layers
from tests.processes import environments
from tests.shipped import FOLDER, small

ITERATIONS = 10
BATCH = 4
"""The most samples of a batch of each of the two processes."""
LEAST = 0.01
"""The size of elements below which differences are not relative: a bias below BatchNorm is only rounding."""
IMAGE = {
    "alexnet": 67,
    "caffenet": 67,
    "vgg": 32,
    "densenet": 64,
    "mobilenet": 64,
    "resnet": 64,
}
IMAGE |= {"senet": 64, "shufflenet": 64, "squeezenet": 64}
"""Side of smaller images, for nets that accept them."""
FEWER = {"ssd300": 2}
"""Iterations of nets that multiply differences: one of the last place is 1e-12 after an iteration, 1e-6 after
4 and all of a param after 10, where BatchNorm normalises maps of 1x1 over eight samples."""
NAMED = {"courses/turing_copy_solver.yaml": "net.let.batch"}
"""The constant by which a net names the size of its batch in other layers too."""
MODULES = sorted(path.stem for path in (FOLDER / "courses").glob("*.py"))
_PATIENCE = timedelta(minutes=30)


@dataclass
class Compared:
    """How a config trained.

    Attributes:
        name: the config.
        difference: the largest difference of a param, relative to its norm.
        param: that param.
        same_bits: whether both processes have the same params.
        seconds: of both runs.
        failure: why it could not be trained.
    """

    name: str
    difference: float = float("nan")
    param: str = ""
    same_bits: bool = False
    seconds: float = 0.0
    failure: str = ""


def names() -> list[str]:
    """The configs to train: each solver, and each net without one; of two formats the YAML file."""
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    files = {name for name in files if name.endswith((".yaml", ".prototxt")) and "blocks/" not in name}
    files = {
        name
        for name in files
        if f"{name.removesuffix('.prototxt')}.yaml" not in files or name.endswith("yaml")
    }
    solvers = {name for name in files if "solver" in name}
    trained = {net for name in solvers for net in _nets_of(name)}
    nets = {name for name in files - solvers - trained if "tune" not in name}
    return sorted(solvers | nets)


def compare(chosen: Sequence[str], double: bool = False, iterations: int = ITERATIONS) -> Iterator[Compared]:
    """Train configs in two processes and in one; what came of each, as it is known.

    Args:
        chosen: the configs.
        double: compute in FP64.
        iterations: of each config.

    Raises:
        AssertionError: a process has ended before.
    """
    args = [sys.executable, "-m", "tests.solver.same_result", "--serve", *chosen]
    args += [f"--iterations={iterations}"]
    args += ["--double"] if double else []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        logs = [stack.enter_context(Path(folder, f"{rank}.txt").open("w+")) for rank in (0, 1)]
        processes = [
            subprocess.Popen(args, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
            for env, log in zip(environments(2), logs, strict=True)
        ]
        try:
            assert processes[0].stdout is not None
            count = 0
            for line in processes[0].stdout:
                if line.startswith("{"):
                    count += 1
                    yield Compared(**json.loads(line))
            logs[0].seek(0)
            assert count == len(chosen), logs[0].read()[-3000:]
        finally:
            for process in processes:
                process.kill()
                process.communicate()


def _nets_of(solver: str) -> set[str]:
    document = load_solver(FOLDER / solver)
    paths = [net.path for nets in document.nets.values() for net in nets if net.path is not None]
    return {path.relative_to(FOLDER).as_posix() for path in paths if path.is_relative_to(FOLDER)}


def _load(name: str, folder: Path, processes: int) -> Document[SolverParameter]:
    """A solver whose data layers have batches for one of so many processes."""
    path = FOLDER / name
    if "solver" not in name:
        changes = [f"net.{change}" for change in _smaller(name)]
        path = folder / "solver.prototxt"
        path.write_text(
            f'net: "{FOLDER / name}" base_lr: 0.001 lr_policy: "fixed" momentum: 0.9 max_iter: 100'
        )
    else:
        given = load_solver(path)
        nets = [net.path.name for nets in given.nets.values() for net in nets if net.path is not None]
        changes = (
            [f"net.{change}" for net in nets[:1] for change in small(net)] if "courses" not in name else []
        )
    if name in NAMED:
        changes = [f"{NAMED[name]}={2 * BATCH // processes}"]
    document = load_solver(path, changes)
    param = document.message
    for field in (
        "test_iter",
        "test_interval",
        "test_epoch",
        "test_state",
        "max_epoch",
        "weights",
        "publish",
    ):
        param.ClearField(field)
    for field in ("score_param", "early_stopping_param", "keep_param", "watch", "tensorboard_param"):
        param.ClearField(field)
    param.snapshot, param.display, param.snapshot_after_train = 0, 0, False
    param.random_seed, param.max_iter = 3, max(100, param.max_iter)
    param.distributed_param.sync_batch_norm = True
    whole = not param.update and RULES[rule_name(param)].full_batch
    for nets in document.nets.values():
        for net in nets:
            _resize(net.message, processes, whole)
    document.nets = {key: nets for key, nets in document.nets.items() if not key.startswith("test")}
    return document


def _smaller(name: str) -> list[str]:
    side = next((side for stem, side in IMAGE.items() if name.startswith(stem)), None)
    sides = [f"layer[data].dummy_data_param.shape[0].dim[{axis}]={side}" for axis in (2, 3)] if side else []
    return [*small(name), *sides]


def _resize(net: NetParameter, processes: int, whole: bool) -> None:
    for sized in sized_layers(net, NetState(phase=TRAIN)):
        size = sized.size if whole else 2 * min(sized.size, BATCH)
        getattr(net.layer[sized.place], sized.message).batch_size = size // processes
    for layer in net.layer:
        if layer.type == "DummyData":
            for shape in layer.dummy_data_param.shape:
                if shape.dim:
                    shape.dim[0] = 2 * min(shape.dim[0], BATCH) // processes


def _trained(name: str, ranks: Ranks, iterations: int) -> dict[str, Tensor]:
    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as folder:
        document = _load(name, Path(folder), ranks.count)
        solver = Solver(document, ranks=ranks)
    most = next((most for stem, most in FEWER.items() if name.startswith(stem)), iterations)
    solver.step(min(iterations, most))
    return {name: value.detach().clone() for name, value in solver.net.named_parameters()}


def _difference(value: Tensor, expected: Tensor) -> float:
    """The norm of a difference, relative to the expected value's, or to that of elements of `LEAST`."""
    return float((value - expected).norm() / max(float(expected.norm()), LEAST * expected.numel() ** 0.5))


def _digest(params: dict[str, Tensor]) -> str:
    return sha256(b"".join(value.contiguous().numpy().tobytes() for value in params.values())).hexdigest()


def _compared(name: str, number: int, store: TCPStore, rank: int, iterations: int) -> Compared:
    begun, found = time.monotonic(), Compared(name)
    try:
        params = _trained(name, Ranks.connect(PrefixStore(f"{number} ", store), rank, 2), iterations)
        store.set(f"bits {number} of {rank}", _digest(params))
        disconnect()
        if rank == 0:
            alone = _trained(name, Ranks(), iterations)
            assert alone.keys() == params.keys()
            differences = {key: _difference(params[key], value) for key, value in alone.items()}
            found.param, found.difference = max(
                differences.items(), key=lambda pair: (pair[1] != pair[1], pair[1])
            )
            bits = [store.get(f"bits {number} of {each}") for each in (0, 1)]
            found.same_bits = bits[0] == bits[1]
    except Exception as error:  # the next config is to be trained
        found.failure = f"{type(error).__name__}: {error}"
        if not isinstance(error, AssertionError):
            found.failure = "".join(traceback.format_exception(error)[-3:])
        store.set(f"bits {number} of {rank}", "failed")
        disconnect()
    found.seconds = time.monotonic() - begun
    return found


def _serve(chosen: Sequence[str], iterations: int) -> None:
    rank = int(os.environ["RANK"])
    address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    store = TCPStore(address, port, 2, rank == 0, timeout=_PATIENCE)
    sys.path.insert(0, str(FOLDER / "courses"))
    import_modules(MODULES)
    torch.set_num_threads(1)
    for number, name in enumerate(chosen):
        found = _compared(name, number, store, rank, iterations)
        if rank == 0:
            print(json.dumps(asdict(found)), flush=True)
        store.set(f"done {number} of {rank}", "")
        store.wait([f"done {number} of {each}" for each in (0, 1)])
    store.set(f"end of {rank}", "")
    if rank == 0:  # it holds the store, so that it leaves last
        store.wait(["end of 0", "end of 1"])
    os._exit(0)


def _main(args: list[str]) -> None:
    double = "--double" in args
    given = [int(arg.partition("=")[2]) for arg in args if arg.startswith("--iterations=")]
    iterations = given[0] if given else ITERATIONS
    prefixes = [arg for arg in args if not arg.startswith("--")]
    if "--serve" in args:
        dtype = torch.float64 if double else torch.float32
        with patch("layerzoo.solver.solver.params_type", lambda *_: dtype):
            _serve(prefixes, iterations)
    chosen = [name for name in names() if not prefixes or name.startswith(tuple(prefixes))]
    for found in compare(chosen, double, iterations):
        verdict = found.failure or f"{found.difference:.1e} ({found.param})"
        bits = "" if found.same_bits or found.failure else ", other bits in the processes"
        print(f"{found.name}: {verdict}{bits}, {found.seconds:.0f} s", flush=True)


if __name__ == "__main__":
    _main(sys.argv[1:])
