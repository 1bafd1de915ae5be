"""Take a net and its weights to the formats that other programs read, and report how well each agrees."""

from layerzoo.migration.formats import FORMATS, Outcome
from layerzoo.migration.migrate import migrate
from layerzoo.migration.models import Model, models_in
from layerzoo.migration.result import Migration

__all__ = ["FORMATS", "Migration", "Model", "Outcome", "migrate", "models_in"]
