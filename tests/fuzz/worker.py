"""A process that runs inputs: jobs come as JSON lines on stdin, results go to stdout.

Its arguments are the shared file and, if not those of all readers, the modules of the kinds.

Each input stands in a shared file before it runs, so that one which kills the process is known.
"""

from __future__ import annotations

import base64
import faulthandler
import json
import mmap
import os
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import IO, Any

from tests.fuzz.kinds import Kind, kinds
from tests.fuzz.running import Result, prepared, run

STACK = ".stack"
"""Suffix of the file with the Python stacks of a process that crashes."""
RECORD_BYTES = 8 << 20
"""Size of the shared file: a line of JSON, then the input."""
ADDRESS_SPACE = 6 << 30
"""Bytes of address space beyond what the process has when it is ready."""
MAX_FINDINGS = 20
"""Most findings that one job reports; equal ones count once."""


class Record:
    """The input that runs, in a file that the supervisor reads after a crash."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), RECORD_BYTES)

    def set(self, kind: str, number: int, data: bytes) -> None:
        """Note an input."""
        head = json.dumps({"kind": kind, "number": number, "size": len(data)}).encode() + b"\n"
        whole = head + data[: RECORD_BYTES - len(head)]
        self._map[: len(whole)] = whole

    def clear(self) -> None:
        """Note that none runs."""
        self._map[:3] = b"{}\n"


def read_record(path: Path) -> tuple[str, int, bytes] | None:
    """Kind, number and bytes of the input that ran last; None if none ran."""
    with path.open("rb") as file:
        head: dict[str, Any] = json.loads(file.readline() or b"{}")
        return (head["kind"], head["number"], file.read(head["size"])) if head else None


def run_job(kind: Kind, job: dict[str, Any], work: Path, record: Record) -> dict[str, Any]:
    """Run the inputs ``first`` to ``first + count`` of a seed, or until ``seconds`` have passed."""
    counts: Counter[str] = Counter()
    found: dict[str, dict[str, Any]] = {}
    slowest, grown = (0.0, -1), (0, -1)
    begun, number = time.monotonic(), job["first"]
    while counts.total() < job["count"] and time.monotonic() - begun < job["seconds"]:
        data = kind.input(job["seed"], number)
        record.set(kind.name, number, data)
        result = run(kind, data, work)
        counts[result.status] += 1
        slowest, grown = max(slowest, (result.seconds, number)), max(grown, (result.grown, number))
        if result.status == "failed" and result.what not in found and len(found) < MAX_FINDINGS:
            found[result.what] = _finding(result, number, data)
        number += 1
    record.clear()
    return {"counts": counts, "next": number, "seconds": time.monotonic() - begun, "slowest": slowest,
    "grown": grown,
            "findings": list(found.values()),
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}  # fmt: skip


def _finding(result: Result, number: int, data: bytes) -> dict[str, Any]:
    encoded = base64.b64encode(data).decode()
    return {"what": result.what, "details": result.details, "number": number, "data": encoded}


def main() -> None:
    """Answer jobs until stdin ends."""
    record = Record(Path(sys.argv[1]))
    known = kinds(tuple(sys.argv[2:])) if sys.argv[2:] else kinds()
    record.clear()
    stack = Path(f"{sys.argv[1]}{STACK}").open("w")  # noqa: SIM115 (open until the process ends)
    faulthandler.enable(stack)
    answers: IO[str] = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries in C write there too
    os.dup2(1, 2)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + ADDRESS_SPACE, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with prepared() as work:
        for line in sys.stdin:
            job = json.loads(line)
            kind = known[job["kind"]]
            if "data" in job:  # one input, as while an input is made smaller
                data = base64.b64decode(job["data"])
                record.set(kind.name, -1, data)
                result = run(kind, data, work)
                record.clear()
                answer: dict[str, Any] = {
                    "status": result.status,
                    "what": result.what,
                    "details": result.details,
                }
            else:
                answer = run_job(kind, job, work, record)
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
