"""``classify.py``: scores of images by a net, as an array of numpy's."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from layerzoo.errors import DataError, UsageError
from layerzoo.tools.reference_model import add_model, add_preprocessing, check_model, integers, mean_of


def main(argv: Sequence[str]) -> int:
    """Run it on its arguments, Caffe's."""
    parser = argparse.ArgumentParser("classify.py", description="Classify images by a net of Caffe's.")
    parser.add_argument("input_file", help="an image, a folder of them, or a .npy")
    parser.add_argument("output_file", help="the .npy to write the scores to, images x classes")
    add_model(parser)
    add_preprocessing(parser, raw_scale=255.0)
    parser.add_argument("--center_only", action="store_true", help="score the middle of each image alone")
    parser.add_argument(
        "--images_dim", default="256,256", help="height,width that images are resized to first"
    )
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
    """The images that a path means; those of a folder in the order of their names."""
    import numpy as np

    from layerzoo.pycaffe import io

    print(f"Loading {'folder' if path.is_dir() else 'file'}: {path}")
    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False)
        files = sorted(path.glob(f"*.{suffix}")) if path.is_dir() else [path]
        if not files:
            raise DataError(f"{path}: no *.{suffix} in it; --ext names another suffix")
        return [io.load_image(str(file)) for file in files]
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise DataError(f"{path}: {reason}") from None
