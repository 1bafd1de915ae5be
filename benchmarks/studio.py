"""How quick the studio is with many runs: python benchmarks/studio.py [-runs 1000] [-points 10000]

Writes runs into a temporary folder, starts a studio, waits until it has read them, and measures: the list of
runs, a chart of ten of them, the first page, its size, and the memory of the server's process.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROUNDS = 20
SOLVER = 'type: "SGD" base_lr: 0.1 lr_policy: "fixed" max_iter: %d net_param { name: "Net" }\n'


def write_runs(root: Path, runs: int, points: int) -> None:
    """Write runs of a display every 10 iterations and a test with every 50th display."""
    for number in range(runs):
        folder = root / f"group{number % 10}" / f"net_{number:04}.run"
        folder.mkdir(parents=True)
        rng, lines = random.Random(number), []
        for step in range(points):
            loss = 2.3 * math.exp(-step / 2000) + 0.2 * rng.random()
            row = {"phase": "TRAIN", "iteration": step * 10, "seconds": step * 0.2, "loss": loss, "lr": 0.1}
            lines.append(json.dumps({**row, "epoch": step / 100, "outputs": {"loss": [loss]}}))
            if step % 50 == 0:
                row = {"phase": "TEST", "net": 0, "iteration": step * 10, "seconds": step * 0.2}
                lines.append(json.dumps({**row, "outputs": {"accuracy": [1 - loss / 3], "loss": [loss]}}))
        (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n")
        (folder / "solver.prototxt").write_text(SOLVER % (points * 10))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-runs", type=int, default=1000)
    parser.add_argument("-points", type=int, default=10_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "work"
        write_runs(root, asked.runs, asked.points)
        command = [sys.executable, "-m", "layerzoo", "studio", "-nobrowser", "-port", "0", "-root", str(root)]
        environment = {**os.environ, "LAYERZOO_HOME": str(Path(folder) / "home")}
        began = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
            assert server.stdout is not None
            said = server.stdout.readline() + server.stdout.readline()
            match = re.search(r"(http://\S+)/login\?token=(\S+)", said)
            assert match, said
            print(f"address after {time.perf_counter() - began:.2f} s")

            def get(path: str) -> bytes:
                request = urllib.request.Request(
                    match[1] + path, headers={"Authorization": f"Bearer {match[2]}"}
                )
                with urllib.request.urlopen(request) as answer:
                    return bytes(answer.read())

            while (found := json.loads(get("/api/runs?count=1000")))["total"] < asked.runs or found[
                "waiting"
            ]:
                time.sleep(1)
            print(
                f"{asked.runs} runs of {asked.points:,} points read after {time.perf_counter() - began:.0f} s"
            )
            ten = "&".join(f"run={run['id']}" for run in found["runs"][:10])
            for name, path in (
                ("list of all runs", "/api/runs?count=1000"),
                ("chart of ten runs", f"/api/curves?{ten}&quantity=loss&points=1200"),
                ("first page", "/"),
            ):
                times, size = [], 0
                for _ in range(ROUNDS):
                    start = time.perf_counter()
                    size = len(get(path))
                    times.append(time.perf_counter() - start)
                middle = statistics.median(times)
                print(f"{name}: median {middle:.3f} s, longest {max(times):.3f} s, {size:,} bytes")
            status = Path(f"/proc/{server.pid}/status").read_text()
            for field in ("VmRSS", "VmHWM"):
                value = re.search(rf"{field}:\s+(\d+) kB", status)
                assert value
                print(f"memory of the server ({field}): {int(value[1]) / 1024:.0f} MiB")
            server.terminate()


if __name__ == "__main__":
    main()
