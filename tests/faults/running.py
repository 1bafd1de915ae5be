"""Run a scenario once for each operation and fault, each in a process of its own."""

from __future__ import annotations

import http.server
import os
import pickle
import re
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

from layerzoo.layer import LAYERS
from tests.faults.injection import FAULTS, Injector, Operation, injected
from tests.faults.scenarios import Scenario, layerzoo

SECONDS = 120
"""Limit for one process; a run takes less than two."""


class Case(NamedTuple):
    """A fault of a scenario.

    Attributes:
        at: index of the operation; -1 for a limit of the size of files.
        fault: one of `FAULTS`, or ``limit N``.
        operation: what fails.
    """

    at: int
    fault: str
    operation: Operation


@dataclass
class Outcome:
    """What became of a process.

    Attributes:
        code: its exit status; negative for a signal.
        text: what it wrote to stdout and stderr.
        value: what the function returned; None if it was killed.
    """

    code: int
    text: str
    value: Any = None


@dataclass
class Verdicts:
    """The result of a scenario.

    Attributes:
        operations: number of operations without a fault, by kind.
        cases: number of cases by fault.
        codes: number of cases by exit status.
        failures: a description of each case in which something is wrong.
    """

    operations: Counter[str] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def forked(function: Callable[[], Any], home: Path) -> Outcome:
    """Call a function in a process of its own, with its output in a file."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as answer:
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
        if process == 0:
            _answer(function, home, output, answer)
        _, status = os.waitpid(process, 0)
        output.seek(0)
        answer.seek(0)
        data = answer.read()
        text = output.read().decode(errors="replace")
    return Outcome(os.waitstatus_to_exitcode(status), text, pickle.loads(data) if data else None)


def _answer(function: Callable[[], Any], home: Path, output: IO[bytes], answer: IO[bytes]) -> NoReturn:
    """Call the function in the new process, and end it without what Python does at the end."""
    code = 1
    try:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        signal.alarm(SECONDS)
        os.environ |= {"LAYERZOO_HOME": str(home / "home"), "NO_COLOR": "1"}
        os.environ.pop("LAYERZOO_STORES", None)
        answer.write(pickle.dumps(function()))
        answer.flush()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


class Interrupted:
    """A scenario with its folder before the command and the right result.

    Args:
        scenario: the scenario.
        folder: an empty folder.
    """

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario, self._folder = scenario, folder
        self._before = folder / "before"
        self.root.mkdir()
        self._checked(forked(lambda: scenario.prepare(self.root), self.root))
        self.root.rename(self._before)

        def run() -> tuple[int, list[Operation], object]:
            with injected(Injector(self.root)) as injector:
                code = layerzoo(*scenario.command(self.root))
            return code, injector.operations, scenario.result(self.root)

        with self._place():
            code, self.operations, self.right = self._checked(forked(run, self.root))
        if code:
            raise AssertionError(f"{scenario.name}: exit {code} without a fault")

    @property
    def root(self) -> Path:
        """The folder that the command works in; it stands there only while a case runs."""
        return self._folder / "root"

    def cases(self) -> Iterator[Case]:
        """Every operation with every fault."""
        for at, operation in enumerate(self.operations):
            for fault in FAULTS[operation.kind]:
                yield Case(at, fault, operation)
        for limit in self.scenario.limits:
            yield Case(-1, f"limit {limit}", Operation("write", "any file"))

    def run(self, case: Case) -> tuple[int, list[str]]:
        """Run a case; its exit status, and what is wrong after it."""
        with self._place():
            outcome = forked(lambda: self._faulted(case), self.root)
            code = outcome.value if outcome.value is not None else outcome.code
            wrong = self._wrong_message(case, code, outcome)
            after = forked(self._after, self.root)
            if after.value or after.value is None:
                wrong += [*(after.value or ["the checks failed"]), after.text[-2000:]]
            return code, wrong

    def _faulted(self, case: Case) -> int:
        if case.at < 0:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            limit = int(case.fault.split()[1])
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            return layerzoo(*self.scenario.command(self.root))
        kind, background = case.operation.kind, case.operation.background
        before = self.operations[: case.at]
        number = sum((one.kind, one.background) == (kind, background) for one in before)
        with injected(Injector(self.root, number, case.fault, kind, background)):
            return layerzoo(*self.scenario.command(self.root))

    def _after(self) -> list[str]:
        """Whether nothing is lost, and the command completes when it is run again."""
        wrong = self.scenario.intact(self.root)
        if self.scenario.once and self.scenario.result(self.root) == self.right:
            return wrong
        code = layerzoo(*self.scenario.command(self.root))
        if code:
            return [*wrong, f"exit {code} when it is run again"]
        found = self.scenario.result(self.root)
        return (
            wrong
            if found == self.right
            else [*wrong, f"another result when it is run again: {str(found)[:300]}"]
        )

    def _wrong_message(self, case: Case, code: int, outcome: Outcome) -> list[str]:
        wrong = []
        if "Traceback" in outcome.text:
            wrong.append(f"a traceback:\n{outcome.text[-1500:]}")
        if case.fault == "kill":
            survived = code == 0 and case.operation.kind == "receive"  # the answer came in fewer pieces
            killed = survived or code == -signal.SIGKILL
            return wrong if killed else [*wrong, f"exit {code}, although it was killed"]
        if code not in {0, 1, 2, 4, 5}:
            wrong.append(f"exit {code}\n{outcome.text[-1500:]}")
        if code in {0, 5} or case.at < 0:
            return wrong
        file = Path(case.operation.path).name if case.operation.kind != "receive" else "http://"
        if not (
            _REASONS[case.fault] in outcome.text and (str(self.root) in outcome.text or file in outcome.text)
        ):
            wrong.append(f"exit {code}, and the message lacks path or reason:\n{outcome.text[-800:]}")
        begun = "Solving " in outcome.text
        if begun and any(word in case.operation.path for word in self.scenario.beside):
            wrong.append(
                f"exit {code}, although {case.operation.path} is beside the result:\n{outcome.text[-800:]}"
            )
        return wrong

    @contextmanager
    def _place(self) -> Iterator[None]:
        shutil.copytree(self._before, self.root, symlinks=True)
        try:
            yield
        finally:
            shutil.rmtree(self.root, ignore_errors=True)

    @staticmethod
    def _checked(outcome: Outcome) -> Any:
        if outcome.code:
            raise AssertionError(outcome.text)
        return outcome.value


_REASONS = {
    "ENOSPC": "No space left on device",
    "EIO": "Input/output error",
    "short": "",
    "EACCES": "Permission denied",
    "EMFILE": "Too many open files",
    "ECONNRESET": "Connection reset by peer",
    "ETIMEDOUT": "timed out",
}


@contextmanager
def _served(folder: Path, drops_after: int) -> Iterator[None]:
    """Serve a folder over HTTP by a process, whose URL is in ``FAULTS_STORE``; see `Scenario.drops_after`."""
    if drops_after:
        _Dropping.drops_after = drops_after
    server = _Server(("127.0.0.1", 0), partial(_Dropping if drops_after else _Quiet, directory=str(folder)))
    process = os.fork()
    if process == 0:
        server.serve_forever()
    server.server_close()
    os.environ["FAULTS_STORE"] = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield
    finally:
        del os.environ["FAULTS_STORE"]
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore that a client was killed."""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its base names it so)
        """Log nothing."""


