"""Parts of a run's state: random numbers, buffers of the nets, averaged params."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import SnapshotError
from layerzoo.functional.random import SCHEME
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.optimizer import UpdateRule, WeightAverage, make_rule
from layerzoo.ranks import Ranks
from layerzoo.schema import EMAParameter, SolverParameter
from layerzoo.solver.make_engine import update_params
from layerzoo.solver.snapshots.parts import Buffers, RandomNumbers, load_means, means_by_layer

NET = """
layer { name: "in" type: "Input" top: "x" top: "c"
        input_param { shape { dim: 2 dim: 1 dim: 3 } shape { dim: 2 dim: 1 } } }
layer { name: "rnn" type: "RNN" bottom: "x" bottom: "c" top: "h" recurrent_param { num_output: 2 } }
"""
TESTED = f"""{NET}
layer {{ name: "own" type: "Scale" bottom: "h" top: "s" include {{ phase: TEST }} scale_param {{ axis: 2 }} }}
"""


def net(text: str = NET, share: Net | None = None) -> Net:
    return Net(parse_net(text), "TEST", share=share)


class Second(Ranks):
    """The second of two processes; the first gathers its own and another's buffers."""

    def __init__(self, rank: int) -> None:
        super().__init__()
        self.rank, self.count = rank, 2

    def gather(self, value: object) -> list[object]:  # type: ignore[override]
        return [value, {name: tensor + 1 for name, tensor in value.items()}]  # type: ignore[attr-defined]


def test_random_numbers_set_the_seed_of_nets_and_rule() -> None:
    trained = net()
    rule = make_rule(SolverParameter(base_lr=1), update_params(trained), 1)
    assert isinstance(rule, UpdateRule)
    numbers = RandomNumbers(5, [trained], rule)
    assert (trained.clock.seed, rule.seed) == (5, 5)
    other = {**numbers.state_dict(), "seed": 9}
    numbers.load_state_dict(other)
    assert (numbers.seed, trained.clock.seed, rule.seed) == (9, 9, 9)
    assert numbers.state_dict() == other


def test_buffers_hold_recurrent_state_and_what_only_test_nets_have() -> None:
    trained = net()
    tested = net(TESTED, share=trained)
    buffers = Buffers(trained, [tested], Ranks())
    names = sorted(buffers.state_dict())
    assert "test0.layers.own.weight" in names
    assert not any(name.startswith(("train.layers.rnn.weight", "test0.layers.rnn.weight")) for name in names)
    state = {name: torch.full_like(tensor, 3) for name, tensor in buffers.state_dict().items()}
    buffers.load_state_dict(state)
    assert all(bool((tensor == 3).all()) for tensor in buffers.state_dict().values())
    assert float(tested.params["own"][0].detach()[0]) == 3


def test_buffers_of_another_shape_or_name_are_left_alone() -> None:
    trained = net(TESTED)
    buffers = Buffers(net(), [trained], Ranks())
    before = trained.params["own"][0].clone()
    buffers.load_state_dict(
        {"test0.layers.own.weight": torch.zeros(7), "test3.layers.own.weight": torch.zeros(2)}
    )
    assert torch.equal(trained.params["own"][0], before)


def test_buffers_keep_those_of_every_process() -> None:
    trained = net()
    state = Buffers(trained, [], Second(0)).state_dict()
    own = {name for name in state if name.startswith("train.")}
    assert own
    assert state.keys() == own | {f"rank1.{name}" for name in own}
    others = net()
    Buffers(others, [], Second(1)).load_state_dict(state)
    for name, tensor in others.named_buffers():
        assert torch.equal(tensor, state[f"rank1.train.{name}"]), name


def test_means_go_out_and_in_by_layer() -> None:
    trained = net()
    average = WeightAverage(EMAParameter(), trained.learnable)
    for number, mean in enumerate(average.means):
        mean.fill_(number)
    saved = {
        name: [blob.clone() for blob in blobs] for name, blobs in means_by_layer(average, trained).items()
    }
    assert [float(blob.flatten()[0]) for blob in saved["rnn"]] == [
        float(n) for n in range(len(average.means))
    ]
    average.restart()
    load_means(average, trained, saved)
    assert [float(mean.flatten()[0]) for mean in average.means] == [
        float(n) for n in range(len(average.means))
    ]
    with pytest.raises(SnapshotError, match="the snapshot's means lack layer 'rnn'"):
        load_means(average, trained, {"other": saved["rnn"]})
    with pytest.raises(SnapshotError, match="lack param"):
        load_means(average, trained, {"rnn": saved["rnn"][:1]})


def test_means_begin_at_the_params_without_any() -> None:
    trained = net()
    average = WeightAverage(EMAParameter(), trained.learnable)
    average.means[0].fill_(9)
    load_means(average, trained, {})
    assert torch.equal(average.means[0], trained.learnable[0])
    assert means_by_layer(None, trained) == {}


INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 } } }'
DROPOUT = 'layer { name: "drop" type: "Dropout" bottom: "x" top: "y" dropout_param { dropout_ratio: %g } }'
WARNING = "drew other random numbers: from layer 'drop' on, the run will differ"


def random_numbers(*layers: str) -> tuple[RandomNumbers, Net]:
    net = Net(parse_net(INPUT + "".join(layers)), phase="TRAIN")
    rule = make_rule(SolverParameter(base_lr=0.1, type="SGD"), [], 3)
    return RandomNumbers(3, [net], rule), net


@pytest.mark.parametrize(
    ("layer", "scheme", "warned"),
    [
        (DROPOUT % 0.5, 1, True),
        (DROPOUT % 0.5, SCHEME, False),
        (DROPOUT % 0, 1, False),
        ("", 1, False),
    ],
)
def test_random_numbers_of_an_older_scheme_are_warned_of_where_a_layer_draws(
    layer: str, scheme: int, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    part, net = random_numbers(layer)
    part.load_state_dict({"seed": 8, "scheme": scheme})
    assert (WARNING in caplog.text) == warned
    assert net.clock.seed == 8


def test_random_numbers_keep_seed_and_scheme() -> None:
    assert random_numbers()[0].state_dict() == {"seed": 3, "scheme": 2}
