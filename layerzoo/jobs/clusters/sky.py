"""SkyPilot: a task for ``sky jobs launch``, on spot machines."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from layerzoo.errors import UsageError
from layerzoo.jobs.cluster import PORT, STOPPED, Cluster, cluster
from layerzoo.jobs.documents import yaml_of
from layerzoo.jobs.setting import CPUS, IMAGE, MEMORY, Setting

_RUNS = "/runs"
_ON_OFF = ("true|false", "true or false")


@cluster
class Sky(Cluster):
    """A managed job: SkyPilot replaces a machine that is taken away, and the run goes on from the bucket."""

    name = "sky"
    what = "Print a SkyPilot task, on spot machines."
    suffix = ".yaml"
    client = "sky"
    settings = (
        Setting(
            "accelerators",
            "NAME:N",
            "GPUs of a machine, e.g. H100:8.",
            r"[A-Za-z][A-Za-z0-9_-]{0,63}:[1-9][0-9]{0,2}",
            "a kind of GPU and a number, such as H100:8",
        ),
        Setting(
            "bucket",
            "URL",
            "Bucket that holds the runs, e.g. s3://name/folder.",
            r"[a-z][a-z0-9]{0,9}://[A-Za-z0-9][A-Za-z0-9._/-]{1,500}",
            "the address of a bucket, such as s3://name",
        ),
        Setting(
            "infra",
            "PLACE",
            "Cloud, region and zone: aws/us-east-1; default: the cheapest.",
            r"[A-Za-z0-9*][A-Za-z0-9._:/*@-]{0,200}",
            "a place such as aws/us-east-1",
        ),
        Setting("spot", "true|false", "Machines that can be taken away, at a lower price.", *_ON_OFF, "true"),
        Setting("image", "IMAGE", "Container image to run in.", IMAGE, "an image"),
        CPUS,
        MEMORY,
        Setting(
            "setup",
            "COMMANDS",
            "Shell commands that prepare each machine.",
            r"[^\x00]{1,10000}",
            "shell commands",
            "pip install layerzoo",
        ),
        Setting(
            "restarts",
            "N",
            "Restarts after a failure of any kind; a machine taken away and a stop with a snapshot aren't "
            "counted.",
            r"[0-9]{1,4}",
            "a number from 0 on",
            "0",
        ),
    )

    @classmethod
    def gpus(cls, asked: int | None, settings: Mapping[str, str]) -> int:
        """Those of ``-accelerators``, unless another number is asked for."""
        count = settings.get("accelerators", "").rpartition(":")[2]
        return asked if asked is not None else int(count or 0)

    def check(self) -> None:
        """Check that GPUs have a kind, and their number is that of ``-gpus``."""
        kind, _, count = self.job.setting("accelerators").partition(":")
        if self.job.gpus and not kind:
            raise UsageError(f"which GPUs? -accelerators H100:{self.job.gpus}")
        if kind and int(count) != self.job.gpus:
            raise UsageError(
                f"-gpus {self.job.gpus} and -accelerators {kind}:{count} differ; give -accelerators alone"
            )

    def notes(self) -> list[str]:
        """That a run without a bucket is lost with its machine."""
        if self.job.setting("bucket"):
            return []
        return ["without -bucket the run's folder is lost with its machine, and a restart begins anew"]

    def text(self) -> str:
        """The task."""
        job = self.job
        bucket, memory, image = job.setting("bucket"), job.setting("memory"), job.setting("image")
        mounted = {_RUNS: {"source": bucket, "mode": "MOUNT_CACHED"}} if bucket else {}
        task: dict[str, Any] = {
            "name": job.name,
            "num_nodes": job.machines,
            "resources": {
                "infra": job.setting("infra"),
                "accelerators": job.setting("accelerators"),
                "cpus": f"{job.setting('cpus')}+" if job.setting("cpus") else "",
                "memory": f"{memory}B+" if memory else "",
                "image_id": f"docker:{image}" if image else "",
                "use_spot": job.setting("spot") == "true",
                "job_recovery": {
                    "max_restarts_on_errors": int(job.setting("restarts")),
                    "recover_on_exit_codes": list(STOPPED),
                },
            },
            "workdir": ".",
            "file_mounts": mounted,
            "setup": f"{job.setting('setup')}\n",
            "run": self._run(),
        }
        return self.made_by + yaml_of(task)

    def _run(self) -> str:
        """The script of each machine."""
        job = self.job
        words = job.words()
        if job.setting("bucket") and job.command.name == "train" and not job.command.sets("snapshot_prefix"):
            words += ["-set", f"snapshot_prefix={_RUNS}/{job.name}"]
        command = f"exec {shlex.join(words)}"
        if not job.connected:
            return f"{command}\n"
        host = 'host=$(echo "$SKYPILOT_NODE_IPS" | head -n 1)\n'
        return f'{host}{command} -rendezvous "$host:{PORT}"\n'

    def submission(self, file: Path) -> list[str]:
        """``sky jobs launch --yes FILE``."""
        return [self.client, "jobs", "launch", "--yes", "--name", self.job.name, str(file)]
