"""Updates that take turns: the numbers of plain torch, who moves, and what a pass runs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, linear

from layerzoo.net import Net
from layerzoo.solver import Solver
from tests.solver.gan import NET, D, G, gan

BY_LAYER = {"D": ("D/h", "D/score"), "G": ("G/fc",)}


class Peer:
    """The same training in plain torch: SGD with momentum for both players."""

    def __init__(self, like: Solver, size: int, rates: dict[str, float], momentum: float = 0.9) -> None:
        self.net, self.size, self.momentum, self.rates = like.net, size, momentum, rates
        self.params = {
            who: [p.detach().clone().requires_grad_() for name in names for p in like.net.params[name]]
            for who, names in BY_LAYER.items()
        }
        self.steps = {who: [torch.zeros_like(p) for p in params] for who, params in self.params.items()}

    def score(self, x: Tensor) -> Tensor:
        w1, b1, w2, b2 = self.params["D"]
        return linear(torch.tanh(linear(x, w1, b1)), w2, b2)

    def losses(self, number: int) -> dict[str, Tensor]:
        feed, index = self.net.fetch(number).blobs, {b.name: b.index for b in self.net.graph.blobs}
        real, z = feed[index["x"]].flatten(1), feed[index["z"]]
        fake = self.score(linear(z, *self.params["G"]))
        one, zero = torch.ones(10, 1), torch.zeros(10, 1)
        d_real = binary_cross_entropy_with_logits(self.score(real), one)
        d_fake = binary_cross_entropy_with_logits(fake, zero)
        return {"D": d_real + 0.5 * d_fake, "G": binary_cross_entropy_with_logits(fake, one)}

    def step(self, who: str, first: int) -> float:
        losses = [self.losses(number)[who] for number in range(first, first + self.size)]
        mean = torch.stack(losses).mean()
        grads = torch.autograd.grad(mean, self.params[who])
        with torch.no_grad():
            for param, step, grad in zip(self.params[who], self.steps[who], grads, strict=True):
                step.mul_(self.momentum).add_(self.rates[who] * grad)
                param.sub_(step)
        return float(mean.detach())

    def train(self, iterations: int, times: int, every: int) -> list[float]:
        totals, last = [], {"D": 0.0, "G": 0.0}
        for i in range(iterations):
            first = i * times * self.size
            last["D"] = sum(self.step("D", first + k * self.size) for k in range(times)) / times
            if i % every == 0:
                last["G"] = self.step("G", first)
            totals.append(sum(last.values()))
        return totals


def run(solver: Solver, iterations: int) -> list[float]:
    losses = []
    for _ in range(iterations):
        solver.step(1)
        losses.append(float(solver.run.train.losses[-1]))
    return losses


@pytest.mark.parametrize(("times", "every", "size"), [(1, 1, 1), (3, 1, 1), (1, 2, 1), (2, 3, 2), (5, 1, 1)])
def test_updates_equal_plain_torch(times: int, every: int, size: int) -> None:
    turns = f"{D} times: {times} }} {G} base_lr: 0.05 every: {every} }}"
    solver, like = (gan(turns, more=f"iter_size: {size}") for _ in range(2))
    peer = Peer(like, size, {"D": 0.1, "G": 0.05})
    totals = peer.train(6, times, every)
    assert run(solver, 6) == pytest.approx(totals, rel=1e-5)
    for who, names in BY_LAYER.items():
        own = [p for name in names for p in solver.net.params[name]]
        for param, expected in zip(own, peer.params[who], strict=True):
            torch.testing.assert_close(param.detach(), expected.detach(), rtol=1e-4, atol=1e-6)


def test_updates_run_in_the_order_of_the_config() -> None:
    one, other = gan(f"{D} }} {G} }}"), gan(f"{G} }} {D} }}")
    one.step(1), other.step(1)
    moved = [solver.net.params["G/fc"][0].detach() for solver in (one, other)]
    assert not torch.equal(
        *moved
    )  # G's gradient went through a D that had moved, and through one that had not
    peer = Peer(gan(), 1, {"D": 0.1, "G": 0.1})
    peer.step("G", 0), peer.step("D", 0)
    torch.testing.assert_close(moved[1], peer.params["G"][0].detach(), rtol=1e-4, atol=1e-6)


def test_updates_leave_params_gradients_and_history_of_others_alone() -> None:
    solver = gan(f"{D} every: 2 }} {G} }}")
    solver.step(1)
    seen = [p for name in BY_LAYER["D"] for p in solver.net.params[name]]
    before = [p.detach().clone() for p in seen]
    grads = [p.grad for p in seen]
    kept = [grad.clone() for grad in grads if grad is not None]
    history = [tensor.clone() for tensor in solver.run.rule.history[:4]]
    solver.step(1)  # only generate is due
    assert all(map(torch.equal, before, [p.detach() for p in seen]))
    assert all(p.grad is grad for p, grad in zip(seen, grads, strict=True))
    assert all(torch.equal(p.grad, grad) for p, grad in zip(seen, kept, strict=True) if p.grad is not None)
    assert all(map(torch.equal, history, solver.run.rule.history[:4]))
    assert all(p.requires_grad for p in solver.net.learnable)


def test_updates_compute_no_gradient_for_params_that_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    solver, seen = gan(), []
    run = Net.run

    def watched(net: Net, *given: object) -> Sequence[Tensor | None]:
        seen.append({name for name, blobs in net.params.items() if blobs[0].requires_grad})
        return run(net, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Net, "run", watched)
    solver.step(1)
    assert seen == [{"D/h", "D/score", "D_fake/h", "D_fake/score"}, {"G/fc"}]


def test_updates_run_the_layers_that_their_losses_need() -> None:
    turns = gan().engine.updates
    assert turns is not None
    first, second = ({step.layer.name for step in turn.plan.steps} for turn in turns.turns)
    assert "D_fake/h" in first
    assert "g" not in first
    assert "unused" in first  # no loss depends on it
    assert "D_fake/h" in second
    assert not {"D/h", "d_real", "d_fake", "unused"} & second


def test_updates_move_statistics_of_batch_norm_in_each_pass() -> None:
    both, one = (gan(f"{D} }} {G} every: {every} }}", more='train_state { stage: "bn" }') for every in (1, 2))
    both.step(1), one.step(1)
    assert float(both.net.params["G/bn"][2]) == pytest.approx(1 + 0.999)  # two passes of moving averages
    one.step(1)  # discriminate alone
    assert float(one.net.params["G/bn"][2]) == pytest.approx(1 + 0.999 + 0.999**2)


def test_params_that_no_update_names_stand_still() -> None:
    solver = gan(f"{G} }}")
    before = [p.detach().clone() for p in solver.net.params["D/h"]]
    solver.step(3)
    assert all(map(torch.equal, before, [p.detach() for p in solver.net.params["D/h"]]))
    assert not any(p.requires_grad for p in solver.net.params["D/h"])


def test_updates_with_their_own_rule_count_their_own_steps() -> None:
    solver = gan(f'{D} }} {G} type: "Adam" momentum: 0.9 base_lr: 0.01 every: 2 }}')
    net = solver.net
    before = net.params["G/fc"][0].detach().clone()
    solver.step(1)
    first = before - net.params["G/fc"][0].detach()
    moved = first[first.abs() > 1e-4]
    assert len(moved) > 30
    torch.testing.assert_close(moved.abs(), torch.full_like(moved, 0.01), rtol=1e-2, atol=0)
    solver.step(2)  # iteration 2 is its second step: t = 2, not 3
    m, v = solver.run.rule.history[4], solver.run.rule.history[6]
    assert m.shape == v.shape == before.shape
    after = before - first - 0.01 * (m / (1 - 0.9**2)) / ((v / (1 - 0.999**2)).sqrt() + 1e-8)
    torch.testing.assert_close(net.params["G/fc"][0].detach(), after, rtol=1e-3, atol=1e-5)


def test_outputs_of_updates_that_are_not_due_are_left_out() -> None:
    solver = gan(f"{D} every: 2 }} {G} }}")
    solver.step(1)
    assert [o.numel() for o in solver.engine.outputs] == [1, 1, 1]
    solver.step(1)
    assert [o.numel() for o in solver.engine.outputs] == [0, 0, 1]


def test_losses_of_updates_are_means_over_their_last_iterations() -> None:
    solver = gan(f"{D} }} {G} every: 2 }}", more="average_loss: 3")
    engine = solver.engine
    assert engine.updates is not None
    seen: dict[str, list[float]] = {"discriminate": [], "generate": []}
    for iteration in range(5):
        solver.step(1)
        state = engine.updates.state_dict()["losses"]
        for name, losses in seen.items():
            if name == "discriminate" or iteration % 2 == 0:
                losses.append(state[name][-1])
    assert engine.updates.losses["discriminate"] == pytest.approx(sum(seen["discriminate"][-3:]) / 3)
    assert engine.updates.losses["generate"] == pytest.approx(sum(seen["generate"]) / 3)


def test_stage_of_an_update_runs_a_net_of_its_own() -> None:
    net = NET.replace(
        'dataset_param { name: "digits"',
        'exclude { stage: "own" } dataset_param { name: "digits"',
    ).replace('bottom: "t" }', 'bottom: "t" exclude { stage: "own" } }')
    net = net.replace('top: "real" }', 'top: "real" exclude { stage: "own" } }')
    net = net.replace(
        'layer { name: "D" type: "Call"', 'layer { name: "D" type: "Call" exclude { stage: "own" }'
    ).replace('name: "d_real" type', 'name: "d_real" exclude { stage: "own" } type')
    staged = gan(
        f"{D} }} {G.replace('layer:', 'stage: ' + chr(34) + 'own' + chr(34) + ' layer:')} }}", net=net
    )
    plain = gan()
    turns = staged.engine.updates
    assert turns is not None
    assert turns.turns[1].net is not staged.net
    assert "d" not in {layer.name for layer in turns.turns[1].net.graph.layers}
    assert run(staged, 4) == run(plain, 4)
    assert all(map(torch.equal, staged.net.learnable, plain.net.learnable))
