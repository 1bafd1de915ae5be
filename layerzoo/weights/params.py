"""What weights are to this package: blobs by layer name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from layerzoo.blobs.named import NamedBlobs
from layerzoo.blobs.stored import StoredBlob

Params = Mapping[str, Sequence[torch.Tensor]]
"""Blobs by layer name, in Caffe's order; `NamedBlobs` where some have a name of their own."""

StoredWeights = dict[str, NamedBlobs[StoredBlob | None]]
"""The same in a file; None where the file leaves a blob out, as HDF5 does with those of another layer."""
