"""What a recogniser says of data."""

from dataclasses import replace

from layerzoo.projects.data_description import DataDescription


def test_total_and_imbalance_are_of_the_counts(description: DataDescription) -> None:
    assert description.total == 120
    assert description.message == "folder_data_param"
    assert description.imbalance == 3
    assert replace(description, classes={}).imbalance == 1
    assert replace(description, classes={"a": 0, "b": 5}).imbalance == 1, "an empty class is left out"
