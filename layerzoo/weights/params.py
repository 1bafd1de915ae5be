"""What weights are to this package: blobs by layer name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from layerzoo.blobs.stored import StoredBlob

Params = Mapping[str, Sequence[torch.Tensor]]
"""Param blobs by layer name, in Caffe's order."""

StoredWeights = dict[str, list[StoredBlob | None]]
"""The same in a file; None where the file leaves a blob out, as HDF5 does with those of another layer."""
