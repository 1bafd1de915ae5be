"""Kubernetes: a JobSet, or a TrainJob of Kubeflow Trainer with its runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from layerzoo.errors import UsageError
from layerzoo.jobs.cluster import FAILED_FOR_GOOD, PORT, STOPPED, Cluster, cluster
from layerzoo.jobs.documents import yaml_of
from layerzoo.jobs.setting import CPUS, IMAGE, MEMORY, RESTARTS, TIME, Setting, seconds_of

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_NODE = "node"
"""The name of the replicated job and of its container, which Kubeflow's runtimes have, too."""
_POD_SUFFIX = 6
"""Letters that Kubernetes adds to the name of a pod: a dash and five."""
_MAX_NAME = 63


@cluster
class Kubernetes(Cluster):
    """A JobSet of one indexed job, a pod a machine, or the same as a TrainJob.

    A pod that stops with exit code 75, or whose machine is taken away, is replaced and goes on from the
    newest snapshot; a fault of config or data fails the job at once; after another failure all pods start
    again. -time is a limit of the whole job, which then has failed.
    """

    name = "kubernetes"
    what = "Print a Kubernetes JobSet or a Kubeflow TrainJob."
    suffix = ".yaml"
    client = "kubectl"
    settings = (
        Setting(
            "kind", "jobset|trainjob", "What to print.", "jobset|trainjob", "jobset or trainjob", "jobset"
        ),
        Setting("image", "IMAGE", "Container image with layerzoo (required).", IMAGE, "an image"),
        Setting("namespace", "NAME", "Namespace.", _LABEL, "the name of a namespace"),
        Setting("queue", "NAME", "Local queue of Kueue.", _LABEL, "the name of a queue"),
        Setting(
            "claim",
            "NAME",
            "Persistent volume claim that holds configs, data and runs; the working folder.",
            r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?",
            "the name of a persistent volume claim",
        ),
        Setting(
            "mount",
            "PATH",
            "Where the claim is mounted.",
            r"/[A-Za-z0-9._/-]{1,200}",
            "an absolute path",
            "/workspace",
        ),
        Setting(
            "gpu_resource",
            "NAME",
            "The resource that counts GPUs.",
            r"[a-z0-9][a-z0-9.-]{0,200}/[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
            "a resource such as nvidia.com/gpu",
            "nvidia.com/gpu",
        ),
        TIME,
        CPUS,
        MEMORY,
        RESTARTS,
    )

    def check(self) -> None:
        """Check the image, and the length of the names of pods."""
        if not self.job.setting("image"):
            raise UsageError("-image is required: a container image in which layerzoo is installed")
        longest = len(self._host(self.job.machines - 1)) + _POD_SUFFIX
        if longest > _MAX_NAME:
            raise UsageError(
                f"-name: '{self.job.name}' gives pods names of {longest} letters, above {_MAX_NAME}"
            )

    def notes(self) -> list[str]:
        """That a run without a claim is lost with its pod."""
        if self.job.setting("claim"):
            return []
        return [
            "without -claim the run's folder is lost with its pod, and a restart begins anew, unless "
            "snapshot_prefix is on a disk that the image mounts"
        ]

    def text(self) -> str:
        """The documents."""
        made = self._jobset() if self.job.setting("kind") == "jobset" else self._trainjob()
        return self.made_by + yaml_of(*made)

    def submission(self, file: Path) -> list[str]:
        """``kubectl apply -f FILE``."""
        return [self.client, "apply", "-f", str(file)]

    def _host(self, index: int) -> str:
        """The name of the host of a pod: both kinds make a JobSet of the job's name."""
        return f"{self.job.name}-{_NODE}-0-{index}"

    def _jobset(self) -> list[dict[str, Any]]:
        """A JobSet."""
        pod = self._pod({"command": self._command(), "resources": self._resources()})
        return [
            {
                "apiVersion": "jobset.x-k8s.io/v1alpha2",
                "kind": "JobSet",
                "metadata": self._metadata(),
                "spec": self._jobset_spec(pod, {}),
            }
        ]

    def _trainjob(self) -> list[dict[str, Any]]:
        """A TrainJob and its runtime, which alone can have a pod failure policy."""
        labels = {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}
        group = "trainer.kubeflow.org"
        runtime = {
            "apiVersion": f"{group}/v1alpha1",
            "kind": "TrainingRuntime",
            "metadata": {key: one for key, one in self._metadata().items() if key != "labels"},
            "spec": {
                "mlPolicy": {"numNodes": self.job.machines},
                "template": {"spec": self._jobset_spec(self._pod({}), labels)},
            },
        }
        job = {
            "apiVersion": f"{group}/v1alpha1",
            "kind": "TrainJob",
            "metadata": self._metadata(),
            "spec": {
                "runtimeRef": {"apiGroup": group, "kind": "TrainingRuntime", "name": self.job.name},
                "trainer": {
                    "image": self.job.setting("image"),
                    "command": self._command(),
                    "numNodes": self.job.machines,
                    "resourcesPerNode": self._resources(),
                },
            },
        }
        return [runtime, job]

    def _metadata(self) -> dict[str, Any]:
        """Name, namespace and queue."""
        queue = self.job.setting("queue")
        return {
            "name": self.job.name,
            "namespace": self.job.setting("namespace"),
            "labels": {"kueue.x-k8s.io/queue-name": queue} if queue else {},
        }

    def _jobset_spec(self, pod: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
        """A JobSet of one indexed job; its headless service gives each pod a name in the network."""
        job, machines = self.job, self.job.machines
        return {
            "network": {"enableDNSHostnames": True, "publishNotReadyAddresses": True},
            "failurePolicy": {
                "maxRestarts": int(job.setting("restarts")),
                "rules": [
                    {
                        "name": "failedForGood",
                        "action": "FailJobSet",
                        "onJobFailureReasons": ["PodFailurePolicy", "DeadlineExceeded"],
                    }
                ],
            },
            "replicatedJobs": [
                {
                    "name": _NODE,
                    "replicas": 1,
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": {
                            "completionMode": "Indexed",
                            "completions": machines,
                            "parallelism": machines,
                            # Processes that train together fail together: the JobSet restarts all of them.
                            "backoffLimit": 0,
                            "activeDeadlineSeconds": seconds_of(job.setting("time")) or None,
                            "podFailurePolicy": {"rules": _pod_failure_rules()},
                            "template": {"spec": pod},
                        },
                    },
                }
            ],
        }

    def _pod(self, more: dict[str, Any]) -> dict[str, Any]:
        """The pod of a machine."""
        job = self.job
        claim, mount = job.setting("claim"), job.setting("mount")
        volumes, mounts = [], []
        if claim:
            volumes.append({"name": "workspace", "persistentVolumeClaim": {"claimName": claim}})
            mounts.append({"name": "workspace", "mountPath": mount})
        if job.several:  # processes exchange gradients and batches by it; a container has 64 MB of its own
            volumes.append({"name": "shared-memory", "emptyDir": {"medium": "Memory"}})
            mounts.append({"name": "shared-memory", "mountPath": "/dev/shm"})
        return {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": job.grace,
            "containers": [
                {
                    "name": _NODE,
                    "image": job.setting("image"),
                    "workingDir": mount if claim else None,
                    **more,
                    "ports": [{"containerPort": PORT}] if job.connected else [],
                    "volumeMounts": mounts,
                }
            ],
            "volumes": volumes,
        }

    def _command(self) -> list[str]:
        """The command of a container, which expands no variable in it."""
        host = f"{self._host(0)}.{self.job.name}:{PORT}" if self.job.connected else ""
        return [word.replace("$(", "$$(") for word in self.job.words(host)]

    def _resources(self) -> dict[str, Any]:
        """The resources of a machine."""
        job = self.job
        memory = job.setting("memory")
        asked = {"cpu": job.setting("cpus"), "memory": f"{memory}i" if memory else ""}
        return {
            "requests": asked,
            "limits": {job.setting("gpu_resource"): str(job.gpus)} if job.gpus else {},
        }


def _pod_failure_rules() -> list[dict[str, Any]]:
    """What becomes of a job when a pod fails; the first rule that fits counts."""

    def exits(codes: tuple[int, ...]) -> dict[str, Any]:
        return {"containerName": _NODE, "operator": "In", "values": list(codes)}

    return [
        {"action": "FailJob", "onExitCodes": exits(FAILED_FOR_GOOD)},
        {"action": "Ignore", "onExitCodes": exits(STOPPED)},
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
    ]
