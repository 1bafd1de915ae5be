"""``layerzoo launch``: print job files, and submit them."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
import yaml

from layerzoo.cli import main as program
from layerzoo.cli.main import main
from layerzoo.jobs import CLUSTERS

TRAIN = ["--", "train", "-solver", "configs/lenet_solver.yaml"]
KUBERNETES = ["launch", "kubernetes", "-image", "a/b:1"]


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    return tmp_path


def test_job_is_printed_with_the_command_that_made_it(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["-time", "4:00:00", "-machines", "2", "-gpus", "4", "-setup", "module load cuda"]
    assert main(["launch", "slurm", *words, *TRAIN, "-set", "base_lr=0.1"]) == 0
    out, err = capsys.readouterr()
    first, second, *_ = out.splitlines()
    assert first == "#!/bin/bash"
    assert second == (
        "# layerzoo launch slurm -machines 2 -gpus 4 -time 4:00:00 -setup 'module load cuda' "
        "-- train -solver configs/lenet_solver.yaml -set base_lr=0.1"
    )
    assert "#SBATCH --job-name=lenet\n" in out
    assert (
        "layerzoo train -solver configs/lenet_solver.yaml -set base_lr=0.1 -resume auto -gpu all -machines 2 "
        '-rendezvous "$host:$port" &\n'
    ) in out
    assert "note" not in err


def test_settings_of_a_cluster_are_flags_of_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    for name in CLUSTERS:
        assert main(["launch", name, "--help"]) == 0
        out = capsys.readouterr().out
        for one in CLUSTERS[name].settings:
            assert f"  -{one.name} {one.metavar}" in out
    assert main(["launch", "slurm", "-image", "a", *TRAIN]) == 2
    assert "no flag '-image'" in capsys.readouterr().err


def test_help_names_every_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["launch", "--help"]) == 0
    out = capsys.readouterr().out
    assert [name for name in CLUSTERS if f"\n  {name}" in out] == ["kubernetes", "sky", "slurm"]


def test_price_reaches_train(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*KUBERNETES, "-price_per_hour", "2.5", *TRAIN]) == 0
    (document,) = yaml.safe_load_all(capsys.readouterr().out)
    (container,) = document["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]["containers"]
    assert container["command"][4:6] == ["-set", "price_per_hour=2.5"]


def test_file_is_written_and_how_to_submit_it_said(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*KUBERNETES, "-claim", "runs", "-gpus", "1", "-out", "job.yaml", *TRAIN]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "wrote job.yaml; to submit it: kubectl apply -f job.yaml\n"
    assert yaml.safe_load((in_folder / "job.yaml").read_text())["kind"] == "JobSet"


def test_config_of_the_job_is_not_overwritten(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("own.yaml").write_text("net_param: {name: a}\nbase_lr: 0.1\nlr_policy: fixed\nmax_iter: 1\n")
    before = Path("own.yaml").read_text()
    assert main(["launch", "slurm", "-out", "own.yaml", "--", "train", "-solver", "own.yaml"]) == 2
    assert "-out own.yaml is the config of the job" in capsys.readouterr().err
    assert Path("own.yaml").read_text() == before
    assert main(["launch", "slurm", "-out", "none/job", *TRAIN]) == 1
    assert "none/job can't be written: No such file or directory" in capsys.readouterr().err


def test_submission_hands_the_file_to_the_client(
    in_folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = in_folder / "bin" / "sbatch"
    client.parent.mkdir()
    client.write_text('#!/bin/sh\ncp "$1" got\necho Submitted batch job 3\n')
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{client.parent}:/bin:/usr/bin")
    assert main(["launch", "slurm", "-submit", "-out", "job.sbatch", *TRAIN]) == 0
    assert capfd.readouterr().out == "Submitted batch job 3\n"
    assert Path("got").read_bytes() == Path("job.sbatch").read_bytes()
    assert main(["launch", "slurm", "-submit", *TRAIN, "-set", "base_lr=0.5"]) == 0
    assert "base_lr=0.5" in Path("got").read_text()


def test_missing_client_is_told_before_a_file_is_written(
    in_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(in_folder))
    assert main([*KUBERNETES, "-submit", "-out", "job.yaml", *TRAIN]) == 2
    assert "-submit needs 'kubectl', which isn't installed here" in capsys.readouterr().err
    assert not Path("job.yaml").exists()


def test_fault_of_the_solver_is_told_at_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    Path("own.yaml").write_text("net_param: {name: a}\nbase_lrr: 0.1\n")
    assert main(["launch", "slurm", "--", "train", "-solver", "own.yaml"]) == 2
    err = capsys.readouterr().err
    assert "own.yaml:2:1: unknown field 'base_lrr'" in err
    assert "did you mean 'base_lr'?" in err
    assert main(["launch", "slurm", *TRAIN, "-set", "base_lrr=1"]) == 2
    assert "did you mean 'base_lr'?" in capsys.readouterr().err


def test_solver_that_is_elsewhere_is_not_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["launch", "slurm", "--", "train", "-solver", "/data/own.yaml"]) == 0
    out, err = capsys.readouterr()
    assert err == "note: /data/own.yaml is not here, so it is not checked; where the job runs it has to be\n"
    assert "layerzoo train -solver /data/own.yaml" in out


def test_plan_of_a_tune_is_checked(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = "solver: configs/mlp_solver.yaml\naxes:\n  base_lr: {values: [0.1, 0.2]}\nmaximise: accuracy\n"
    Path("own_tune.yaml").write_text(plan)
    assert main(["launch", "slurm", "-gpus", "2", "--", "tune", "own_tune.yaml"]) == 0
    out = capsys.readouterr().out
    assert "#SBATCH --job-name=own\n" in out
    assert "layerzoo tune own_tune.yaml -gpu all -processes 2 &\n" in out
    Path("own_tune.yaml").write_text(plan.replace("values", "valus"))
    assert main(["launch", "slurm", "--", "tune", "own_tune.yaml"]) == 2
    assert "own_tune.yaml:3:" in capsys.readouterr().err


def test_notes_say_what_is_unlikely_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["launch", "sky", *TRAIN, "-set", "snapshot=0"]) == 0
    notes = capsys.readouterr().err
    assert "note: the solver takes no snapshots on the way (snapshot is 0)" in notes
    assert "note: without -gpus the job trains on the CPU\n" in notes
    assert "note: without -bucket " in notes
    assert main(["launch", "sky", *TRAIN, "-set", "solver_mode=CPU"]) == 0
    assert "trains on the CPU" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["slurm"], "the command to run is missing; expected train or tune, after two dashes"),
        (["slurm", "--", "test", "-model", "a"], "a job can't run 'test'"),
        (["slurm", "--", "train", "-slover", "a"], "no flag '-slover'; did you mean '-solver'?"),
        (["slurm", "--", "train"], "train: -solver is required"),
        (["slurm", *TRAIN, "-new"], "train -new: each restart would begin a new run"),
        (["slurm", "-partition", "a b", *TRAIN], "-partition: 'a b' is not the name of a partition"),
        (["slurm", "-name", "a\nb", *TRAIN], "-name: 'a\\nb' is not a name of slurm"),
        (["slurm", "-gpus", "2", "-processes", "2", *TRAIN], "-processes is for the CPU"),
        (["slurm", "-time", "4h", *TRAIN], "-time: '4h' is not a time"),
        (["kubernetes", *TRAIN], "-image is required"),
        (["slrum", *TRAIN], "no command 'slrum'; did you mean 'slurm'?"),
        (["slurm", "-machines", "0", *TRAIN], "0 is not in the range"),
    ],
)
def test_mistakes_are_usage_errors(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["launch", *words]) == 2
    assert message in capsys.readouterr().err


def test_switches_and_flags_of_the_command_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["launch", "slurm", *TRAIN, "-tensorboard", "-nonew", "-dry_run=false", "-resume=auto"]) == 0
    out = capsys.readouterr().out
    assert "-tensorboard -nonew -dry_run=false -resume=auto -gpu none &\n" in out


def test_flags_that_a_job_adds_are_flags_of_train() -> None:
    train = program.layerzoo.get_command(click.Context(program.layerzoo), "train")
    assert train is not None
    known = {name.lstrip("-") for param in train.params for name in param.opts}
    assert {"resume", "gpu", "processes", "machines", "rendezvous", "set"} <= known
