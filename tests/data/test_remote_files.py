"""Files of named data sets on the web."""

from __future__ import annotations

import re

import pytest

from layerzoo.data.dataset import DATASETS
from layerzoo.data.remote_files import RemoteFile, files_at


def test_files_at_gives_each_file_on_each_mirror() -> None:
    assert files_at(("https://a.org/x/", "https://b.org"), {"f.gz": (3, "ab")}) == (
        RemoteFile("f.gz", 3, "ab", ("https://a.org/x/f.gz", "https://b.org/f.gz")),
    )


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist", "cifar10", "cifar100", "svhn"])
def test_each_set_names_its_files(name: str) -> None:
    files = DATASETS[name].files
    assert files
    for file in files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert 1000 < file.size < 1 << 31
        assert re.fullmatch(r"[\w.-]+", file.name)
        assert all(re.match("https?://", url) and url.endswith(file.name) for url in file.urls)
