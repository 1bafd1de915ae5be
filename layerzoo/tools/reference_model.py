"""The arguments shared by classify.py and detect.py, whose defaults are Caffe's reference model."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from layerzoo.errors import UsageError
from layerzoo.tools.own_layers import add_allow_python

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MODEL = "models/bvlc_reference_caffenet"
_MEAN = "python/caffe/imagenet/ilsvrc_2012_mean.npy"


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that select the net; the defaults lie in Caffe's tree (``CAFFE_ROOT``)."""
    parser.add_argument("--model_def", default=_in_caffe(f"{_MODEL}/deploy.prototxt"), help="the net's file")
    parser.add_argument(
        "--pretrained_model",
        default=_in_caffe(f"{_MODEL}/{Path(_MODEL).name}.caffemodel"),
        help="the weights file",
    )
    parser.add_argument("--gpu", action="store_true", help="run on the GPU")
    add_allow_python(parser)


def add_preprocessing(parser: argparse.ArgumentParser, raw_scale: float) -> None:
    """Add the arguments of preprocessing: scale, channel order, mean, and scale after the mean."""
    parser.add_argument(
        "--mean_file",
        default=_in_caffe(_MEAN),
        help="the mean image, .npy or .binaryproto, channels x height x width; '' for none",
    )
    parser.add_argument("--input_scale", type=float, help="factor applied after the mean is subtracted")
    parser.add_argument(
        "--raw_scale", type=float, default=raw_scale, help="factor applied to pixels, which range from 0 to 1"
    )
    parser.add_argument(
        "--channel_swap", default="2,1,0", help="order of the channels; 2,1,0 turns RGB into BGR"
    )


def check_model(args: argparse.Namespace) -> None:
    """Check that the files of the net and its weights exist.

    Raises:
        UsageError: a file is missing; names the flag that sets it.
    """
    for flag in ("model_def", "pretrained_model"):
        path = getattr(args, flag)
        if not Path(path).is_file():
            raise UsageError(f"no file '{path}'; set --{flag}, or CAFFE_ROOT to Caffe's folder")


def integers(name: str, text: str) -> list[int]:
    """Parse integers separated by commas.

    Raises:
        UsageError: the text is anything else.
    """
    try:
        return [int(part) for part in text.split(",")] if text else []
    except ValueError:
        raise UsageError(f"--{name} {text}; expected integers separated by commas, such as 2,1,0") from None


def mean_of(path: str) -> NDArray[np.float32] | None:
    """Read the file of ``--mean_file``; a mean with one value per channel becomes an array of one axis.

    Raises:
        UsageError: the file can't be read.
        DataError: the file is not a mean.
    """
    from layerzoo.data.mean import read_mean

    if not path:
        return None
    try:
        mean = read_mean(path)
    except OSError as error:
        raise UsageError(
            f"mean file '{path}' can't be read: {error.strerror or error}; "
            "set another with --mean_file, or none with --mean_file ''"
        ) from None
    return mean[:, 0, 0] if mean.shape[1:] == (1, 1) else mean


def _in_caffe(path: str) -> str:
    return str(Path(os.environ.get("CAFFE_ROOT", "")) / path)
