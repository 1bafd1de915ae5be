"""The lessons with decoders and memories compute what numpy computes; an answer reads itself alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.solver import Solver
from tests.courses.lessons import make_solver

TRANSLATORS = pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("seq2seq", []),
        ("seq2seq", ["net.let.task=addition", "net.let.length=2"]),
        ("seq2seq_attention", []),
        ("seq2seq_attention", ["net.let.attention=false"]),
    ],
)


def score(subnet: str, **bottoms: list[list[float]]) -> float:
    """What a block of ``blocks/sequence.yaml`` says of blobs of two axes."""
    text = 'include: "blocks/sequence.yaml"\n'
    for name, values in bottoms.items():
        shape = f"dim: {len(values)} dim: {len(values[0])}"
        text += (
            f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ {shape} }} }} }}\n'
        )
    names = " ".join(f'bottom: "{name}"' for name in bottoms)
    net = Net(
        parse_net(
            f'{text}layer {{ name: "s" type: "Call" {names} top: "s" subnet_param {{ net: "{subnet}" }} }}'
        )
    )
    return float(net(**{name: torch.tensor(values) for name, values in bottoms.items()})["s"])


def test_exact_match_counts_whole_sequences() -> None:
    target = [[1.0, 2, 3, 4], [0, 5, 0, 2], [-1, 0, -1, 0]]  # three steps of four sequences
    said = [
        [1.0, 2, 3, 4],
        [0, 5, 1, 2],
        [7, 0, 7, 1],
    ]  # the third is wrong at its second step, the fourth at its end
    assert score("exact_match", said=said, target=target) == 0.5


def test_bit_error_counts_bits_of_weight_1() -> None:
    scores, bits = [[2.0, -2, 0.5, -0.5]], [[1.0, 1, 0, 0]]
    assert score("bit_error", score=scores, bits=bits, weight=[[1.0, 1, 1, 1]]) == 0.5
    assert score("bit_error", score=scores, bits=bits, weight=[[1.0, 1, 0, 1]]) == pytest.approx(1 / 3)


def batch_of(solver: Solver) -> tuple[Net, dict[str, Tensor]]:
    """The net that tests, and a batch of its data."""
    test = solver.test_nets[0]
    feed = test.fetch(0)
    names = test.graph.layers[0].param.top
    return test, {
        name: feed.blobs[next(b.index for b in test.graph.blobs if b.name == name)] for name in names
    }


@TRANSLATORS
def test_answers_are_those_of_a_decoder_that_is_given_its_own(
    name: str, changes: list[str], tmp_path: Path
) -> None:
    """Teacher forcing with the answers of the free run gives these answers again."""
    solver = make_solver(name, [*changes, "net.let.batch=16"], tmp_path)
    solver.step(3)
    test, batch = batch_of(solver)
    params, free = test.functional(["said", "score"])
    answered = free(params, batch)
    said = answered["said"].flatten(1)
    wrong = batch | {"target": torch.zeros_like(batch["target"])}
    wrong["given"] = torch.randint(0, 5, batch["given"].shape).float()
    wrong["given"][0] = 0  # the mark that begins an answer
    assert torch.equal(free(params, wrong)["said"], answered["said"])
    forced = solver.net.functional(["said", "score"])[1]
    own = batch | {"given": torch.cat([torch.zeros(1, said.shape[1]), said[:-1]])}
    again = forced(params, own)
    assert torch.equal(again["said"], answered["said"])
    assert torch.allclose(again["score"], answered["score"], atol=1e-5)
    assert not torch.equal(forced(params, batch)["score"], answered["score"])


def test_attention_sees_no_place_behind_the_source(tmp_path: Path) -> None:
    test, batch = batch_of(make_solver("seq2seq_attention", ["net.let.batch=16"], tmp_path))
    params, free = test.functional(["score"])
    behind = torch.arange(len(batch["source"]))[:, None] >= batch["steps"]
    assert behind.any()
    other = batch | {"source": torch.where(behind, 7.0, batch["source"])}
    assert torch.allclose(free(params, other)["score"], free(params, batch)["score"], atol=1e-6)


def test_memory_network_reads_as_by_numpy(tmp_path: Path) -> None:
    solver = make_solver("memory_network", ["net.let.count=100"], tmp_path)
    test, batch = batch_of(solver)
    params, function = test.functional(["score"])
    rng = np.random.default_rng(0)
    params = {key: torch.from_numpy(rng.normal(0, 0.3, value.shape)).float() for key, value in params.items()}
    held = [value.double().numpy() for value in params.values()]
    key_words, key_times, value_words, value_times, asked_words, *turns, weight, bias = held
    story, question, facts = (batch[name].long().numpy() for name in ("story", "question", "facts"))
    keys, values = key_words[story].sum(2) + key_times, value_words[story].sum(2) + value_times
    state = asked_words[question].sum(1)
    for turn in turns:
        z = np.einsum("nd,ntd->nt", state, keys)
        z[np.arange(story.shape[1]) >= facts[:, None]] = -np.inf
        p = np.exp(z - z.max(1, keepdims=True))
        state = state @ turn.T + np.einsum("nt,ntd->nd", p / p.sum(1, keepdims=True), values)
    assert len(turns) == 3
    assert np.allclose(function(params, batch)["score"].numpy(), state @ weight.T + bias, atol=1e-4)


@pytest.mark.parametrize("jump", ["content", "start"])
def test_turing_machine_computes_as_by_numpy(jump: str, tmp_path: Path) -> None:
    changes = [f"net.let.{name}" for name in ("batch=2", "tested=4", "slots=5", "size=3", "hidden=7")]
    test, batch = batch_of(make_solver("turing_copy", [*changes, f"net.let.jump={jump}"], tmp_path))
    params, function = test.functional(["score"])
    rng = np.random.default_rng(0)
    params = {key: torch.from_numpy(rng.normal(0, 0.8, value.shape)).float() for key, value in params.items()}
    held = {key.rpartition("layers.")[2]: value.double().numpy() for key, value in params.items()}
    scores = turing_machine(held, batch["sequence"].double().numpy(), jump)
    assert np.allclose(function(params, batch)["score"].numpy(), scores, atol=1e-4)


def turing_machine(params: dict[str, np.ndarray], sequence: np.ndarray, jump: str) -> np.ndarray:
    """The scores of the machine of five slots with three numbers each."""

    def layer(name: str, x: np.ndarray) -> np.ndarray:
        return x @ params[f"{name}.weight"].T + params[f"{name}.bias"]

    count, slots, size = sequence.shape[1], 5, 3
    read, memory, start = np.zeros((count, size)), np.zeros((count, slots, size)), np.eye(slots)[0]
    memory[:, 0] = params["mark.value"]
    heads = np.tile(start, (count, 2, 1))
    scores = []
    for row in sequence:
        state = np.tanh(layer("hidden", np.concatenate([row, read], 1)))
        left, stay, right, far, gamma = np.moveaxis(layer("wish", state).reshape(count, 2, 5), 2, 0)
        moves = softmax(np.stack([left, stay, right, far]), 0)[..., None]
        there = np.broadcast_to(start, heads.shape)
        if jump == "content":
            key = layer("alike/key", state).reshape(count, 2, size)
            lengths = np.linalg.norm(key, axis=2)[:, :, None] * np.linalg.norm(memory, axis=2)[:, None]
            cosine = np.einsum("nhd,nsd->nhs", key, memory) / (lengths + 0.01)
            there = softmax(cosine * softplus(layer("alike/any", state))[..., None], 2)
        ways = np.stack([np.roll(heads, -1, 2), heads, np.roll(heads, 1, 2), there])
        heads = ((moves * ways).sum(0) + 1e-6) ** (1 + softplus(gamma))[..., None]
        heads /= heads.sum(2, keepdims=True)
        writer, reader = heads[:, 0, :, None], heads[:, 1, :, None]
        erase, add = 1 / (1 + np.exp(-layer("erased", state))), layer("added", state)
        memory = memory * (1 - writer * erase[:, None]) + writer * add[:, None]
        read = (reader * memory).sum(1)
        scores.append(layer("score", np.concatenate([state, read], 1)))
    return np.stack(scores)


def test_turing_machine_has_the_same_params_for_any_memory(tmp_path: Path) -> None:
    few, many = (
        make_solver("turing_copy", [f"net.let.slots={slots}"], tmp_path).net.state_dict()
        for slots in (12, 64)
    )
    assert {key: value.shape for key, value in few.items()} == {
        key: value.shape for key, value in many.items()
    }


def softplus(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.log1p(np.exp(x)))


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(x - x.max(axis, keepdims=True))
    return np.asarray(e / e.sum(axis, keepdims=True))
