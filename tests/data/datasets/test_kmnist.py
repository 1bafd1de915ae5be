"""The data set kmnist."""

from layerzoo.data.dataset import DATASETS
from layerzoo.data.datasets.kmnist import KMNIST


def test_it_has_ten_syllables() -> None:
    assert DATASETS["kmnist"] is KMNIST
    assert KMNIST.class_names(0) == ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
