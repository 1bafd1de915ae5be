"""What a process does that reads batches: errors, messages, signals, threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from layerzoo.errors import BatchError
from tests.data.test_workers import DEADLINE, Start, start

__all__ = ["start"]


def test_an_error_is_raised_at_its_batch_and_reading_goes_on(start: Start) -> None:
    workers = start()
    assert float(workers.get(6)[0][0, 0]) == 6
    with pytest.raises(BatchError, match="sample 7 is odd") as caught:
        workers.get(7)
    assert caught.value.fault.hint == "remove it"
    with pytest.raises(RuntimeError, match="no class of the parent's"):
        workers.get(8)
    assert float(workers.get(9)[0][0, 0]) == 9


def test_log_and_skipped_samples_of_a_process_reach_the_parent(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    workers = start(1)
    with caplog.at_level("WARNING", "layerzoo"):
        workers.get(9)
    assert [record.getMessage() for record in caplog.records] == ["100 % of batch 9"]
    assert workers._job.skipped == {0: "damaged"}  # type: ignore[attr-defined]  # of Counting


def test_signals_of_terminals_and_schedulers_leave_processes_running(start: Start) -> None:
    workers = start(2)
    workers.get(0)
    for pid in workers.pids:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, number)
    assert [float(workers.get(number)[0][0, 0]) for number in (1, 2, 3, 4, 5)] == [1, 2, 3, 4, 5]


THREADED = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np, torch
from layerzoo.data.audio import log_mel
from layerzoo.data.batches import Batches, Reading, StreamSettings
from layerzoo.data.samples import Samples
from layerzoo.data.streams import Stream
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps.resize import Resize
values = np.random.default_rng(0).standard_normal((32, 16_000)).astype(np.float32)
class Source(Samples):
    def __len__(self):
        return 64
    def read(self, indices, numbers, key):
        return ({read},)
torch.set_num_threads(2)
batches = Batches(Source(), Reading(32, 2), "data", StreamSettings(0, False, False, 0, 1))
expected = batches.get(0)[0]
stream = Stream(batches, 2, 2, False)
assert all(torch.equal(stream.get(number)[0], expected) for number in range(6))
assert len(stream.pids) == 2
stream.close()
print("read")
"""


@pytest.mark.parametrize(
    "read",
    [
        "log_mel(values, 16_000, 64, 400, 160)",
        "Pipeline(Resize(64, 64), peak=1.0)(values[:, :3072].reshape(32, 3, 32, 32), numbers)",
        "(torch.from_numpy(values[:, :512]) @ torch.from_numpy(values[:, :512]).T).numpy()",
    ],
    ids=["log_mel", "resize", "torch"],
)
def test_processes_compute_where_the_parent_has_used_threads(read: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", THREADED.format(read=read), str(Path.cwd())],
        stdout=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "2"}, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.communicate(timeout=DEADLINE)[0] == b"read\n"
        assert process.returncode == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # those that wait for threads too
        process.wait()
