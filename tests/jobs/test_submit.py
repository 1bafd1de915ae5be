"""Submission by a cluster's client."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import LayerzooError, UsageError
from layerzoo.jobs import submit
from tests.jobs.jobs import cluster


@pytest.fixture
def clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs, before all others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def client(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_client_gets_the_job_file(clients: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    client(
        clients,
        "sbatch",
        f'echo "Submitted batch job 7"; cp "$1" {tmp_path}/got; echo "$1" > {tmp_path}/file',
    )
    job = cluster("slurm")
    submit(job)
    assert (tmp_path / "got").read_text() == job.text()
    assert capfd.readouterr().out == "Submitted batch job 7\n"
    assert not Path((tmp_path / "file").read_text().strip()).exists(), "the temporary file is deleted"


def test_client_gets_the_file_that_was_written(clients: Path, tmp_path: Path) -> None:
    client(clients, "kubectl", f'echo "$@" > {tmp_path}/got')
    submit(cluster("kubernetes", image="a:1"), tmp_path / "job.yaml")
    assert (tmp_path / "got").read_text() == f"apply -f {tmp_path}/job.yaml\n"


def test_failure_of_the_client_is_an_error(clients: Path) -> None:
    client(clients, "sbatch", "exit 3")
    with pytest.raises(LayerzooError, match="sbatch ended with exit code 3; the job was not submitted"):
        submit(cluster("slurm"))


def test_missing_client_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError) as caught:
        submit(cluster("sky"))
    assert str(caught.value) == (
        "-submit needs 'sky', which isn't installed here; write the job file by -out FILE.yaml, and where it "
        "is installed: sky jobs launch --yes --name lenet FILE.yaml"
    )
