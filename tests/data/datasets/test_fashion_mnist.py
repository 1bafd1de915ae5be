"""The data set fashion_mnist."""

from layerzoo.data.dataset import DATASETS
from layerzoo.data.datasets.fashion_mnist import FashionMNIST


def test_configs_name_it_with_an_underscore() -> None:
    assert DATASETS["fashion_mnist"] is FashionMNIST
    assert FashionMNIST.folder().name == "fashion_mnist"
    assert FashionMNIST.class_names(0)[:2] == ["T-shirt/top", "Trouser"]
    assert len(FashionMNIST.class_names(0)) == FashionMNIST.classes
