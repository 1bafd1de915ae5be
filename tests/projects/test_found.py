"""What was found in data."""

from dataclasses import replace

from layerzoo.projects.found import Found


def test_total_and_imbalance_are_of_the_counts(found: Found) -> None:
    assert found.total == 120
    assert found.imbalance == 3
    assert replace(found, classes={}).imbalance == 1
    assert replace(found, classes={"a": 0, "b": 5}).imbalance == 1, "an empty class is left out"
