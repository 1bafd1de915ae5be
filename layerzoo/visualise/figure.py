"""A figure: a picture with its heading and caption."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True)
class Figure:
    """A picture with its heading and caption.

    Attributes:
        section: heading of the figures that it stands among.
        name: name of its file, without suffix; characters that a file name can't have are replaced.
        caption: what it shows, with the range of its values.
        picture: the picture.
    """

    section: str
    name: str
    caption: str
    picture: Image.Image
