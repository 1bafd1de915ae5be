"""Runs compared by their hashes."""

from __future__ import annotations

import json
from pathlib import Path

from layerzoo.solver.trials.run_hashes import Difference, Line, RunHashes


def fed(batch: int, *rows: str, layer: str = "data") -> Line:
    return {"fed": batch, "layer": layer, "tops": {"x": list(rows), "box": ["whole"]}}


def updated(iteration: int, loss: str = "0x1p+0", weight: str = "w", history: str = "h") -> Line:
    params = {"a/ip.weight": weight, "a/ip.bias": "b"}
    return {"updated": iteration, "loss": loss, "params": params, "history": [history, "h2", "h3", "h4"]}


STRAIGHT = RunHashes([fed(0, "r", "s"), updated(1), fed(1, "t", "u"), updated(2)])


def test_equal_runs_have_no_differences() -> None:
    assert STRAIGHT.differences(STRAIGHT) == {}
    assert STRAIGHT.differences(RunHashes([fed(1, "t", "u"), updated(2)])) == {}, "a run that was resumed"
    assert STRAIGHT.differences(RunHashes([fed(7, "z")])) == {}, "it is not part of both"


def test_differences_are_the_first_of_each_kind() -> None:
    other = RunHashes([fed(0, "r", "s"), updated(1, weight="v"), fed(1, "t", "X"), updated(2, "0x1p+1", "v")])
    assert STRAIGHT.differences(other) == {
        "weights": Difference("weights", 1, "a/ip", "param 'weight'"),
        "samples": Difference("samples", 2, "data", "top 'x', sample 1 of the batch"),
        "loss": Difference("loss", 2),
    }
    assert str(STRAIGHT.differences(other)["weights"]) == "iteration 1, layer 'a/ip': param 'weight'"
    assert str(STRAIGHT.differences(other)["loss"]) == "iteration 2"


def test_history_is_named_by_its_param() -> None:
    other = RunHashes([updated(1) | {"history": ["h", "h2", "h3", "X"]}])
    assert STRAIGHT.differences(other)["history"] == Difference("history", 1, "a/ip", "param 'bias'")


def test_batches_count_by_iter_size() -> None:
    straight = RunHashes([fed(3, "a")], iter_size=2)
    assert straight.differences(RunHashes([fed(3, "b")], 2))["samples"].iteration == 2


def test_repeated_line_counts_by_its_last() -> None:
    other = RunHashes([fed(0, "trial", "pass"), fed(0, "r", "s"), updated(1)])
    assert STRAIGHT.differences(other) == {}


def test_layers_are_compared_in_the_order_of_computing() -> None:
    def lines(top: str, gradient: str) -> list[Line]:
        return [
            {"computed": 0, "layer": "ip", "tops": {"y": top}},
            {"gradient": 0, "layer": "ip", "tops": {"y": gradient}},
        ]

    straight = RunHashes(lines("t", "g"))
    assert list(straight.differences(RunHashes(lines("T", "G"))).values()) == [
        Difference("tops", 1, "ip", "top 'y'"),
        Difference("gradients", 1, "ip", "gradient of top 'y'"),
    ]
    assert list(straight.differences(RunHashes(lines("t", "G")))) == ["gradients"]


def test_split_batches_are_dealt_sample_by_sample() -> None:
    straight = RunHashes([fed(0, "0", "1", "2", "3"), fed(1, "4", "5", "6", "7")])
    ranks = [RunHashes([fed(0, "0", "2"), fed(1, "4", "6")]), RunHashes([fed(0, "1", "3"), fed(1, "5", "7")])]
    assert straight.of_split(ranks, ["data"]) == (8, None)
    assert straight.of_split(ranks, ["other"]) == (0, None)
    assert straight.of_split(ranks[::-1], ["data"]) == (
        0,
        Difference("samples", 1, "data", "top 'x', sample 0 of the batch"),
    )
    late = [ranks[0], RunHashes([fed(0, "1", "3"), fed(1, "5", "X")])]
    assert late[1].lines, "the second batch differs"
    assert straight.of_split(late, ["data"]) == (
        4,
        Difference("samples", 2, "data", "top 'x', sample 3 of the batch"),
    )


def test_tops_without_a_row_for_each_sample_are_not_compared() -> None:
    straight = RunHashes([{"fed": 0, "layer": "data", "tops": {"box": ["w"]}}])
    ranks = [RunHashes([{"fed": 0, "layer": "data", "tops": {"box": [one]}}]) for one in "xy"]
    assert straight.of_split(ranks, ["data"]) == (0, None)


def test_file_that_was_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    file = tmp_path / "hashes"
    file.write_text(json.dumps(updated(1)) + "\n" + '{"updated": 2, "lo')
    assert RunHashes.read(file).updates == [1]
    assert RunHashes.read(tmp_path / "missing").updates == []
