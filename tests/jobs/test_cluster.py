"""The base class of clusters, and what holds for all of them."""

from __future__ import annotations

import pytest

from layerzoo.errors import UsageError
from layerzoo.jobs import CLUSTERS
from layerzoo.registry import UnknownNameError
from tests.jobs.jobs import cluster, train

NAMES = list(CLUSTERS)
NEEDED = {"kubernetes": {"image": "registry.example/layerzoo:1"}}


def test_registry_has_a_module_each() -> None:
    assert NAMES == ["kubernetes", "sky", "slurm"]
    assert [CLUSTERS[name].__module__ for name in NAMES] == [
        f"layerzoo.jobs.clusters.{name}" for name in NAMES
    ]
    with pytest.raises(UnknownNameError, match="unknown cluster 'slrum'; did you mean 'slurm'"):
        CLUSTERS["slrum"]


@pytest.mark.parametrize("name", NAMES)
def test_name_of_a_job_can_hold_nothing_else(name: str) -> None:
    for wrong in ("", "a b", "a\nb", "-a", "a/b", "$a", "ä", "a" * 65):
        with pytest.raises(UsageError, match=f"is not a name of {name}: "):
            cluster(name, name=wrong, **NEEDED.get(name, {}))


@pytest.mark.parametrize("name", NAMES)
def test_command_is_checked(name: str) -> None:
    with pytest.raises(UsageError, match="train -new: "):
        cluster(name, train(new="true"), **NEEDED.get(name, {}))


@pytest.mark.parametrize("name", NAMES)
def test_first_line_says_what_made_the_file(name: str) -> None:
    made = cluster(name, made_by="layerzoo launch\nrm -rf /", **NEEDED.get(name, {}))
    assert made.made_by == "# layerzoo launch\\nrm -rf /\n"
    assert made.made_by in made.text()
    assert cluster(name, **NEEDED.get(name, {})).made_by == ""


@pytest.mark.parametrize("name", NAMES)
def test_text_is_the_same_for_the_same_job(name: str) -> None:
    made = [cluster(name, machines=2, **NEEDED.get(name, {})).text() for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].endswith("\n")
