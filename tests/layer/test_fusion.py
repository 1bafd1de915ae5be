"""What layers say of themselves so that several can run as one operation."""

from __future__ import annotations

import torch

from layerzoo.layer import Filters, RunningSums


def filters(**changes: object) -> Filters:
    plain = Filters(torch.zeros(4, 3, 1, 1), None, (1, 1), (0, 0), (1, 1), 1)
    return plain._replace(**changes)  # type: ignore[arg-type]  # fields by name


def test_filters_of_one_pixel_are_a_product() -> None:
    assert filters().is_product
    assert not filters(weight=torch.zeros(4, 3, 3, 1)).is_product
    assert not filters(stride=(1, 2)).is_product
    assert not filters(pad=(0, 1)).is_product
    assert not filters(group=3).is_product


def test_running_sums_are_made_once_each() -> None:
    sums = RunningSums()
    one, two = torch.tensor([1.0]), torch.tensor([10.0, 20.0])
    sums.add(0.5, [one], [torch.tensor([3.0])])
    sums.add(0.9, [two], [torch.tensor([1.0, 2.0])])
    assert one.item() == 1.0
    sums.apply()
    sums.apply()
    assert one.item() == 3.5
    assert two.tolist() == [10.0, 20.0]
