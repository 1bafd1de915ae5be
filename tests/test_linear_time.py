"""The time of reading, checking and writing grows no faster than the text; memory is bounded.

The ratio of the processor times for a text and one ten times as long is bounded. It is 10 for linear work and
100 for quadratic work; measures are repeated and short times count as `FLOOR`, so that a busy machine changes
nothing.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.data.listed_files import read_labelled
from layerzoo.data.windows import read_windows
from layerzoo.errors import LayerzooError
from layerzoo.zoo.index import parse_index
from layerzoo.zoo.manifest import parse
from tests import texts

SIZE, TIMES = 20_000, 10
MAX_RATIO = 25
FLOOR = 0.01
"""Seconds; shorter times for the short text count as this."""
REPEATS = 3
MEMORY = 700 * 2**20
"""Bytes for a config of the largest size: 300,000 layers, whose empty messages take 1.6 kB each."""

NET = (
    'layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param { shape { dim: 2 dim: 3 } '
    "shape { dim: 2 dim: 2 } } }\n"
    'layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 2 '
    'weight_filler { type: "xavier" } } }\n'
    'layer { name: "l" type: "EuclideanLoss" bottom: "ip" bottom: "t" top: "l" }\n'
)
KINDS = {
    **{f"check: net, {kind}": text for kind, text in texts.NETS.items()},
    **{f"check -lenient: net, {kind}": texts.NETS[kind] for kind in ("unknown types", "unknown fields")},
    **{f"convert: net, {kind}": texts.NETS[kind] for kind in ("chain", "many tops", "values of a blob")},
    **{f"upgrade: net, {kind}": texts.NETS[kind] for kind in ("V1", "V0 padding", "early V2 fields")},
    **{f"summary: net, {kind}": texts.NETS[kind] for kind in ("many bottoms", "long names")},
    **{f"draw: net, {kind}": texts.NETS[kind] for kind in ("chain", "many tops")},
    **{f"check: prototxt, {kind}": text for kind, text in texts.PROTOTXT.items()},
    **{f"check -solver: solver, {kind}": text for kind, text in texts.SOLVERS.items()},
    **{f"check: yaml, {kind}": text for kind, text in texts.YAML.items()},
    **{f"parse_log: log, {kind}": text for kind, text in texts.LOGS.items()},
    **{f"plot: log, {kind}": text for kind, text in texts.LOGS.items()},
    **{f"plot: jsonl, {kind}": text for kind, text in texts.METRICS.items()},
    **{f"check -set: argument, {kind}": text for kind, text in texts.OVERRIDES.items()},
}
READERS: dict[str, tuple[Callable[[Path], object], dict[str, texts.Text]]] = {
    "list": (lambda path: list(read_labelled(path, "")), texts.LISTS),
    "windows": (lambda path: list(read_windows(path)), texts.WINDOWS),
    "index": (lambda path: parse_index(path.read_bytes(), "a store"), texts.INDEXES),
    "manifest": (lambda path: parse(path.read_bytes(), "an entry"), texts.INDEXES),
}
COMMANDS = {
    "check": ["check", "-model", "FILE"],
    "check -lenient": ["check", "-lenient", "-model", "FILE"],
    "check -solver": ["check", "-solver", "FILE"],
    "convert": ["convert", "FILE", "out.yaml"],
    "upgrade": ["upgrade", "FILE", "out.prototxt"],
    "summary": ["summary", "-model", "FILE"],
    "draw": ["draw", "FILE", "out.svg"],
    "parse_log": ["parse_log", "FILE", "."],
    "plot": ["plot", "FILE"],
}
SUFFIXES = {"net": ".prototxt", "prototxt": ".prototxt", "solver": ".prototxt", "yaml": ".yaml"}


def seconds(work: Callable[[str], object], text: str, limit: float = 0) -> float:
    """The processor time of some work: the first that is within the limit, else the least of several."""
    best = float("inf")
    for _ in range(REPEATS):
        start = time.process_time()
        work(text)
        best = min(best, time.process_time() - start)
        if best <= limit:
            break
    return best


def ratio(work: Callable[[str], object], text: texts.Text) -> float:
    """How many times longer the work takes for a text that is `TIMES` as long."""
    long = seconds(work, text(SIZE * TIMES), MAX_RATIO * FLOOR)
    return long / FLOOR if long <= MAX_RATIO * FLOOR else long / max(FLOOR, seconds(work, text(SIZE)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The working folder, with a net; the commands have run once, so that they import nothing more."""
    path = tmp_path_factory.mktemp("texts")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        patch.setenv("LAYERZOO_HOME", str(path / "home"))
        Path("n.prototxt").write_text(NET)
        for command in COMMANDS:
            kind = "solver" if "solver" in command else "log" if command in {"parse_log", "plot"} else "net"
            text = {"solver": texts.SOLVER, "log": texts.LOGS["iterations"](1000), "net": NET}[kind]
            run(command, kind)(text)
        yield path


