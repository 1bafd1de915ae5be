"""Data sets: which lie below the studio's folders, overviews of them, uploads, and pictures of transforms."""

from layerzoo.studio.datasets.datasets import Datasets
from layerzoo.studio.datasets.finding import Found
from layerzoo.studio.datasets.overviews import Overview
from layerzoo.studio.datasets.uploads import Upload

__all__ = ["Datasets", "Found", "Overview", "Upload"]
