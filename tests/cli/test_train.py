"""``layerzoo train``: train, resume, publish, test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from layerzoo.cli.main import main
from layerzoo.net import Net
from layerzoo.weights import save

SHORT = ["-set", "max_iter=20", "-set", "test_interval=10", "-set", "display=10", "-gpu", "none"]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    return tmp_path


def test_lenet_is_trained_published_and_tested(
    in_folder: Path, capfd: pytest.CaptureFixture[str], data: Path
) -> None:
    assert main(["train", "-solver", "configs/lenet_solver.yaml", *SHORT]) == 0
    err = capfd.readouterr().err
    assert re.search(r"^20 iterations in [\d.]+ s$", err, re.M)
    assert re.search(r"^best accuracy: 0\.\d+ at iteration \d+$", err, re.M)
    assert "weights: snapshots/lenet.run/iter_20/weights.safetensors" in err
    assert "published as lenet@1; to test it: layerzoo test -zoo lenet" in err
    assert (in_folder / "snapshots/lenet.run/iter_20/weights.safetensors").stat().st_size > 1_700_000

    last = re.findall(r"Test net output #0: accuracy = (\S+)", err)[-1]
    assert main(["test", "-zoo", "lenet", "-gpu", "none"]) == 0
    tested = capfd.readouterr().err
    assert re.findall(r"\] accuracy = (\S+)", tested) == [last], "the whole set, as in training"


def test_log_has_the_lines_that_parsers_read(capfd: pytest.CaptureFixture[str], data: Path) -> None:
    main(["train", "-solver", "configs/lenet_solver.yaml", *SHORT])
    ours = {_shape(line) for line in capfd.readouterr().err.splitlines() if line.startswith("I")}
    caffes = (data / "conformance/logs/caffe_lenet_mnist.log").read_text().splitlines()
    wanted = {_shape(line) for line in caffes if re.search(r"\] (Iter|Solving|Learning|Optim| {4}T)", line)}
    wanted = {shape for shape in wanted if "size:" not in shape and "shape:" not in shape}
    assert {shape for shape in wanted if "caffe" not in shape} - ours == set()


def _shape(line: str) -> str:
    """A log line without its numbers and names of programs."""
    text = line.split("] ", 1)[1] if "] " in line else line
    return re.sub(r"-?\d+(\.\d+)?(e-?\d+)?", "N", text).replace("N/s", "N iter/s").strip()


def test_resume_auto_takes_the_newest_snapshot(capfd: pytest.CaptureFixture[str]) -> None:
    train = ["train", "-solver", "configs/mlp_solver.yaml", "-gpu", "none", "-set", "snapshot=5"]
    assert main([*train, "-set", "max_iter=5"]) == 0
    assert main([*train, "-set", "max_iter=10", "-resume", "auto"]) == 0
    err = capfd.readouterr().err
    assert "Resuming from snapshots/mlp.run/iter_5 at iteration 5" in err
    assert "10 iterations in" in err


def test_log_of_the_run_says_what_was_loaded_and_resumed(in_folder: Path) -> None:
    save({"ip2": [torch.zeros(128, 256)], "other": [torch.zeros(3)]}, "old.safetensors")
    train = ["train", "-solver", "configs/mlp_solver.yaml", "-gpu", "none", "-set", "max_iter=1"]
    assert main([*train, "-weights", "old.safetensors"]) == 0
    log = (in_folder / "snapshots/mlp.run/log.txt").read_text()
    assert "] old.safetensors: 1 blobs loaded, 1 skipped, 5 missing\n  skipped other/0\n" in log
    assert (
        "\n  loaded: layers ip2\n  left unchanged (fillers, or another file): layers ip1, ip2, ip3\n" in log
    )
    assert log.index("old.safetensors") < log.index("Solving"), "in the order in which it was done"
    assert main([*train, "-resume", "auto", "-set", "max_iter=2"]) == 0
    log = (in_folder / "snapshots/mlp.run/log.txt").read_text()
    assert log.count("Resuming from snapshots/mlp.run/iter_1 at iteration 1") == 1
    assert log.count("old.safetensors: ") == 1, "not of the run before"


def test_weights_and_snapshot_exclude_each_other(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "-solver", "configs/mlp_solver.yaml", "-weights", "a", "-snapshot", "b"]) == 2
    assert "give -weights or -snapshot, not both" in capfd.readouterr().err


def test_weights_begin_a_run_that_resumes_by_itself(capfd: pytest.CaptureFixture[str]) -> None:
    """The same command starts and continues, as a scheduler does that starts a job again."""
    save({"ip2": [torch.zeros(128, 256)]}, "old.safetensors")
    train = ["train", "-solver", "configs/mlp_solver.yaml", "-gpu", "none", "-weights", "old.safetensors"]
    assert main([*train, "-resume", "auto", "-set", "max_iter=1"]) == 0
    assert "old.safetensors: 1 blobs loaded" in capfd.readouterr().err
    assert main([*train, "-resume", "auto", "-set", "max_iter=2"]) == 0
    assert "Resuming from snapshots/mlp.run/iter_1 at iteration 1" in capfd.readouterr().err
    assert main([*train, "-resume", "snapshots/mlp.run/iter_1"]) == 2


@pytest.mark.parametrize(
    "command",
    [["train", "-solver", "configs/lenet_solver.yaml"], ["test", "-model", "configs/lenet_train_test.yaml"]],
)
def test_strict_refuses_weights_that_do_not_fit(
    command: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    save({"ip2": [torch.zeros(10, 500), torch.zeros(10)], "ip1": [torch.zeros(3, 3)]}, "old.safetensors")
    assert main([*command, "-weights", "old.safetensors", "-gpu", "none", "-strict"]) == 1
    err = capfd.readouterr().err
    assert "old.safetensors: 2 blobs loaded, 5 missing, 1 mismatched" in err
    assert "the weights don't fit the net, and nothing was loaded" in err


def test_test_without_weights_warns(in_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    command = ["test", "-model", "configs/mlp_train_test.yaml", "-iterations", "1"]
    warning = "no -weights given: testing params as initialised by the fillers"
    assert main(command) == 0
    assert warning in capfd.readouterr().err
    Net("configs/mlp_train_test.yaml", phase="TEST").save_weights(in_folder / "w.safetensors")
    assert main([*command, "-weights", "w.safetensors"]) == 0
    assert warning not in capfd.readouterr().err


def test_training_without_a_gpu_warns_and_uses_the_cpu(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert main(["train", "-solver", "configs/mlp_solver.yaml", "-set", "max_iter=1"]) == 0
    assert "solver_mode is GPU but torch sees no GPU 0: running on the CPU" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["-solver", "configs/lenet_solvr.yaml"], 2, "did you mean 'configs/lenet_solver.yaml'"),
        (["-solver", "configs/lenet_train_test.yaml"], 2, "this is a net, not a solver"),
        (["-slover", "x"], 2, "no flag '-slover'; did you mean '-solver'?"),
        ([], 2, "-solver is required"),
        (["-solver", "configs/mlp_solver.yaml", "-gpu", "0,1"], 2, "-gpu 0,1: torch detects"),
        (["-solver", "configs/mlp_solver.yaml", "-gpu", "99"], 2, "-gpu 99: torch detects"),
        (["-solver", "configs/mlp_solver.yaml", "-weights", "none.caffemodel"], 1, "none.caffemodel"),
        (
            ["-solver", "configs/mlp_solver.yaml", "-set", "snapshot_prefix=/proc/none/x"], 1,
            "set snapshot_prefix to a folder that can be written to",
        ),
        (["-solver", "configs/mlp_solver.yaml", "-set", "net.layer[ip9].name=x"], 2, "ip9"),
        (["-solver", "configs/mlp_solver.yaml", "-publish", "../x"], 2, "'../x' is not a valid name of"),
        (["-solver", "configs/mlp_solver.yaml", "-set", "publish=a/b"], 2, "'a/b' is not a valid name of"),
    ],
)  # fmt: skip
def test_usage_errors(args: list[str], code: int, message: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *args]) == code
    err = capfd.readouterr().err
    assert message in err
    assert "Traceback" not in err


def test_run_can_be_watched_parsed_plotted_and_listed(
    in_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorboard")
    watched = ["-watch", "ip2,ip2.grad", "-tensorboard", "-set", "debug_info=true"]
    assert main(["train", "-solver", "configs/mlp_solver.yaml", *SHORT, *watched]) == 0
    err = capfd.readouterr().err
    assert len(re.findall(r"\]     Watch ip2\.grad: \(64 \d+\) min -0\.\d+, mean ", err)) == 2
    assert re.search(r"\]     \[Forward\] Layer \w+, param blob 0 data: 0\.\d+$", err, re.M)
    (run,) = in_folder.glob("**/*.run")
    assert len(list(run.glob("events.out.tfevents.*"))) == 1

    assert main(["parse_log", str(run), "-verbose"]) == 0
    assert f"Wrote {run.name}.train: 2 rows\nWrote {run.name}.test: 3 rows\n" in capfd.readouterr().out
    assert main(["plot", str(run), "-against", "epoch"]) == 0
    assert "accuracy by epoch" in capfd.readouterr().out
    assert main(["runs", "ls"]) == 0
    assert re.search(r" done +│ 20 of 20 ", capfd.readouterr().out)


def test_watch_of_an_unknown_blob_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "-solver", "configs/lenet_solver.yaml", *SHORT, "-watch", "conv1,ip3.grad"]) == 2
    assert "-watch ip3.grad: no blob or param 'ip3'; did you mean 'ip" in capfd.readouterr().err


def test_run_without_its_last_snapshot_is_not_published(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from layerzoo.solver.snapshots import saver as saving

    write = saving.write_snapshot

    def fail(*arguments: object) -> Path:
        if arguments[1].iteration == 20:  # type: ignore[attr-defined]
            raise OSError(28, "No space left on device")
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(saving, "write_snapshot", fail)
    assert main(["train", "-solver", "configs/lenet_solver.yaml", *SHORT, "-set", "snapshot=10"]) == 5
    err = capfd.readouterr().err
    *_, published, closing = err.splitlines()
    assert published == "not published as lenet"
    assert closing == (
        "error: the last snapshot, of iteration 20, could not be written to 'snapshots/lenet.run': No space "
        "left on device; once that is fixed, run the same command with -resume auto, which continues from "
        "iteration 10"
    )
    assert not Path("home/zoo/lenet").exists()
