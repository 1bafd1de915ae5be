"""What a net needs by its shapes."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import OutOfMemoryError
from layerzoo.graph import Graph
from layerzoo.loader import parse_net
from layerzoo.memory import needs as memory_needs
from layerzoo.memory.needs import check_memory, params_needs, run_needs, shortage, training_needs
from layerzoo.net import Net, graph_of
from layerzoo.schema import TRAIN, NetState

CPU = torch.device("cpu")
GIB = 1 << 30
NET = """
name: small
layer:
- {name: data, type: DummyData, top: [data, label],
   dummy_data_param: {shape: [{dim: [8, 100]}, {dim: 8}]}}
- {name: relu, type: ReLU, bottom: data, top: data}
- {name: flat, type: Flatten, bottom: data, top: flat}
- {name: ip, type: InnerProduct, bottom: flat, top: ip, inner_product_param: {num_output: 10}}
- {name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}
"""


def graph(text: str = NET) -> Graph:
    return graph_of(parse_net(text, format="yaml"), NetState(phase=TRAIN))


def test_needs_over_processes_are_parts_and_what_is_gathered() -> None:
    needs = training_needs(graph(), history=13)
    part = needs.over(3, gathered=1000)
    assert (part.params, part.history) == (-(-needs.params // 3), 5)
    assert part.gradients == -(-needs.gradients // 3)
    assert (part.blobs, part.kept) == (needs.blobs, needs.kept + 1000)
    whole = needs.params + needs.gradients
    assert needs.over(3, gathered=10 * whole).kept == needs.kept + whole, "no more than there is"


def test_needs_of_wider_numbers_are_multiples() -> None:
    needs = training_needs(graph(), history=12)
    twice = needs.times(2)
    assert (twice.params, twice.history, twice.blobs) == (2 * needs.params, 24, 2 * needs.blobs)
    assert (twice.likely, twice.layer_params) == (2 * needs.likely, 2 * needs.layer_params)
    assert (twice.batch_size, twice.name) == (needs.batch_size, needs.name)


def test_needs_of_a_forward_pass_count_blobs_alive_at_once() -> None:
    needs = run_needs(graph())
    assert needs.params == 4 * (100 * 10 + 10)
    # In place and as a view the data is one blob of 800; with it, 8 labels and 80 outputs are alive.
    assert needs.blobs == 4 * (800 + 8 + 80)
    assert needs.batch_size == 8
    assert needs.layer is not None
    assert (needs.layer.name, needs.layer_params, needs.layer_blobs) == ("ip", 4 * 1010, 4 * 80)
    assert run_needs(graph(), all_blobs=True).blobs == 4 * (800 * 3 + 8 + 80 + 1)


def test_needs_of_training_add_gradients_history_and_what_is_kept() -> None:
    needs = training_needs(graph(), [graph()], history=4040)
    assert (needs.params, needs.gradients, needs.history) == (4040, 4040, 4040)
    assert needs.fixed == 3 * 4040
    assert needs.least == 3 * 4040 + 4 * 888
    assert needs.layer_params == 3 * 4040
    frozen = NET.replace("top: ip,", "top: ip, param: [{lr_mult: 0}, {lr_mult: 0}],")
    assert training_needs(graph(frozen)).gradients == 0


def test_test_net_counts_if_it_needs_more() -> None:
    wide = graph(NET.replace("dim: [8, 100]", "dim: [80, 100]").replace("dim: 8}", "dim: 80}"))
    assert training_needs(graph(), [wide]).blobs == run_needs(wide).blobs == 4 * 8880


def test_batches_that_are_read_ahead_are_likely_needed() -> None:
    text = """
layer:
- {name: digits, type: Dataset, top: [data, label],
   dataset_param: {name: digits, split: train, batch_size: 10, prefetch: 3}}
"""
    needs = training_needs(graph(text))
    assert needs.kept == 3 * 4 * (10 * 28 * 28 + 10) or needs.kept == 3 * 4 * (10 * 64 + 10)
    assert needs.likely == needs.least + needs.kept


@pytest.fixture
def available(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of available bytes, as the one element of a list."""
    count = [0]
    monkeypatch.setattr(memory_needs, "available_memory", lambda *_, **__: count[0])
    return count


def test_net_that_fits_exactly_passes(available: list[int]) -> None:
    needs = run_needs(graph())
    available[0] = needs.least
    check_memory(needs, CPU)
    available[0] -= 1
    check_memory(needs, CPU, allocated=1)
    check_memory(needs, torch.device("meta"))
    with pytest.raises(OutOfMemoryError):
        check_memory(needs, CPU)


def test_fault_names_needs_layer_line_and_a_batch_that_fits(available: list[int]) -> None:
    available[0] = 4040 + 4 * 888 // 4 + 10
    fault = shortage(run_needs(graph()), CPU)
    assert fault is not None
    assert fault.message == (
        "net 'small' needs at least 7.4 KiB of memory (3.9 KiB params, 3.5 KiB blobs); "
        "4.8 KiB are available on this machine; layer 'ip' takes most, 4.3 KiB"
    )
    assert fault.origin is not None
    assert fault.origin.source.position(fault.origin.offset).line == 8
    assert fault.hint == "a batch_size of 2 would fit, in place of 8"
    trained = shortage(training_needs(graph()), CPU, iter_size=3)
    assert trained is not None
    assert str(trained.hint).startswith("make the layer smaller (num_output")
    available[0] += 4040
    trained = shortage(training_needs(graph()), CPU, iter_size=3)
    assert trained is not None
    assert trained.hint == "batch_size: 2 with iter_size: 12 would fit, in place of 8 with 3"


def test_likely_shortage_is_one_of_the_estimate(available: list[int]) -> None:
    needs = training_needs(graph())
    assert needs.kept
    available[0] = needs.least
    assert shortage(needs, CPU, 1) is None
    fault = shortage(needs, CPU, 1, likely=True)
    assert fault is not None
    assert "needs about" in fault.message
    assert "blobs kept for the backward pass" in fault.message


HUGE = NET.replace("num_output: 10", "num_output: 1000000000")


def test_net_whose_params_do_not_fit_is_refused_before_it_is_built() -> None:
    with pytest.raises(
        OutOfMemoryError, match=r"needs at least 376\.3 GiB of memory .*layer 'ip' takes most"
    ):
        Net(parse_net(HUGE, format="yaml"), "TRAIN")
    assert Net(parse_net(HUGE, format="yaml"), "TRAIN", device="meta").params
    assert params_needs(graph(HUGE)).least == 4 * 101 * 10**9


def test_blobs_of_each_run_of_a_subnet_are_likely_kept_for_the_backward_pass() -> None:
    loop = """
- {name: more, type: Loop, bottom: ip, top: more, subnet_param: {times: 5, body: {layer: [
    {name: q, type: Input, top: q}, {name: up, type: InnerProduct, bottom: q, top: a,
     inner_product_param: {num_output: 20}}, {name: down, type: InnerProduct, bottom: a, top: b,
     inner_product_param: {num_output: 10}}]}}}
- {name: loss, type: SoftmaxWithLoss, bottom: [more, label], top: loss}
"""
    plain, text = NET, NET[: NET.index("- {name: loss")] + loop
    added = training_needs(graph(text)).kept - training_needs(graph(plain)).kept
    assert 4 * 5 * 8 * (10 + 20 + 10) <= added <= 4 * (5 * 8 * (10 + 20 + 10) + 8 * 10)
