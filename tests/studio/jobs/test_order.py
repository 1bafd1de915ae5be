"""Commands that go on from where they were."""

from __future__ import annotations

import pytest

from layerzoo.studio.jobs.order import Order, shown


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["train", "-solver", "a"], ["train", "-solver", "a", "-resume", "auto"]),
        (["train", "--new", "-solver", "a"], ["train", "-solver", "a", "-resume", "auto"]),
        (["train", "-snapshot", "b", "-solver", "a"], ["train", "-solver", "a", "-resume", "auto"]),
        (["train", "-resume=b", "-solver", "a"], ["train", "-solver", "a", "-resume", "auto"]),
        (["tune", "plan.yaml"], ["tune", "plan.yaml"]),
    ],
)
def test_resumed_command_begins_at_the_newest_snapshot(command: list[str], expected: list[str]) -> None:
    assert Order(command, "/", "").resumed == expected


def test_command_is_shown_as_users_type_it() -> None:
    assert shown(["train", "-set", "snapshot_prefix=a b"]) == "layerzoo train -set 'snapshot_prefix=a b'"
