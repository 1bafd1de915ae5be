"""The folder of a run, and its metrics."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from math import nan
from pathlib import Path

import pytest

from layerzoo.disk import LineFile
from layerzoo.errors import SnapshotError
from layerzoo.loader import load_net, load_solver, parse_solver
from layerzoo.schema import SolverParameter
from layerzoo.solver import Displayed, Scores
from layerzoo.solver.callbacks.callback import Callbacks
from layerzoo.solver.callbacks.run_folder import Recorder, RunFolder

pytestmark = pytest.mark.usefixtures("opened")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Closes all run folders that a test opens."""
    folders: list[RunFolder] = []
    plain = RunFolder.__init__

    def opening(self: RunFolder, path: Path, fresh: bool = False) -> None:
        plain(self, path, fresh)
        folders.append(self)

    monkeypatch.setattr(RunFolder, "__init__", opening)
    yield
    for folder in folders:
        folder.close()


def rows(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_fresh_run_moves_an_earlier_ones_folder(tmp_path: Path) -> None:
    for number in range(3):
        RunFolder(tmp_path / "a.run", fresh=True).record({"iteration": number})
    assert {path.name: rows(path) for path in tmp_path.iterdir()} == {
        "a.1.run": [{"iteration": 0}],
        "a.2.run": [{"iteration": 1}],
        "a.run": [{"iteration": 2}],
    }


def test_resumed_run_appends(tmp_path: Path) -> None:
    for number in range(2):
        RunFolder(tmp_path / "a.run").record({"iteration": number})
    assert rows(tmp_path / "a.run") == [{"iteration": 0}, {"iteration": 1}]
    assert [path.name for path in tmp_path.iterdir()] == ["a.run"]


def test_run_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.run").write_text("mine")
    with pytest.raises(SnapshotError, match=r"can't write to '.*a\.run' \(.*\); set snapshot_prefix"):
        RunFolder(tmp_path / "a.run")
    assert (tmp_path / "a.run").read_text() == "mine"


def test_truncate_forgets_what_will_be_written_again(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a.run")
    for iteration in (0, 5, 10):
        for phase in ("TEST", "TRAIN"):
            folder.record({"iteration": iteration, "phase": phase})
    with (tmp_path / "a.run/metrics.jsonl").open("a") as file:
        file.write('{"iteration": 15, "pha')  # a power cut
    folder.truncate(5)
    assert [row["iteration"] for row in rows(folder.path)] == [0, 0]
    folder.record({"iteration": 5, "phase": "TEST"})
    folder.record({"iteration": 5, "phase": "TRAIN"})
    folder.truncate(5, tested=True)
    assert rows(folder.path)[2:] == [{"iteration": 5, "phase": "TEST"}]


def test_describe_writes_solver_and_net(tmp_path: Path) -> None:
    (tmp_path / "n.prototxt").write_text('name: "small" layer { name: "s" type: "Silence" bottom: "x" }')
    (tmp_path / "s.prototxt").write_text('net: "n.prototxt" base_lr: 0.5 lr_policy: "fixed"')
    document = load_solver(tmp_path / "s.prototxt")
    folder = RunFolder(tmp_path / "a.run")
    folder.describe(document.message, document)
    written = parse_solver((folder.path / "solver.prototxt").read_text()).message
    assert (written.base_lr, written.net, written.net_param.name) == (0.5, "", "small")
    assert 'name: "small"' in (folder.path / "net.prototxt").read_text()


def test_logging_appends_to_the_folders_log(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a.run")
    with folder.logging():
        logging.getLogger("layerzoo").warning("something")
    assert (folder.path / "log.txt").read_text().endswith("something\n")


def test_recorder_writes_displays_and_tests(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a.run")
    recorder = Recorder(folder, epoch=4.0)
    recorder.displayed(Displayed(2, 0.5, 0.1, {"l": [nan]}, 0.25))
    recorder.tested(4, 1, Scores({"l": [2.0], "acc": [0.5]}, {"l": 0.5, "acc": 0.0}))
    recorder.tested(4, 0, Scores({"acc": [0.5]}, {"acc": 0.0}))
    found = rows(folder.path)
    assert all(row.pop("seconds") >= 0 for row in found)  # type: ignore[operator]
    assert found == [
        {
            "iteration": 2,
            "phase": "TRAIN",
            "loss": 0.5,
            "lr": 0.1,
            "outputs": {"l": [None]},
            "data_wait": 0.25,
            "epoch": 0.5,
        },
        {
            "iteration": 4,
            "phase": "TEST",
            "net": 1,
            "loss": 1.0,
            "outputs": {"l": [2.0], "acc": [0.5]},
            "epoch": 1.0,
        },
        {"iteration": 4, "phase": "TEST", "net": 0, "loss": None, "outputs": {"acc": [0.5]}, "epoch": 1.0},
    ]


def test_recorder_leaves_out_the_epoch_of_a_source_without_a_size(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a.run")
    Recorder(folder).displayed(Displayed(2, 0.5, 0.1, {}))
    assert "epoch" not in rows(folder.path)[0]


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``full("name")`` lets writes to the file of that name fail, as on a full disk."""

    def fill(name: str) -> None:
        append, write = LineFile.append, Path.write_bytes

        def append_nothing(self: LineFile, text: str) -> None:
            if self.path.name == name:
                raise OSError(28, "No space left on device")
            append(self, text)

        def write_nothing(self: Path, data: bytes) -> int:
            if name in self.name:
                raise OSError(28, "No space left on device")
            return write(self, data)

        monkeypatch.setattr(LineFile, "append", append_nothing)
        monkeypatch.setattr(Path, "write_bytes", write_nothing)

    return fill


def test_metrics_that_can_not_be_written_are_reported_once(
    tmp_path: Path, full: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    members = Callbacks([Recorder(RunFolder(tmp_path / "a.run"))])
    with caplog.at_level(logging.WARNING, "layerzoo"):
        full("metrics.jsonl")
        for iteration in range(3):
            members.displayed(Displayed(iteration, 0.5, 0.1, {}))
    assert caplog.messages == ["metrics.jsonl can't be written: No space left on device; training continues"]


@pytest.mark.parametrize("name", ["solver.prototxt", "net.prototxt"])
def test_describe_on_a_full_disk_is_an_error_with_the_free_space(
    tmp_path: Path, full: Callable[[str], None], name: str
) -> None:
    folder = RunFolder(tmp_path / "a.run")
    full(name)
    with pytest.raises(SnapshotError, match=r"can't write to '.*a\.run' \(No space left on device \(.* free"):
        folder.describe(SolverParameter(), None)


def test_truncate_on_a_full_disk_keeps_the_metrics(tmp_path: Path, full: Callable[[str], None]) -> None:
    folder = RunFolder(tmp_path / "a.run")
    folder.record({"iteration": 0, "phase": "TRAIN"})
    full("metrics.jsonl")
    with pytest.raises(
        SnapshotError, match="free space there, or set snapshot_prefix to a folder on another"
    ):
        folder.truncate(0)
    assert [row["iteration"] for row in rows(folder.path)] == [0]


def test_leftovers_of_killed_runs_are_removed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = tmp_path / "r.run"
    for name in (
        ".iter_5.1a2b3c4d.part",
        ".iter_4.deleted.part",
        ".iter_2.replaced",
        ".iter_1.replaced",
        "iter_1",
    ):
        (run / name).mkdir(parents=True)
    (run / "iter_1" / ".state.json.4194304-00ff00ff.part").write_text("")
    for name in (".probe.00ff00ff", ".metrics.jsonl.4194304-00ff00ff.part", "mine.part", ".mine.part"):
        (run / name).write_text("")
    for name in (".r_iter_5.caffemodel.00ff00ff.part", ".rest_iter_5.caffemodel.00ff00ff.part"):
        (tmp_path / name).write_text("")
    with caplog.at_level(logging.INFO, "layerzoo"):
        RunFolder(run)
    assert sorted(path.name for path in run.iterdir()) == [
        ".mine.part",
        "iter_1",
        "iter_2",
        "metrics.jsonl",
        "mine.part",
    ]
    assert list((run / "iter_1").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".rest_iter_5.caffemodel.00ff00ff.part",
        "r.run",
    ]
    assert caplog.messages[0].startswith("Removed what a killed run has left: .iter_1.replaced, ")


def test_describe_keeps_the_files_of_a_config_with_blocks(tmp_path: Path) -> None:
    (tmp_path / "blocks").mkdir()
    block = 'subnet { name: "b" layer { name: "in" type: "Input" top: "x" }'
    block += ' layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"'
    block += " inner_product_param { num_output: 2 } } }"
    net = 'include: "blocks/b.prototxt" layer { name: "d" type: "Input" top: "d"'
    net += " input_param { shape { dim: 1 dim: 3 } } }"
    net += (
        ' layer { name: "c" type: "Call" bottom: "d" top: "e" param { name: "w" } subnet_param { net: "b" } }'
    )
    files = {
        "blocks/b.prototxt": block,
        "net.prototxt": net,
        "solver.prototxt": 'net: "net.prototxt" base_lr: 0.1 snapshot_prefix: "a"',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    document = load_solver(tmp_path / "solver.prototxt")
    folder = RunFolder(tmp_path / "a.run")
    folder.describe(document.message, document)
    folder.close()
    source = folder.path / "source"
    kept = {path.relative_to(source).as_posix(): path.read_text("utf-8") for path in source.rglob("*.*")}
    assert kept == files
    written = load_net(folder.path / "net.prototxt").message
    assert [spec.name for spec in written.layer[1].param] == ["w/ip/0", "w/ip/1"]


def test_describe_keeps_files_of_one_name_in_several_folders(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        layer = f'layer {{ name: "{name}" type: "Input" top: "x" input_param {{ shape {{ dim: 1 }} }} }}'
        (tmp_path / name / "net.prototxt").write_text(f"let {{ n: 1 }} {layer}", encoding="utf-8")
    text = 'train_net: "one/net.prototxt" test_net: "two/net.prototxt" base_lr: 0.1'
    (tmp_path / "s.prototxt").write_text(text, encoding="utf-8")
    document = load_solver(tmp_path / "s.prototxt")
    folder = RunFolder(tmp_path / "a.run")
    folder.describe(document.message, document)
    folder.close()
    source = folder.path / "source"
    kept = sorted(path.relative_to(source).as_posix() for path in source.rglob("*.prototxt"))
    assert kept == ["2/net.prototxt", "net.prototxt", "s.prototxt"]
