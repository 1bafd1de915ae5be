"""Run inputs of all kinds in processes of their own, share out the time, and keep what fails."""

from __future__ import annotations

import base64
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.fuzz.kinds import Kind
from tests.fuzz.minimise import minimised
from tests.fuzz.worker import RECORD_BYTES, STACK, read_record

ROOT = Path(__file__).parents[2]
SILENCE = 120.0
"""Seconds without an answer beyond a job's own after which a process is killed."""
JOB_SECONDS = 4.0
MINUTE = 60.0
MINIMISING_SECONDS = 10.0
JOBS_A_PROCESS = 60
"""A process is replaced after so many jobs, so that memory that libraries keep doesn't add up."""


class Crash(Exception):  # noqa: N818 (not an error of ours)
    """The process that ran an input ended, or was killed for not answering.

    Attributes:
        what: how it ended.
        input: kind, number and bytes of the input that it ran, if any.
        details: the Python stacks of its threads.
    """

    def __init__(self, what: str, last: tuple[str, int, bytes] | None, details: str = "") -> None:
        super().__init__(what)
        self.what, self.input, self.details = what, last, details


class Process:
    """A worker: `worker.main` in a process.

    Args:
        modules: modules that register the kinds, in place of those of all readers.
    """

    def __init__(self, modules: Sequence[str] = ()) -> None:
        folder = Path(tempfile.gettempdir())
        handle, name = tempfile.mkstemp(prefix="fuzz-record-", dir=folder)
        os.write(handle, b"{}\n")
        os.truncate(handle, RECORD_BYTES)
        os.close(handle)
        self._record, self._stack = Path(name), Path(f"{name}{STACK}")
        self.jobs = 0
        environ = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker", name, *modules],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, job: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Run a job.

        Raises:
            Crash: the process ended, or didn't answer in ``seconds`` and some.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.jobs += 1
        try:
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            self._process.stdin.flush()
            ready, _, _ = select.select([self._process.stdout], [], [], seconds + SILENCE)
            line = self._process.stdout.readline() if ready else b""
        except BrokenPipeError:
            line, ready = b"", [None]
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        last = read_record(self._record)
        if not ready:
            self._process.send_signal(signal.SIGABRT)  # writes its stacks
            self._process.wait()
            what = f"no answer for {SILENCE:.0f} s"
        else:
            code = self._process.wait()
            what = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
        details = self._stack.read_text(errors="replace") if self._stack.exists() else ""
        self.close()
        raise Crash(what, last, details)

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._record.unlink(missing_ok=True)
        self._stack.unlink(missing_ok=True)


@dataclass
class Finding:
    """An input that was neither accepted nor refused properly.

    Attributes:
        kind: its kind.
        what: kind and place of the failure.
        details: the traceback.
        number: number of the input.
        data: the input, made smaller.
    """

    kind: str
    what: str
    details: str
    number: int
    data: bytes

    def save(self, folder: Path, seed: int) -> Path:
        """Write the input, and beside it a text that says what failed."""
        path = folder / self.kind / sha256(self.data).hexdigest()[:12]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.data)
        command = f"scripts/fuzz -only {self.kind} -seed {seed} -first {self.number} -count 1"
        text = f"{self.what}\n{command}\n\n{self.details}\n"
        path.with_suffix(".txt").write_text(text, errors="backslashreplace")
        return path


