"""What the page Look stands on: the worker's process, pictures that users bring, and nets to look at."""

from layerzoo.studio.looking.bench import Bench
from layerzoo.studio.looking.pictures import Picture, Pictures

__all__ = ["Bench", "Picture", "Pictures"]
