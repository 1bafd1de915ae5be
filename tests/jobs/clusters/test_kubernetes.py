"""Kubernetes' documents, against the schemas of their formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from layerzoo.errors import UsageError
from tests.jobs.jobs import cluster, train
from tests.jobs.schemas import KINDS

IMAGE = "registry.example/layerzoo:1"
FULL: dict[str, Any] = {
    "image": IMAGE, "machines": 4, "gpus": 8, "claim": "runs", "queue": "gpu", "namespace": "team",
    "time": "2-0", "cpus": "16", "memory": "64G", "restarts": "5",
}  # fmt: skip


def documents(**asked: Any) -> list[dict[str, Any]]:
    """The documents of a job, each of which fits its schema."""
    made = list(yaml.safe_load_all(cluster("kubernetes", **{"image": IMAGE, **asked}).text()))
    for document in made:
        jsonschema.validate(document, KINDS[document["kind"]], jsonschema.Draft202012Validator)
    return made


def job_of(document: dict[str, Any]) -> dict[str, Any]:
    """The spec of the only job of a JobSet, or of a runtime."""
    spec = document["spec"]["template"]["spec"] if "template" in document["spec"] else document["spec"]
    (job,) = spec["replicatedJobs"]
    found: dict[str, Any] = job["template"]["spec"]
    return found


def within(part: Any, whole: Any) -> bool:
    """Whether a document holds all that another one does."""
    if isinstance(part, dict):
        return all(key in whole and within(one, whole[key]) for key, one in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(within, part, whole))
    return bool(part == whole)


@pytest.mark.parametrize("kind", ["jobset", "trainjob"])
@pytest.mark.parametrize("asked", [{}, {"gpus": 1}, {"processes": 2, "claim": "runs"}, FULL])
def test_documents_fit_the_schemas(kind: str, asked: dict[str, Any]) -> None:
    kinds = [document["kind"] for document in documents(kind=kind, **asked)]
    assert kinds == (["JobSet"] if kind == "jobset" else ["TrainingRuntime", "TrainJob"])


@pytest.mark.parametrize("kind", ["jobset", "trainjob"])
def test_documents_fit_kubeflows_own_models(kind: str) -> None:
    models = pytest.importorskip("kubeflow_trainer_api.models", reason="needs kubeflow_trainer_api")
    classes = {
        "JobSet": models.JobsetV1alpha2JobSet,
        "TrainingRuntime": models.TrainerV1alpha1TrainingRuntime,
        "TrainJob": models.TrainerV1alpha1TrainJob,
    }
    for document in documents(kind=kind, **FULL):
        known = classes[document["kind"]].from_dict(document).to_dict()
        assert within(document, known), "a key is unknown, and lost"


@pytest.mark.parametrize("kind", ["jobset", "trainjob"])
def test_pod_that_stops_with_a_snapshot_is_replaced(kind: str) -> None:
    job = job_of(documents(kind=kind)[0])
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert job["template"]["spec"]["terminationGracePeriodSeconds"] == 120
    rules = job["podFailurePolicy"]["rules"]

    def action(code: int, condition: str = "") -> str:
        """The first rule that fits counts, as in Kubernetes."""
        for rule in rules:
            if code in rule.get("onExitCodes", {}).get("values", ()):
                return str(rule["action"])
            if condition in [one["type"] for one in rule.get("onPodConditions", ())]:
                return str(rule["action"])
        return "Count"

    assert [action(code) for code in (2, 3, 4)] == ["FailJob"] * 3
    assert [action(code) for code in (75, 143)] == ["Ignore"] * 2
    assert [action(code) for code in (1, 5, 137, 139)] == ["Count"] * 4
    assert action(137, "DisruptionTarget") == "Ignore", "its machine was taken away"


def test_jobset_starts_all_pods_again_after_another_failure() -> None:
    (document,) = documents(restarts="5")
    policy = document["spec"]["failurePolicy"]
    assert policy["maxRestarts"] == 5
    assert policy["rules"][0]["action"] == "FailJobSet"
    assert policy["rules"][0]["onJobFailureReasons"] == ["PodFailurePolicy", "DeadlineExceeded"]
    assert job_of(document)["backoffLimit"] == 0


def test_pods_find_each_other_by_the_name_of_the_first() -> None:
    (document,) = documents(machines=3, gpus=2, name="big-net")
    job = job_of(document)
    assert (job["completionMode"], job["completions"], job["parallelism"]) == ("Indexed", 3, 3)
    assert document["spec"]["network"]["enableDNSHostnames"]
    (container,) = job["template"]["spec"]["containers"]
    rendezvous = ["-machines", "3", "-rendezvous", "big-net-node-0-0.big-net:29500"]
    assert container["command"][-4:] == rendezvous
    assert container["ports"] == [{"containerPort": 29500}]
    train_job = documents(machines=3, gpus=2, name="big-net", kind="trainjob")[1]
    assert train_job["spec"]["trainer"]["command"][-4:] == rendezvous
    assert train_job["spec"]["trainer"]["numNodes"] == 3


def test_one_machine_needs_no_address() -> None:
    (container,) = job_of(documents()[0])["template"]["spec"]["containers"]
    assert "ports" not in container
    assert "-rendezvous" not in container["command"]


def test_words_of_the_command_stay_as_they_are() -> None:
    """Kubernetes replaces ``$(NAME)`` and reads ``$$`` before a bracket as one dollar."""
    hard = ["-set", "a=$(HOME)", "", "- x: {", "'\"\n", "$$(A)"]
    (container,) = job_of(documents(command=train(*hard))[0])["template"]["spec"]["containers"]
    shown = [word.replace("$$(", "$(") for word in container["command"]]
    assert container["command"][5] == "a=$$(HOME)"
    assert shown[4:10] == [*hard[:-1], "$$(A)"]


def test_claim_is_the_working_folder() -> None:
    pod = job_of(documents(claim="runs", mount="/data")[0])["template"]["spec"]
    assert pod["volumes"] == [{"name": "workspace", "persistentVolumeClaim": {"claimName": "runs"}}]
    assert pod["containers"][0]["workingDir"] == "/data"
    assert cluster("kubernetes", image=IMAGE, claim="runs").notes() == []
    (note,) = cluster("kubernetes", image=IMAGE).notes()
    assert "without -claim the run's folder is lost with its pod" in note


def test_processes_share_memory() -> None:
    volume = {"name": "shared-memory", "emptyDir": {"medium": "Memory"}}
    for asked, wanted in (({"gpus": 1}, False), ({"gpus": 2}, True), ({"processes": 2}, True)):
        pod = job_of(documents(**asked)[0])["template"]["spec"]
        assert (volume in pod.get("volumes", [])) is wanted


def test_resources_are_those_of_a_machine() -> None:
    wanted = {
        "requests": {"cpu": "16", "memory": "64Gi"},
        "limits": {"amd.com/gpu": "8"},
    }
    asked = {**FULL, "gpu_resource": "amd.com/gpu"}
    (container,) = job_of(documents(**asked)[0])["template"]["spec"]["containers"]
    assert container["resources"] == wanted
    runtime, train_job = documents(**asked, kind="trainjob")
    assert train_job["spec"]["trainer"]["resourcesPerNode"] == wanted
    assert "resources" not in job_of(runtime)["template"]["spec"]["containers"][0]


def test_queue_is_a_label_of_what_kueue_admits() -> None:
    label = {"kueue.x-k8s.io/queue-name": "gpu"}
    assert documents(queue="gpu")[0]["metadata"]["labels"] == label
    runtime, train_job = documents(queue="gpu", namespace="team", kind="trainjob")
    assert train_job["metadata"] == {"name": "lenet", "namespace": "team", "labels": label}
    assert runtime["metadata"] == {"name": "lenet", "namespace": "team"}
    assert train_job["spec"]["runtimeRef"]["name"] == runtime["metadata"]["name"]


def test_time_is_the_limit_of_the_job() -> None:
    assert job_of(documents(time="90")[0])["activeDeadlineSeconds"] == 5400
    assert "activeDeadlineSeconds" not in job_of(documents()[0])


def test_image_is_required() -> None:
    with pytest.raises(UsageError, match="-image is required"):
        cluster("kubernetes")


def test_names_of_pods_have_to_fit() -> None:
    documents(name="a" * 48, machines=10)
    with pytest.raises(UsageError, match="gives pods names of 65 letters, above 63"):
        cluster("kubernetes", image=IMAGE, name="a" * 49, machines=11)


def test_submission_is_by_kubectl() -> None:
    made = cluster("kubernetes", image=IMAGE).submission(Path("a.yaml"))
    assert made == ["kubectl", "apply", "-f", "a.yaml"]
