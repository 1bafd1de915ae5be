"""Settings of clusters: texts that a scheduler's file can hold."""

from __future__ import annotations

import re

import pytest

from layerzoo.errors import UsageError
from layerzoo.jobs import CLUSTERS, Setting
from layerzoo.jobs.setting import seconds_of

ALL = [(name, one) for name in CLUSTERS for one in CLUSTERS[name].settings]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 5400),
        ("90:30", 5430),
        ("4:00:00", 14400),
        ("0:01:05", 65),
        ("2-12", 216000),
        ("2-12:30", 217800),
        ("1-00:00:01", 86401),
        ("", 0),
    ],
)
def test_time_is_read_in_slurms_forms(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["0", "0:00:00", "-1", "1-", "1:2:3:4", "4h", "400-0", "1-2-3", "٣"])
def test_time_that_is_none_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"^-time: '.*' is not a time such as 4:00:00"):
        seconds_of(text)


def test_value_has_to_match_as_a_whole() -> None:
    one = Setting("queue", "NAME", "Queue.", "[a-z]+", "the name of a queue", "main")
    assert one.checked("gpu") == "gpu"
    assert one.checked(None) == "main"
    for wrong in ("", "gpu2", "gpu\n", "gpu; rm -rf /"):
        with pytest.raises(UsageError, match=r"^-queue: '.*' is not the name of a queue$"):
            one.checked(wrong)


@pytest.mark.parametrize(("name", "one"), ALL, ids=[f"{name}-{one.name}" for name, one in ALL])
def test_setting_has_help_and_a_valid_default(name: str, one: Setting) -> None:
    assert one.help.endswith(".")
    assert len(one.help) > 7
    assert not one.default or re.fullmatch(one.pattern, one.default)


@pytest.mark.parametrize(
    "text", ["a\nb", "a b", "a;b", "$(a)", "`a`", "a'b", 'a"b', "-a", "a#b", "a\\", "a: b", "a\0", "a\u2028b"]
)
def test_no_setting_but_shell_commands_takes_text_that_a_file_reads_otherwise(text: str) -> None:
    for name, one in ALL:
        if one.name != "setup":
            assert not re.fullmatch(one.pattern, text), (name, one.name)