def run(command: str, kind: str) -> Callable[[str], int]:
    """A function that runs a command with a text and returns its exit code."""

    def work(text: str) -> int:
        if kind == "argument":
            args = ["check", "-model", "n.prototxt", "-set", text]
        else:
            name = f"t{SUFFIXES.get(kind, f'.{kind}')}"
            Path(name).write_text(text)
            args = [name if arg == "FILE" else arg for arg in COMMANDS[command]]
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            return main(args)

    return work


@pytest.mark.parametrize("name", KINDS)
def test_time_grows_no_faster_than_the_text(name: str, folder: Path) -> None:
    command, _, rest = name.partition(": ")
    work = run(command, rest.partition(",")[0])
    assert work(KINDS[name](SIZE)) in {0, 2, 4}  # no mistake of a text's is a bug of ours
    assert ratio(work, KINDS[name]) <= MAX_RATIO


@pytest.mark.parametrize(
    ("reader", "kind"), [(reader, kind) for reader, (_, kinds) in READERS.items() for kind in kinds]
)
def test_time_of_a_reader_grows_no_faster_than_its_text(reader: str, kind: str, tmp_path: Path) -> None:
    read, kinds = READERS[reader]
    path = tmp_path / "text"

    def work(text: str) -> None:
        path.write_text(text)
        with suppress(LayerzooError):
            read(path)

    assert ratio(work, kinds[kind]) <= MAX_RATIO


def test_time_has_many_kinds_of_texts() -> None:
    assert len(KINDS) > 100
    assert all(len(text(SIZE)) > SIZE / 3 for text in KINDS.values())


def test_quadratic_work_is_noticed() -> None:
    def quadratic(text: str) -> int:
        words = text.split()
        return sum(words.index(word) for word in words)

    def linear(text: str) -> int:
        return sum(1 for _ in text.split())

    def numbers(size: int) -> str:
        return " ".join(map(str, range(size // 25)))

    assert ratio(quadratic, numbers) > MAX_RATIO
    assert ratio(linear, numbers) <= MAX_RATIO


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("yaml", texts.YAML["anchors"]),
        ("yaml", texts.YAML["net"]),
        ("prototxt", texts.NETS["chain"]),
        ("prototxt", texts.PROTOTXT["unknown escapes"]),
    ],
)
def test_memory_of_the_largest_config_is_bounded(kind: str, text: texts.Text, tmp_path: Path) -> None:
    from layerzoo.nodes import MAX_BYTES

    size = MAX_BYTES
    while len(config := text(size)) > MAX_BYTES:
        size = size * 19 // 20
    (tmp_path / "config").write_text(config)
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from layerzoo.errors import ConfigError\n"
        "from layerzoo.loader import parse_net\n"
        "def peak():\n"  # not ru_maxrss, which begins with that of the process that started this one
        "    return int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])\n"
        "before = peak()\n"
        "try:\n"
        "    parse_net(Path(sys.argv[1]).read_text(), format=sys.argv[2])\n"
        "except ConfigError as error:\n"
        "    str(error)\n"
        "print((peak() - before) * 1024)\n"
    )
    args = [sys.executable, "-c", code, str(tmp_path / "config"), kind]
    done = subprocess.run(args, capture_output=True, text=True, check=True)
    assert len(config) > MAX_BYTES * 0.9
    assert 0 < int(done.stdout) < MEMORY
