"""Slow processes: who is slow, and when it is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from layerzoo.ranks import Ranks
from layerzoo.solver.pace import Judgement, Pace, Slow, find_slow
from tests.processes import run_processes

EVEN = [0.0] * 4

TRAINING = """
import layerzoo.solver.pace as pace
from layerzoo.cli.main import main
from layerzoo.ranks import leave
BEFORE
pace.INTERVAL = 0.4
code = main(["train", "-solver", "solver.yaml", "-allow_python", "naps"])
leave(code)
"""
SLOW_FETCH = """
import os, time
from layerzoo.net import Net
fetch = Net.fetch
def slow(*args, **kwargs):
    time.sleep(0.06 if os.environ["RANK"] == "1" else 0.02)
    return fetch(*args, **kwargs)
Net.fetch = slow
"""
LAYERS = """
import os, time, caffe
class Nap(caffe.Layer):
    def setup(self, bottom, top): pass
    def reshape(self, bottom, top): top[0].reshape(*bottom[0].data.shape)
    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data
        time.sleep(0.06 if os.environ["RANK"] == "1" else 0.02)
    def backward(self, top, down, bottom): bottom[0].diff[...] = top[0].diff
"""
NET = """
layer:
- {name: d, type: DrawnData, top: [x, t], drawn_data_param: {task: waves, batch_size: 8}}
NAP
- {name: ip, type: InnerProduct, bottom: y, top: ip, inner_product_param: {num_output: 10}}
- {name: loss, type: SoftmaxWithLoss, bottom: [ip, t], top: loss}
"""
PLAIN = "- {name: plain, type: Power, bottom: x, top: y}"
NAP = "- {name: nap, type: Python, bottom: x, top: y, python_param: {module: naps, layer: Nap}}"
SOLVER = """
net: net.yaml
base_lr: 0.01
lr_policy: fixed
max_iter: 60
snapshot_prefix: r
solver_mode: CPU
random_seed: 3
"""


def test_find_slow_compares_with_the_median_of_the_others() -> None:
    assert find_slow([0.1, 0.1, 0.1, 0.109], EVEN) == {}
    slow = find_slow([0.1, 0.13, 0.09, 0.11], [0.0, 0.02, 0.0, 0.0])
    assert slow == {1: Slow(1, 0.13, 0.1, 0.02)}
    assert slow[1].cost == pytest.approx(3 / 13)
    assert find_slow([0.2, 0.1], EVEN[:2]).keys() == {0}


def _lines(*comparisons: dict[int, float]) -> list[str | None]:
    """What a judgement says of processes that compute so long beside three others with 100 ms."""
    judgement = Judgement(8, lambda rank: f"node{rank}")
    return [
        judgement.observe({rank: Slow(rank, own, 0.1, 0.0) for rank, own in slow.items()})
        for slow in comparisons
    ]


def test_judgement_speaks_after_three_comparisons_that_agree() -> None:
    assert _lines({3: 0.13}, {3: 0.2}, {3: 0.13}) == [
        None,
        None,
        "Process 3 of 8 (machine node3) is slow: it computes 130 ms an iteration, the others 100 ms in the "
        "median; it costs 23 % of the run",
    ]
    assert _lines({3: 0.13}, {}, {3: 0.13}, {3: 0.13}, {2: 0.13}) == [None] * 5


def test_judgement_speaks_again_only_when_it_changes() -> None:
    same = {3: 0.13}
    assert _lines(same, same, same, same, {3: 0.14}, same)[3:] == [None] * 3
    more = {3: 0.26}
    assert _lines(same, same, same, more, same, more, more)[3:] == [None] * 4
    worse = _lines(same, same, same, more, more, more)[-1]
    assert worse is not None
    assert "costs 62 % of the run" in worse
    assert _lines(same, same, same, {}, {}, {}, {})[3:] == [
        None,
        None,
        "Process 3 of 8 is no longer slow",
        None,
    ]
    assert _lines({}, {}, {}, {}) == [None] * 4


def test_judgement_names_other_slow_processes_and_waiting_for_data() -> None:
    judgement = Judgement(8, lambda rank: "a")
    slow = {2: Slow(2, 1.5, 1.0, 0.0), 5: Slow(5, 2.0, 1.0, 0.9)}
    said = [judgement.observe(slow) for _ in range(3)][-1]
    assert said is not None
    assert said.startswith("Process 5 of 8 (machine a) is slow, since it waits for data: it computes 2 s an")
    assert said.endswith("it costs 50 % of the run. Slow too: 2")


def test_pace_leaves_a_single_process_alone() -> None:
    pace = Pace(Ranks(), lambda: 1 / 0)
    with pace.measured(1):
        pass


@pytest.mark.parametrize("overlapped", [False, True])
def test_pace_names_the_process_that_sleeps(tmp_path: Path, overlapped: bool) -> None:
    """Process 1 sleeps 60 ms an iteration, the others 20 ms: in a Python layer or as it fetches a batch."""
    (tmp_path / "naps.py").write_text(LAYERS)
    (tmp_path / "net.yaml").write_text(NET.replace("NAP", PLAIN if overlapped else NAP))
    script = TRAINING.replace("BEFORE", SLOW_FETCH if overlapped else "")  # a Python layer isn't overlapped
    (tmp_path / "solver.yaml").write_text(SOLVER)
    results = run_processes(["-c", script], tmp_path, count=3)
    assert [code for code, _, _ in results] == [0, 0, 0], results
    logs = "".join(err for _, _, err in results)
    lines = re.findall(r"Process (\d) of 3 \(machine .+\) is slow.* costs (\d+) % of the run", logs)
    assert len(lines) == 1, logs
    assert lines[0][0] == "1"
    assert 40 < int(lines[0][1]) < 75, lines  # 60 ms against 20 ms: 67 %, less with what both compute
