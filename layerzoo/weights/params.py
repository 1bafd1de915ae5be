"""Types of weights: blobs by layer name, in memory and in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from layerzoo.blobs.named import NamedBlobs
from layerzoo.blobs.stored import StoredBlob

Params = Mapping[str, Sequence[torch.Tensor]]
"""Blobs by layer name, in Caffe's order; `NamedBlobs` if some have names of their own, or layers one name."""

StoredWeights = dict[str, NamedBlobs[StoredBlob | None]]
"""Blobs of a file by the keys of `keyed`; None for one that is left out, as a shared one in Caffe's HDF5."""
