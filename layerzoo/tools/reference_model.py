"""The arguments that classify.py and detect.py share; without them they take Caffe's reference model."""

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
    """Declare which net to take; the default is where Caffe's own tree (``CAFFE_ROOT``) has it."""
    parser.add_argument("--model_def", default=_in_caffe(f"{_MODEL}/deploy.prototxt"), help="the net")
    parser.add_argument(
        "--pretrained_model",
        default=_in_caffe(f"{_MODEL}/{Path(_MODEL).name}.caffemodel"),
        help="its weights",
    )
    parser.add_argument("--gpu", action="store_true", help="run on the GPU")
    add_allow_python(parser)


def add_preprocessing(parser: argparse.ArgumentParser, raw_scale: float) -> None:
    """Declare what is done to images: scaled, channels put in order, mean subtracted, scaled again."""
    parser.add_argument(
        "--mean_file",
        default=_in_caffe(_MEAN),
        help="the mean image, .npy or .binaryproto, channels x height x width; '' for none",
    )
    parser.add_argument("--input_scale", type=float, help="multiplies what goes into the net")
    parser.add_argument(
        "--raw_scale", type=float, default=raw_scale, help="multiplies pixels, which lie between 0 and 1"
    )
    parser.add_argument(
        "--channel_swap", default="2,1,0", help="order of the channels; 2,1,0 makes RGB into BGR"
    )


def check_model(args: argparse.Namespace) -> None:
    """Raise where the net or its weights aren't there.

    Raises:
        UsageError: says which flag names them.
    """
    for flag in ("model_def", "pretrained_model"):
        path = getattr(args, flag)
        if not Path(path).is_file():
            raise UsageError(f"no file '{path}'; --{flag} names one, CAFFE_ROOT the folder of Caffe's own")


def integers(name: str, text: str) -> list[int]:
    """Integers between commas.

    Raises:
        UsageError: it is something else.
    """
    try:
        return [int(part) for part in text.split(",")] if text else []
    except ValueError:
        raise UsageError(f"--{name} {text}; expected integers between commas, such as 2,1,0") from None


def mean_of(path: str) -> NDArray[np.float32] | None:
    """The mean that ``--mean_file`` names; of one value a channel, as an array of one axis.

    Raises:
        UsageError: there is no such file.
        DataError: it holds something else.
    """
    from layerzoo.data.mean import read_mean

    if not path:
        return None
    try:
        mean = read_mean(path)
    except OSError as error:
        raise UsageError(
            f"mean file '{path}' can't be read: {error.strerror or error}; "
            "--mean_file names one, and --mean_file '' means none"
        ) from None
    return mean[:, 0, 0] if mean.shape[1:] == (1, 1) else mean


def _in_caffe(path: str) -> str:
    return str(Path(os.environ.get("CAFFE_ROOT", "")) / path)
