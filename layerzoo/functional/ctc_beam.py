"""Prefix search for connectionist temporal classification (Graves 2012), for all items of a batch at once.

T is the number of time steps, N of sequences, C of labels with the blank one.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.functional.constants import constant


class Decoded(NamedTuple):
    """The most probable sequences of labels.

    Attributes:
        labels: (N, T), int64; -1 after the last.
        log_probability: the logarithm of the probability of each, (N).
    """

    labels: Tensor
    log_probability: Tensor


class _Tree(NamedTuple):
    """The sequences so far, each the continuation of another by a label; all (N, number of sequences).

    Attributes:
        label: its last label; that of the empty sequence, number 0, is the blank one.
        parent: number of the sequence that it continues; the empty one's own.
        continued: whether its continuations are among the sequences.
        label_last: logarithm of the probability of its paths so far that end with its last label.
        blank_last: the same of those that end with a blank.
        total: the same of both.
    """

    label: Tensor
    parent: Tensor
    continued: Tensor
    label_last: Tensor
    blank_last: Tensor
    total: Tensor


def best_sequences(log: Tensor, steps: Tensor, blank: int, candidates: int) -> Decoded:
    """The most probable sequences of labels, without blanks and with repeated labels once.

    Args:
        log: logarithms of probabilities, (T, N, C).
        steps: number of steps of each sequence, (N).
        blank: the blank label.
        candidates: the most sequences that are continued at each step, the most probable ones.
    """
    length, count, classes = log.shape
    labels = constant(tuple(label for label in range(classes) if label != blank), None, log.device)
    empty = torch.zeros(count, 1, dtype=torch.int64, device=log.device)
    certain, never = log.new_zeros(count, 1), log.new_full((count, 1), -torch.inf)
    tree = _Tree(empty + blank, empty, empty.bool(), never, certain, certain)
    chosen, possible = empty, ~empty.bool()
    for step in range(length):
        new, old = _step(tree, chosen, possible, labels, log[step], blank)
        running = (step < steps)[:, None]
        # a sequence that has ended keeps its tree; the new numbers can't be the best
        frozen = _Tree(*(torch.where(running, now, before) for now, before in zip(old, tree, strict=True)))
        ended = new._replace(
            **{
                name: torch.where(running, getattr(new, name), -torch.inf)
                for name in ("label_last", "blank_last", "total")
            }
        )
        tree = _Tree(*(torch.cat(parts, 1) for parts in zip(frozen, ended, strict=True)))
        if step + 1 < length:
            open_ones = tree.total.masked_fill(tree.continued, -torch.inf)
            chosen = _highest(open_ones, min(candidates, open_ones.shape[1]))
            possible = open_ones.gather(1, chosen) > -torch.inf
    best = _highest(tree.total, 1)
    return Decoded(_spelt(tree, best, length), tree.total.gather(1, best).squeeze(1))


def _step(
    tree: _Tree, chosen: Tensor, possible: Tensor, labels: Tensor, log: Tensor, blank: int
) -> tuple[_Tree, _Tree]:
    """The continuations of the chosen sequences at a step, and the sequences so far after it.

    Args:
        tree: the sequences so far.
        chosen: numbers of those to continue, (N, K).
        possible: which of them are to be continued, (N, K).
        labels: all labels but the blank one.
        log: logarithms of probabilities at this step, (N, C).
        blank: the blank label.
    """
    last, blanks, totals = (
        part.gather(1, chosen).unsqueeze(2) for part in (tree.label, tree.blank_last, tree.total)
    )
    # after an equal label, only paths with a blank between them continue it
    before = torch.where(last == labels, blanks, totals).masked_fill(~possible.unsqueeze(2), -torch.inf)
    born = (before + log[:, None, labels]).flatten(1)
    never = torch.full_like(born, -torch.inf)
    new = _Tree(
        labels.expand(*chosen.shape, -1).flatten(1),
        chosen.unsqueeze(2).expand(-1, -1, len(labels)).flatten(1),
        torch.zeros_like(born, dtype=torch.bool),
        born, never, born,
    )  # fmt: skip
    by_parent = torch.where(
        tree.label == tree.label.gather(1, tree.parent),
        tree.blank_last.gather(1, tree.parent),
        tree.total.gather(1, tree.parent),
    )
    stays = torch.logaddexp(tree.label_last, by_parent) + log.gather(1, tree.label)
    numbers = torch.arange(tree.label.shape[1], device=log.device)
    label_last = torch.where(numbers == 0, -torch.inf, stays)
    blank_last = tree.total + log[:, blank : blank + 1]
    continued = tree.continued.scatter(1, chosen, possible | tree.continued.gather(1, chosen))
    total = torch.logaddexp(label_last, blank_last)
    old = tree._replace(continued=continued, label_last=label_last, blank_last=blank_last, total=total)
    return new, old


def _highest(values: Tensor, count: int) -> Tensor:
    """The numbers of the highest values of each row, best first; of equal ones the last."""
    order = values.flip(1).sort(dim=1, descending=True, stable=True).indices[:, :count]
    return values.shape[1] - 1 - order


def _spelt(tree: _Tree, best: Tensor, length: int) -> Tensor:
    """The labels of sequences from the first on, (N, length); -1 after the last."""
    backwards = []
    for _ in range(length):
        backwards.append(torch.where(best > 0, tree.label.gather(1, best), -1))
        best = tree.parent.gather(1, best)
    spelt = torch.cat(backwards[::-1], 1)
    # the labels stand at the end; a stable sort moves them to the begin
    order = (spelt < 0).to(torch.int8).sort(dim=1, stable=True).indices
    return spelt.gather(1, order)
