import pytest

from layerzoo.cli.duration import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (119.94, "119.9 s"), (120, "2 min 0 s"), (3599.4, "59 min 59 s"), (7260, "2 h 1 min")],
)
def test_duration_is_readable(seconds, text):
    assert duration(seconds) == text
