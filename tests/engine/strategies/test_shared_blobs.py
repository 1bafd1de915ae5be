from __future__ import annotations

from pathlib import Path

import torch

from layerzoo.engine.engine import Engine
from layerzoo.engine.runner.layerwise import Layerwise
from layerzoo.engine.strategies.shared_blobs import SharedBlobs
from layerzoo.graph import insert_splits
from layerzoo.layer import LAYERS
from layerzoo.loader import load_net
from layerzoo.net import Net, graph_of
from layerzoo.optimizer import make_rule
from layerzoo.schema import TRAIN, NetState, SolverParameter
from layerzoo.solver.make_engine import update_params

CONFIG = Path(__file__).parents[3] / "configs" / "lenet_train_test.yaml"
PARAM = SolverParameter(base_lr=0.01, momentum=0.9, lr_policy="fixed")


def _net(splits: bool) -> Net:
    graph = graph_of(load_net(CONFIG), NetState(phase=TRAIN))
    return Net(insert_splits(graph, LAYERS) if splits else graph, seed=3)


def test_shared_blobs_train_like_whole_net() -> None:
    plain, watched = _net(False), _net(True)
    eager = Engine(plain, make_rule(PARAM, update_params(plain)))
    observed = Engine(SharedBlobs(Layerwise(watched)), make_rule(PARAM, update_params(watched)), 1)
    for iteration in range(3):
        assert eager.train_step(iteration, 0.01) == observed.train_step(iteration, 0.01)
    for mine, theirs in zip(watched.learnable, plain.learnable, strict=True):
        assert torch.equal(mine, theirs)


def test_batches_are_never_written_to() -> None:
    """Views of a data blob, or of a reshaped one, don't share the memory of the data set."""
    net = _net(True)
    runner = Layerwise(net)
    observed = Engine(SharedBlobs(runner), make_rule(PARAM, update_params(net)), 1)
    batches = []
    for iteration in range(2):
        net.clock.batch = iteration
        batches.append(net.data_layers[0]()[0].clone())
    observed.train_step(0, 0.01)
    for blob in runner.blobs:
        blob.data[...] = 9
    observed.train_step(1, 0.01)
    for iteration, batch in enumerate(batches):
        net.clock.batch = iteration
        assert torch.equal(net.data_layers[0]()[0], batch)


def test_layer_by_layer_gives_the_same_gradients() -> None:
    whole, layered = (_net(True) for _ in range(2))
    engines = []
    for net in (whole, layered):
        engines.append(Engine(SharedBlobs(Layerwise(net)), make_rule(PARAM, update_params(net)), 2))
    seen: list[int] = []
    engines[1].strategy.runner.after_forward.append(seen.append)
    losses = [engine.gradients(0) for engine in engines]
    torch.testing.assert_close(*losses)
    assert len(seen) == 2 * len(whole.graph.layers)
    for a, b in zip(whole.learnable, layered.learnable, strict=True):
        torch.testing.assert_close(a.grad, b.grad)
    blobs = [engine.strategy.runner.blobs for engine in engines]
    for a_blob, b_blob in zip(*blobs, strict=True):
        if b_blob.gradients.there:
            torch.testing.assert_close(a_blob.gradients.tensor(), b_blob.gradients.tensor())
