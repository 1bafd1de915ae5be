"""Types of weights: blobs by layer name, in memory and in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from layerzoo.blobs.named import NamedBlobs
from layerzoo.blobs.stored import StoredBlob

Params = Mapping[str, Sequence[torch.Tensor]]
"""Blobs by layer name, in Caffe's order; `NamedBlobs` if some have names of their own."""

StoredWeights = dict[str, NamedBlobs[StoredBlob | None]]
"""Blobs of a file by layer name; None for a blob that the file leaves out, as Caffe's HDF5 does if shared."""
