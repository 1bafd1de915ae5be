"""Numbers of iterations on the device."""

from __future__ import annotations

import torch

from layerzoo.engine.capture.numbers import Numbers


def test_numbers_are_read_at_one_address() -> None:
    numbers = Numbers(3, torch.device("cpu"), iter_size=2)
    held = numbers._held.data_ptr()
    numbers.write(0, 0, [0.5])
    numbers.write(1, 16_777_217, [0.1, 0.2, 0.3])  # more than single precision holds
    assert numbers._held.data_ptr() == held
    assert numbers.slot().tolist() == [1]
    assert [numbers.rate(place).item() for place in range(3)] == [
        torch.tensor(x).item() for x in (0.1, 0.2, 0.3)
    ]
    assert [numbers.iteration(place).item() for place in range(3)] == [16_777_217, 16_777_218, 16_777_219]
    assert [numbers.number(1, part).item() for part in range(2)] == [33_554_436, 33_554_437]
    assert numbers.number(0, 0).dtype == torch.int64
    assert numbers.rate(0).shape == numbers.iteration(0).shape == ()
    assert numbers.rate(0).dtype == torch.float32


def test_numbers_of_fewer_iterations_leave_the_others() -> None:
    numbers = Numbers(2, torch.device("cpu"))
    numbers.write(0, 7, [0.1, 0.2])
    numbers.write(0, 9, [0.3])
    assert (numbers.iteration(0).item(), round(numbers.rate(0).item(), 6)) == (9, 0.3)