class _Dropping(_Quiet):
    """Serves ranges of files, and drops the connection in the middle of long answers."""

    drops_after = 0

    def do_GET(self) -> None:
        """Answer with a part of what is declared."""
        try:
            data = Path(self.translate_path(self.path)).read_bytes()
        except OSError:
            self.send_error(404)
            return
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        if asked and first >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        self.wfile.write(data[first : first + self.drops_after])
        self.close_connection = True


def load_commands() -> None:
    """Import what the commands need, so that each process need not do it again."""
    names = (
        "cli.train cli.zoo cli.data_get cli.data_import solver zoo zoo.push zoo.stores.http zoo.data_sets "
        "tools.data_import weights.hdf5 snapshot.caffe_state cli.tune tune.tuning tune.picture tune.best"
    )
    for name in (
        "safetensors.torch",
        "h5py",
        "matplotlib.figure",
        *(f"layerzoo.{name}" for name in names.split()),
    ):
        import_module(name)
    assert list(LAYERS)
    setattr(import_module("layerzoo.zoo.fetch"), "_AT_ONCE", 1)  # noqa: B010 (mypy: it is final)
    setattr(import_module("layerzoo.tools.resumable_lmdb"), "_PUTS_A_TRANSACTION", 5)  # noqa: B010 (as above)
    # so that images are read in the same order each time
    setattr(import_module("layerzoo.tools.data_import"), "ThreadPoolExecutor", _single)  # noqa: B010 (as above)


def _single(_: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1)


def run_scenario(scenario: Scenario, every: int = 1, only: int | None = None) -> Verdicts:
    """Run every case of a scenario, or one in so many, or those of one operation."""
    verdicts = Verdicts()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-"))
        if scenario.http:
            stack.enter_context(_served(Path(folder) / "root" / "store", scenario.drops_after))
        interrupted = Interrupted(scenario, Path(folder))
        verdicts.operations.update(
            f"{one.kind}{' in the background' if one.background else ''}" for one in interrupted.operations
        )
        for number, case in enumerate(interrupted.cases()):
            if number % every or only not in {None, case.at}:
                continue
            code, wrong = interrupted.run(case)
            verdicts.cases[case.fault] += 1
            verdicts.codes[code] += 1
            what = f"{case.operation.kind} {case.operation.path}"
            where = f"{scenario.name}: operation {case.at} ({what}), {case.fault}"
            verdicts.failures += [f"{where}: {one}" for one in wrong]
    return verdicts
