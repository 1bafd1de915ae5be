"""``classify.py``: compute a net's scores of images and save them as a ``.npy``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from layerzoo.errors import DataError, UsageError
from layerzoo.tools.reference_model import add_model, add_preprocessing, check_model, integers, mean_of


def main(argv: Sequence[str]) -> int:
    """Run the tool with Caffe's arguments; return the exit code."""
    parser = argparse.ArgumentParser("classify.py", description="Classify images with a net.")
    parser.add_argument("input_file", help="an image, a folder of images, or a .npy")
    parser.add_argument("output_file", help="the .npy to write the scores to, images x classes")
    add_model(parser)
    add_preprocessing(parser, raw_scale=255.0)
    parser.add_argument("--center_only", action="store_true", help="score only the centre crop of each image")
    parser.add_argument("--images_dim", default="256,256", help="height,width to resize images to")
    parser.add_argument("--ext", default="jpg", help="suffix of the images in a folder")
    args = parser.parse_args(argv)
    sides = integers("images_dim", args.images_dim)
    if len(sides) != 2:
        raise UsageError(f"--images_dim {args.images_dim}; expected height,width")
    check_model(args)

    import numpy as np

    import layerzoo.pycaffe as caffe
    from layerzoo.pycaffe.classifier import Classifier

    mean = mean_of(args.mean_file)
    if args.gpu:
        caffe.set_mode_gpu()
        print("GPU mode")
    else:
        caffe.set_mode_cpu()
        print("CPU mode")
    classifier = Classifier(
        args.model_def,
        args.pretrained_model,
        image_dims=sides,
        mean=mean,
        input_scale=args.input_scale,
        raw_scale=args.raw_scale,
        channel_swap=integers("channel_swap", args.channel_swap) or None,
        any_python=False,
    )
    inputs = _inputs(Path(args.input_file).expanduser(), args.ext)
    print(f"Classifying {len(inputs)} inputs.")
    start = perf_counter()
    predictions = classifier.predict(inputs, not args.center_only)
    print(f"Done in {perf_counter() - start:.2f} s.")
    print(f"Saving results into {args.output_file}")
    np.save(args.output_file, predictions)
    return 0


def _inputs(path: Path, suffix: str) -> Any:
    """Load the images of a path: a ``.npy``, an image, or a folder's images sorted by name."""
    from layerzoo.blobs.sandboxed import sandboxed_array
    from layerzoo.data.npy import read_npy
    from layerzoo.pycaffe import io
    from layerzoo.reader import sandbox

    print(f"Loading {'folder' if path.is_dir() else 'file'}: {path}")
    try:
        if path.suffix == ".npy":
            return sandboxed_array(path, DataError) if sandbox.is_on() else read_npy(path)
        files = sorted(path.glob(f"*.{suffix}")) if path.is_dir() else [path]
        if not files:
            raise DataError(f"{path}: contains no *.{suffix}; set another suffix with --ext")
        return [io.load_image(str(file)) for file in files]
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise DataError(f"{path}: {reason}") from None
