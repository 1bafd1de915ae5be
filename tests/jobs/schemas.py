"""JSON schemas of the job files, as far as ours use the formats: unknown keys are faults.

Written from the published definitions: JobSet's types (jobset.x-k8s.io/v1alpha2), those of Kubeflow Trainer
(trainer.kubeflow.org/v1alpha1), Kubernetes' batch/v1 and core/v1, and SkyPilot's task.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

NAME = {"type": "string", "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
YES_OR_NO = {"type": "boolean"}
LABELS = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 63}}
QUANTITY = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(m|[KMGTPE]i?)?$"}
QUANTITIES = {"type": "object", "additionalProperties": QUANTITY}


def record(required: str = "", **properties: Schema) -> Schema:
    """A mapping with these keys and no others."""
    return {
        "type": "object",
        "required": required.split(),
        "additionalProperties": False,
        "properties": properties,
    }


def several(items: Schema, most: int = 128) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most}


def one_of(*values: str) -> Schema:
    return {"enum": list(values)}


METADATA = record("name", name=NAME, namespace=NAME, labels=LABELS)
RESOURCES = record(requests=QUANTITIES, limits=QUANTITIES)
CONTAINER = record(
    "name image",
    name=NAME,
    image=TEXT,
    workingDir=TEXT,
    command=several({"type": "string"}),
    resources=RESOURCES,
    ports=several(record("containerPort", containerPort={"type": "integer", "minimum": 1, "maximum": 65535})),
    volumeMounts=several(record("name mountPath", name=NAME, mountPath={"type": "string", "pattern": "^/"})),
)
VOLUME = record(
    "name",
    name=NAME,
    persistentVolumeClaim=record("claimName", claimName=TEXT),
    emptyDir=record(medium=one_of("", "Memory")),
)
POD = record(
    "containers restartPolicy",
    # A pod failure policy is refused with any other.
    restartPolicy=one_of("Never"),
    terminationGracePeriodSeconds=COUNT,
    containers=several(CONTAINER),
    volumes=several(VOLUME),
)
EXIT_CODES = record(
    "operator values",
    containerName=NAME,
    operator=one_of("In", "NotIn"),
    values={
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 255},
        "minItems": 1,
        "uniqueItems": True,
    },
)
CONDITIONS = several(record("type status", type=TEXT, status=one_of("True", "False", "Unknown")), 20)
FAILURE_RULE = {
    **record(
        "action",
        action=one_of("FailJob", "FailIndex", "Ignore", "Count"),
        onExitCodes=EXIT_CODES,
        onPodConditions=CONDITIONS,
    ),
    "oneOf": [{"required": ["onExitCodes"]}, {"required": ["onPodConditions"]}],
}
JOB = record(
    "template",
    completionMode=one_of("Indexed", "NonIndexed"),
    completions=COUNT,
    parallelism=COUNT,
    backoffLimit=COUNT,
    activeDeadlineSeconds=COUNT,
    podFailurePolicy=record("rules", rules=several(FAILURE_RULE, 20)),
    template=record("spec", spec=POD),
)
JOBSET_RULE = record(
    "name action",
    name={"type": "string", "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"},
    action=one_of("FailJobSet", "RestartJobSet", "RestartJobSetAndIgnoreMaxRestarts"),
    onJobFailureReasons=several(
        one_of(
            "BackoffLimitExceeded",
            "DeadlineExceeded",
            "FailedIndexes",
            "MaxFailedIndexesExceeded",
            "PodFailurePolicy",
        )
    ),
)
JOBSET_SPEC = record(
    "replicatedJobs",
    network=record(enableDNSHostnames=YES_OR_NO, publishNotReadyAddresses=YES_OR_NO),
    failurePolicy=record(maxRestarts=COUNT, rules=several(JOBSET_RULE)),
    replicatedJobs=several(
        record(
            "name template",
            name=NAME,
            replicas=COUNT,
            template=record("spec", metadata=record(labels=LABELS), spec=JOB),
        )
    ),
)
_TRAINER = {"const": "trainer.kubeflow.org/v1alpha1"}
KINDS: dict[str, Schema] = {
    "JobSet": record(
        "apiVersion kind metadata spec",
        apiVersion={"const": "jobset.x-k8s.io/v1alpha2"},
        kind={"const": "JobSet"},
        metadata=METADATA,
        spec=JOBSET_SPEC,
    ),
    "TrainingRuntime": record(
        "apiVersion kind metadata spec",
        apiVersion=_TRAINER,
        kind={"const": "TrainingRuntime"},
        metadata=METADATA,
        spec=record(
            "template",
            mlPolicy=record(numNodes=COUNT),
            template=record("spec", spec=JOBSET_SPEC),
        ),
    ),
    "TrainJob": record(
        "apiVersion kind metadata spec",
        apiVersion=_TRAINER,
        kind={"const": "TrainJob"},
        metadata=METADATA,
        spec=record(
            "runtimeRef",
            runtimeRef=record(
                "name", name=NAME, apiGroup=TEXT, kind=one_of("TrainingRuntime", "ClusterTrainingRuntime")
            ),
            trainer=record(
                image={"type": "string", "maxLength": 500},
                command=several({"type": "string", "maxLength": 65536}),
                numNodes=COUNT,
                resourcesPerNode=RESOURCES,
            ),
        ),
    ),
}
"""The schema of each kind of object of Kubernetes."""

_SIZE = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?([KMGTP]B?)?\+?$"}
SKY = record(
    "run",
    name=TEXT,
    num_nodes={"type": "integer", "minimum": 1},
    resources=record(
        infra=TEXT,
        accelerators={"type": "string", "pattern": r"^[A-Za-z0-9_-]+:[0-9]+$"},
        cpus={"type": "string", "pattern": r"^[0-9]+\+?$"},
        memory=_SIZE,
        image_id={"type": "string", "pattern": "^docker:"},
        use_spot=YES_OR_NO,
        job_recovery=record(
            strategy=TEXT,
            max_restarts_on_errors=COUNT,
            recover_on_exit_codes={
                "type": "array",
                "items": {"type": "integer", "minimum": 0, "maximum": 255},
                "uniqueItems": True,
            },
        ),
    ),
    workdir=TEXT,
    file_mounts={
        "type": "object",
        "additionalProperties": record(
            source={"type": "string", "pattern": "^[a-z0-9]+://"},
            mode=one_of("MOUNT", "COPY", "MOUNT_CACHED"),
        ),
    },
    setup=TEXT,
    run=TEXT,
)
"""SkyPilot's task."""