@dataclass
class Tally:
    """What became of the inputs of one kind."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    next: int = 0
    slowest: tuple[float, int] = (0.0, -1)
    grown: tuple[int, int] = (0, -1)
    crashes: int = 0
    busy: float = 0.0


@dataclass
class Fuzzing:
    """A run over some kinds.

    Attributes:
        kinds: the kinds.
        seed: the seed of all inputs.
        first: number of the first input of each kind.
        counts: inputs of each kind; None for as many as the time allows.
        tallies: counts by kind.
        findings: the failures; of equal ones the first.
        peak: the largest memory of a process.
        errors: errors of the harness itself.
    """

    kinds: list[Kind]
    seed: int
    first: int = 0
    counts: Mapping[str, int] | None = None
    tallies: dict[str, Tally] = field(default_factory=dict)
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    peak: int = 0
    errors: list[BaseException] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.tallies = {kind.name: Tally(next=self.first) for kind in self.kinds}

    def run(
        self, seconds: float, processes: int = 1, show: Callable[[str], object] = lambda line: None
    ) -> None:
        """Run inputs for so many seconds, or until each kind has had its count.

        Args:
            seconds: see above.
            processes: how many run at once.
            show: called with a line of counts every minute.
        """
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=self._work, args=(until,)) for _ in range(processes)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            shown = time.monotonic() + MINUTE
            for thread in threads:
                thread.join(max(0.0, shown - time.monotonic()))
            if time.monotonic() >= shown:
                show(self._progress())

    def _progress(self) -> str:
        texts, binaries = (
            sum(self.tallies[kind.name].counts.total() for kind in self.kinds if kind.is_text is text)
            for text in (True, False)
        )
        return f"{texts:,} texts, {binaries:,} binaries, {len(self.findings)} findings"

    def _work(self, until: float) -> None:
        process: Process | None = None
        try:
            while (job := self._next(until)) is not None:
                if process is None or process.jobs >= JOBS_A_PROCESS:
                    if process is not None:
                        process.close()
                    process = Process()
                process = self._run(process, job)
        except BaseException as error:
            self.errors.append(error)
        finally:
            if process is not None:
                process.close()

    def _next(self, until: float) -> dict[str, Any] | None:
        """A job of the kind that has had the least time for its share."""
        left = until - time.monotonic()
        with self._lock:
            open_ = [kind for kind in self.kinds if self._left(kind.name)]
            if left <= 0 or not open_:
                return None
            kind = min(open_, key=lambda kind: self.tallies[kind.name].busy / kind.share)
            tally = self.tallies[kind.name]
            count = min(4000, self._left(kind.name))
            seconds = min(JOB_SECONDS if self.counts is None else left, left)
            tally.busy += seconds
            job = {
                "kind": kind.name,
                "seed": self.seed,
                "first": tally.next,
                "count": count,
                "seconds": seconds,
            }
            tally.next += count
            return job

    def _left(self, name: str) -> int:
        return (
            4000 if self.counts is None else max(0, self.first + self.counts[name] - self.tallies[name].next)
        )

    def _run(self, process: Process, job: dict[str, Any]) -> Process | None:
        tally = self.tallies[job["kind"]]
        try:
            answer = process.ask(job, job["seconds"])
        except Crash as crash:
            with self._lock:
                tally.crashes += 1
                tally.counts["failed"] += 1
            kind, number, data = crash.input or (job["kind"], job["first"], b"")
            what = crash.what if crash.input else f"{crash.what} between two inputs"
            self._keep(Finding(kind, what, crash.details, number, data))
            return None
        with self._lock:
            tally.counts.update(answer["counts"])
            tally.seconds += answer["seconds"]
            tally.busy += answer["seconds"] - job["seconds"]
            tally.slowest = max(tally.slowest, tuple(answer["slowest"]))
            tally.grown = max(tally.grown, tuple(answer["grown"]))
            self.peak = max(self.peak, answer["peak"])
        for one in answer["findings"]:
            data = base64.b64decode(one["data"])
            self._keep(Finding(job["kind"], one["what"], one["details"], one["number"], data))
        return process

    def _keep(self, finding: Finding) -> None:
        """Add a finding unless an equal one is known."""
        with self._lock:
            self.findings.setdefault((finding.kind, finding.what), finding)

    def minimise(self) -> None:
        """Make the inputs of all findings smaller, in at most `MINIMISING_SECONDS` for each."""
        for finding in self.findings.values():
            with _Tries(finding) as fails:
                finding.data = minimised(finding.data, fails, MINIMISING_SECONDS)


class _Tries:
    """Tries whether an input fails as a finding does."""

    def __init__(self, finding: Finding) -> None:
        self._finding = finding
        self._process: Process | None = None

    def __enter__(self) -> _Tries:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.close()

    def __call__(self, data: bytes) -> bool:
        self._process = self._process or Process()
        job = {"kind": self._finding.kind, "data": base64.b64encode(data).decode()}
        try:
            answer = self._process.ask(job, 10)
        except Crash as crash:
            self._process = None
            return crash.what == self._finding.what
        same: bool = answer["what"] == self._finding.what
        return answer["status"] == "failed" and same


def table(kinds: Iterable[Kind], tallies: dict[str, Tally], findings: Iterable[Finding]) -> list[str]:
    """The result as lines: a row for each kind, and their sums."""
    failures = Counter(finding.kind for finding in findings)
    lines = [
        f"{'kind':<16}{'inputs':>10}{'accepted':>10}{'refused':>10}{'findings':>9}"
        f"{'a second':>9}{'slowest':>10}{'memory':>9}"
    ]
    sums: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for kind in kinds:
        tally = tallies[kind.name]
        row = Counter({"inputs": tally.counts.total(), "accepted": tally.counts["accepted"],
                       "refused": tally.counts["refused"], "findings": failures[kind.name]})  # fmt: skip
        sums[kind.is_text].update(row)
        rate = row["inputs"] / tally.seconds if tally.seconds else 0.0
        lines.append(
            _row(kind.name, row) + f"{rate:>9.0f}{tally.slowest[0]:>8.2f} s{tally.grown[0] >> 20:>6} MB"
        )
    lines += [_row("texts", sums[True]), _row("binaries", sums[False])]
    return lines


def _row(name: str, row: Counter[str]) -> str:
    return f"{name:<16}{row['inputs']:>10,}{row['accepted']:>10,}{row['refused']:>10,}{row['findings']:>9,}"
