import gc
import os
import subprocess
import sys
import threading
import time
import weakref

import pytest

from layerzoo.data import prefetch
from layerzoo.data.prefetch import Prefetcher


def threads():
    return [t for t in threading.enumerate() if t.name == "layerzoo-prefetch"]


def until(condition):
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    return condition()


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    if threads():
        gc.collect()
    assert until(lambda: not threads())


def test_items_are_produced_in_order_ahead_of_use():
    produced = []
    ahead = Prefetcher(lambda k: produced.append(k) or k * k, depth=3)
    assert [ahead.get(k) for k in range(5)] == [0, 1, 4, 9, 16]
    assert until(lambda: len(produced) == 8)  # three are ready
    time.sleep(0.02)
    assert produced == list(range(8))


def test_get_of_another_number_restarts_there():
    ahead = Prefetcher(str, depth=2)
    assert [ahead.get(k) for k in (0, 1, 7, 8, 3)] == ["0", "1", "7", "8", "3"]
    assert len(threads()) == 1


def test_cycle_restarts_at_item_zero():
    produced = []
    ahead = Prefetcher(lambda k: produced.append(k) or k, depth=1, cycle=3)
    assert [ahead.get(k) for k in range(3)] == [0, 1, 2]
    assert until(lambda: len(produced) == 4)
    assert produced == [0, 1, 2, 0]
    (thread,) = threads()
    assert [ahead.get(k) for k in range(2)] == [0, 1]
    assert threads() == [thread], "the same thread continues"


def test_step_produces_every_nth_item_of_a_cycle():
    produced = []
    ahead = Prefetcher(lambda k: produced.append(k) or k, depth=1, cycle=7, step=3)
    assert [ahead.get(k) for k in (1, 4)] == [1, 4]
    assert until(lambda: len(produced) == 3)
    assert produced == [1, 4, 1], "the share of process 1 of 3, from its start"
    assert ahead.get(1) == 1
    endless = Prefetcher(str, depth=2, step=3)
    assert [endless.get(k) for k in (2, 5, 8)] == ["2", "5", "8"]


def test_error_is_raised_by_get_of_its_item():
    def produce(k):
        if k == 2:
            raise ValueError("no item 2")
        return k

    ahead = Prefetcher(produce, depth=4)
    assert [ahead.get(0), ahead.get(1)] == [0, 1]
    for _ in range(2):
        with pytest.raises(ValueError, match="no item 2"):
            ahead.get(2)
    assert ahead.get(3) == 3


def test_close_ends_the_thread_and_get_starts_another():
    ahead = Prefetcher(str, depth=2)
    ahead.get(0)
    ahead.close()
    assert not threads()
    assert ahead.get(1) == "1"


def test_items_are_produced_one_at_a_time():
    busy = threading.Lock()

    def produce(k):
        assert busy.acquire(blocking=False)
        time.sleep(0.005)
        busy.release()
        return k

    ahead = Prefetcher(produce, depth=2)
    assert [ahead.get(k) for k in (0, 5, 1, 9, 10)] == [0, 5, 1, 9, 10]


def test_thread_ends_when_the_prefetcher_is_collected():
    ahead = Prefetcher(str, depth=2)
    ahead.get(0)
    gone = weakref.ref(ahead)
    del ahead
    gc.collect()
    assert gone() is None
    assert until(lambda: not threads())


def test_interpreter_exits_during_a_batch():
    script = (  # loads the file alone, since importing torch takes seconds
        "import runpy, sys, time\n"
        "Prefetcher = runpy.run_path(sys.argv[1])['Prefetcher']\n"
        "ahead = Prefetcher(lambda k: time.sleep(0.05) or k, 2)\n"
        "print(ahead.get(0))"
    )
    command = [sys.executable, "-c", script, prefetch.__file__]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_forked_child_continues_reading():
    ahead = Prefetcher(lambda k: k + 10, depth=2)
    assert ahead.get(0) == 10
    child = os.fork()
    if not child:
        os._exit(ahead.get(1))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 11
    assert ahead.get(1) == 11
