"""What flags ask of a launch."""

from __future__ import annotations

from typing import Any

import pytest

from layerzoo.errors import UsageError
from layerzoo.launching import Request, request


def _asked(gpus: int = 0, environment: dict[str, str] | None = None, **flags: Any) -> Request | None:
    """The request of flags on a machine with that many GPUs."""
    given = {"gpu": None, "processes": None, "machines": None, "rendezvous": None, "restarts": 0, **flags}
    return request(*given.values(), count_gpus=lambda: gpus, environment=environment or {})


@pytest.mark.parametrize(
    ("gpus", "flags", "expected"),
    [
        (0, {}, None),
        (0, {"processes": 1}, None),
        (0, {"processes": 3}, Request(3)),
        (1, {"gpu": "all"}, None),
        (4, {"gpu": "all"}, Request(4)),
        (4, {"gpu": (0,)}, None),
        (4, {"gpu": (1, 3)}, Request(2)),
        (4, {"gpu": (1, 3), "processes": 2}, Request(2)),
        (0, {"gpu": (), "processes": 2}, Request(2)),
        (0, {"restarts": 5}, Request(1, restarts=5)),
        (
            8,
            {"gpu": "all", "machines": 2, "rendezvous": "node1:29400"},
            Request(8, 2, "node1:29400"),
        ),
        (0, {"machines": 1, "rendezvous": "h:1"}, Request(1, 1, "h:1")),
    ],
)
def test_request_of_flags(gpus: int, flags: dict[str, Any], expected: Request | None) -> None:
    assert _asked(gpus, **flags) == expected


@pytest.mark.parametrize(
    ("gpus", "flags", "message"),
    [
        (0, {"gpu": "all"}, "-gpu all: torch detects no GPUs; -processes N starts"),
        (1, {"gpu": (0, 1)}, "-gpu 0,1: torch detects 1 GPUs; -processes N -gpu none"),
        (4, {"gpu": (2, 2)}, "-gpu 2,2 names a GPU twice"),
        (4, {"gpu": (0, 1), "processes": 4}, "-gpu names 2 GPUs and -processes 4"),
        (0, {"machines": 2}, "-machines 2 needs -rendezvous HOST:PORT"),
        (0, {"rendezvous": "node1:29400"}, "needs -machines N"),
        (0, {"machines": 2, "rendezvous": "node1"}, "-rendezvous node1: expected HOST:PORT"),
        (0, {"machines": 2, "rendezvous": "node1:x"}, "expected HOST:PORT"),
        (0, {"machines": 2, "rendezvous": "node1:70000"}, "expected HOST:PORT"),
        (0, {"machines": 2, "rendezvous": ":29400"}, "expected HOST:PORT"),
    ],
)
def test_request_refuses_contradictions(gpus: int, flags: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _asked(gpus, **flags)


def test_request_takes_what_kubeflow_sets() -> None:
    variables = {
        "PET_NNODES": "4",
        "PET_NODE_RANK": "0",
        "PET_MASTER_ADDR": "job-0",
        "PET_MASTER_PORT": "29500",
    }
    assert _asked(8, variables, gpu="all") == Request(8, 4, "job-0:29500", is_host=True)
    assert _asked(8, variables | {"PET_NODE_RANK": "3"}, gpu="all") == Request(
        8, 4, "job-0:29500", is_host=False
    )
    assert _asked(8, variables | {"PET_NNODES": "1"}) is None
    with pytest.raises(UsageError, match="PET_NNODES=1:4: expected a number of machines"):
        _asked(8, variables | {"PET_NNODES": "1:4"})
    flags = {"machines": 2, "rendezvous": "h:1"}
    assert _asked(0, variables, **flags) == Request(1, 2, "h:1")
    assert _asked(0, **flags, restarts=3) == Request(1, 2, "h:1", restarts=3)
