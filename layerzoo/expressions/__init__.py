"""Expressions in configs: ``${64 * 2 ** stage}``.

`split` finds them in a text, `parse` reads one, `evaluate` computes its value. They know nothing of nets or
node trees; `layerzoo.expansion` gives them the constants and parameters of a config.
"""

from layerzoo.expressions.evaluate import FUNCTIONS, USAGE, Steps, evaluate, name_of, text_of
from layerzoo.expressions.parse import parse
from layerzoo.expressions.template import OPENING, Template, folded, split
from layerzoo.expressions.tree import Expression, ExpressionError, TooManyStepsError, Value

__all__ = [
    "FUNCTIONS",
    "OPENING",
    "USAGE",
    "Expression",
    "ExpressionError",
    "Steps",
    "Template",
    "TooManyStepsError",
    "Value",
    "evaluate",
    "folded",
    "name_of",
    "parse",
    "split",
    "text_of",
]
