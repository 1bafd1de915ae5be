"""Solvers: read, checked, and a few steps trained in a folder of their own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random

from layerzoo.loader import parse_solver
from layerzoo.schema import SolverParameter
from layerzoo.solver import Solver, check_solver
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import as_bytes, encodable, mutate_text
from tests.fuzz.readers.schema import prototxt, random_tree, words
from tests.fuzz.readers.seeds import NET, SOLVERS

_MAX_BATCHES = 4


def _solver_text(random: Random) -> str:
    text = random.choice(SOLVERS)
    choice = random.random()
    if choice < 0.6:
        odd = random.choice((0.0, 0.01, 0.1))
        tree = random_tree(random, SolverParameter, 2, random.choice((1, 1, 2, 5)), odd)
        given = {key for key, _ in tree} if random.random() < 0.9 else set()
        lines = [(key, value) for key, value in tree if key not in _NETS]
        kept = [
            line for line in re.split(r"\s(?=\w+:|\w+ \{)", text) if re.split(r"\W", line)[0] not in given
        ]
        text = " ".join(kept) + "\n" + prototxt(random, lines)
    if choice > 0.5:
        text = mutate_text(random, text, words(), SOLVERS)
    return encodable(text)


_NETS = frozenset({"net_param", "train_net_param", "test_net_param"})


def _solver(random: Random) -> bytes:
    return as_bytes(random, _solver_text(random))


@kind("solver", _solver, text=True, share=3)
def read_solver(data: bytes, folder: Path) -> None:
    """A solver with the small net is read and checked with its nets."""
    text = data.decode("utf-8", "surrogateescape") + f"\nnet_param {{ {NET} }}"
    check_solver(parse_solver(text, format="prototxt"))


def _settings(random: Random) -> bytes:
    return _solver_text(random).encode("utf-8", "surrogateescape")


@kind("training", _settings, text=True, seconds=10)
def read_training(data: bytes, folder: Path) -> None:
    """Whatever solver is accepted trains some steps, with tests and snapshots, and resumes."""
    text = data.decode("utf-8", "surrogateescape")
    text = re.sub(
        r"snapshot_prefix|log_dir|weights|test_state|train_state|tensorboard_param", "display", text
    )
    text += f"\nsnapshot_prefix: {json.dumps(str(folder / 'run'))} net_param {{ {NET} }}"
    document = parse_solver(text, format="prototxt")
    check_solver(document)
    param = document.message
    if sum(param.test_iter) > _MAX_BATCHES or param.iter_size > _MAX_BATCHES or param.average_loss > 10_000:
        return
    solver = Solver(document, device="cpu")
    for layer in (*solver.net.data_layers, *(one for net in solver.test_nets for one in net.data_layers)):
        assert layer is not None
    solver.step(2)
    path = solver.snapshot()
    if path is not None:
        Solver(document, device="cpu").restore(path)
