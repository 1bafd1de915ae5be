"""Connectionist temporal classification (Graves et al. 2006): costs of sequences, and their best labels.

T is the number of time steps, N of sequences, C of labels with the blank one, L of labels in a sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from layerzoo.errors import LayerFault
from layerzoo.functional.surrogate import with_gradient_of
from layerzoo.functional.transforms import plain_only, recorded
from layerzoo.schema import CTCLossParameter, LayerParameter

Shape = tuple[int, ...]
_WARP_READ = "blank_index"
_NEVER = -1e30
"""The logarithm of the probability of what can't be; finite, so that gradients are."""


class Sequences(NamedTuple):
    """Sequences of labels, the first ``lengths`` of each row.

    Attributes:
        labels: (N, L), int64; 0 after the last.
        lengths: (N), int64.
    """

    labels: Tensor
    lengths: Tensor


def kept(labels: Tensor, keep: Tensor) -> Sequences:
    """The labels of each row for which a mask is set, moved to its begin.

    Args:
        labels: (N, L), int64.
        keep: (N, L).
    """
    places = torch.where(keep, keep.cumsum(1) - 1, labels.shape[1])
    moved = labels.new_zeros(labels.shape[0], labels.shape[1] + 1).scatter(1, places, labels)
    return Sequences(moved[:, :-1], keep.sum(1))


def before_first(ended: Tensor) -> Tensor:
    """A mask of the elements before the first of each row for which a mask is set."""
    return ended.long().cumsum(1) == 0


def best_labels(scores: Tensor, steps: Tensor, blank: int, merge: bool = True) -> Sequences:
    """The best label of each step, without blanks, and repeated ones once.

    Args:
        scores: (N, T, C).
        steps: number of steps of each sequence, (N).
        blank: the blank label.
        merge: whether repeated labels are one.
    """
    best = scores.argmax(2)
    keep = (best != blank) & (torch.arange(best.shape[1], device=best.device) < steps[:, None])
    if merge:
        keep = keep & (best != F.pad(best, (1, 0), value=-1)[:, :-1])
    return kept(best, keep)


def same(one: Sequences, other: Sequences) -> Tensor:
    """Whether two sequences are equal, for each row; (N), bool."""
    width = max(one.labels.shape[1], other.labels.shape[1])
    padded = [F.pad(s.labels, (0, width - s.labels.shape[1])) for s in (one, other)]
    return (one.lengths == other.lengths) & (padded[0] == padded[1]).all(1)


def costs(
    log: Tensor, steps: Tensor, target: Sequences, blank: int, merge: bool = True, of_softmax: bool = True
) -> Tensor:
    """``-log`` of the probability of each sequence; infinite where it is impossible; (N).

    Args:
        log: logarithms of probabilities, (T, N, C).
        steps: number of steps of each sequence, (N); the cost of one without steps is 0.
        target: the labels, none of them blank.
        blank: the blank label.
        merge: whether a label may be repeated from step to step.
        of_softmax: whether ``log`` is of a softmax; torch's gradient is right only below one.
    """
    on_host = recorded() and log.is_cuda  # torch's reads lengths on the host there
    if plain_only() or on_host or not (merge and of_softmax) or not target.labels.shape[1]:
        cost = _by_recurrence(log, steps, target, blank, merge)
    else:
        cost = F.ctc_loss(log, target.labels, steps.clamp(min=1), target.lengths, blank, "none", True)
        cost = torch.where(_fewest_steps(target) > steps, torch.inf, cost)
    return torch.where(steps > 0, cost, 0)


def _fewest_steps(target: Sequences) -> Tensor:
    """The steps that each sequence takes: one per label, and one between equal neighbours; (N)."""
    labels = target.labels
    inside = torch.arange(1, labels.shape[1], device=labels.device) < target.lengths[:, None]
    return target.lengths + ((labels[:, 1:] == labels[:, :-1]) & inside).sum(1)


def _by_recurrence(log: Tensor, steps: Tensor, target: Sequences, blank: int, merge: bool) -> Tensor:
    """Graves' forward variables, in plain operations that can be differentiated again."""
    count, longest = target.labels.shape
    states = torch.full((count, 2 * longest + 1), blank, device=log.device)
    states[:, 1::2] = target.labels
    of_states = log.gather(2, states.expand(log.shape[0], -1, -1))
    odd = torch.arange(states.shape[1], device=log.device) % 2 == 1
    before = F.pad(states, (2, 0), value=-1)[:, :-2]
    skips = odd & (states != before if merge else torch.ones_like(states, dtype=torch.bool))
    stays = torch.ones_like(odd) if merge else ~odd
    alpha = torch.where(torch.arange(states.shape[1], device=log.device) < 2, of_states[0], _NEVER)
    for step in range(1, log.shape[0]):
        one = F.pad(alpha, (1, 0), value=_NEVER)[:, :-1]
        two = F.pad(alpha, (2, 0), value=_NEVER)[:, : alpha.shape[1]]
        paths = [torch.where(stays, alpha, _NEVER), one, torch.where(skips, two, _NEVER)]
        new = torch.stack(paths).logsumexp(0) + of_states[step]
        alpha = torch.where((step < steps)[:, None], new, alpha)
    last = 2 * target.lengths[:, None]
    ends = alpha.gather(1, torch.cat([last, (last - 1).clamp(min=0)], 1))
    ends = torch.stack([ends[:, 0], torch.where(target.lengths > 0, ends[:, 1], _NEVER)], 1)
    cost = -ends.logsumexp(1)
    return torch.where(cost < -_NEVER / 2, cost, torch.inf)


def check_sequences(scores: Shape) -> tuple[int, int, int]:
    """T, N and C of scores (T, N, C).

    Raises:
        LayerFault: they have another shape.
    """
    if len(scores) < 3 or prod(scores[3:]) != 1 or not scores[0] or not scores[2]:
        raise LayerFault(f"scores of shape {scores}; expected (time steps, N, labels)", bottom=0)
    return scores[0], scores[1], scores[2]


def check_blank(blank: int, labels: int, field: str) -> int:
    """The blank label, counted from 0; below 0 it is the last.

    Raises:
        LayerFault: there is no such label.
    """
    if blank >= labels:
        raise LayerFault(f"blank label {blank} of {labels}", field=field, hint=f"0 to {labels - 1} exist")
    return blank if blank >= 0 else labels - 1


def check_decoder(param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
    """The shapes of the tops of CTCGreedyDecoder and CTCBeamSearchDecoder.

    Raises:
        LayerFault: a bottom has another shape, there is no such blank label, or a top needs labels.
    """
    steps, count, labels = check_sequences(bottoms[0])
    check_blank(param.ctc_decoder_param.blank_index, labels, "ctc_decoder_param.blank_index")
    if bottoms[1][:2] != (steps, count) or prod(bottoms[1][2:]) != 1:
        raise LayerFault(f"indicators of shape {bottoms[1]}; expected {(steps, count)}", bottom=1)
    if len(bottoms) > 2 and (len(bottoms[2]) < 2 or bottoms[2][1] != count or prod(bottoms[2][2:]) != 1):
        raise LayerFault(f"labels of shape {bottoms[2]} for {count} sequences; expected (L, N)", bottom=2)
    if len(param.top) > len(bottoms):
        raise LayerFault("the accuracy needs labels, the third bottom")
    scores: Shape = (count, 1, 1, 1)
    accuracy: Shape = (1, 1, 1, 1)
    further = [scores, accuracy] if len(param.top) > 2 else [scores if len(bottoms) < 3 else accuracy]
    return [(count, steps, 1, 1), *further][: max(1, len(param.top))]


def begins_with(sequences: Tensor, target: Tensor) -> Tensor:
    """Whether each sequence begins with the labels that are wanted; (N), bool.

    Args:
        sequences: (N, T), -1 after the last label.
        target: (L, N) or (L, N, 1...), labels that end at the first negative one.
    """
    wanted = target.reshape(*target.shape[:2]).T
    keep = before_first(wanted < 0)
    shared = min(wanted.shape[1], sequences.shape[1])
    hits = (wanted[:, :shared] + 0.5).long() == sequences[:, :shared]
    fits: Tensor = (hits | ~keep[:, :shared]).all(1) & (keep.sum(1) <= (sequences >= 0).sum(1))
    return fits


def steps_until(indicators: Tensor) -> Tensor:
    """The number of steps until a sequence begins anew: the first 0 after step 0; (N).

    Args:
        indicators: (T, N), 0 where a sequence begins.
    """
    begins = (indicators.detach().T + 0.5).long() == 0
    begins = torch.cat([torch.zeros_like(begins[:, :1]), begins[:, 1:]], 1)
    return before_first(begins).sum(1)


WARP_IGNORES: Final = {
    f"ctc_loss_param.{field.name}": f"only {_WARP_READ} is read by a layer of warp-ctc"
    for field in CTCLossParameter.DESCRIPTOR.fields
    if field.name != _WARP_READ
}
"""The fields of ``ctc_loss_param`` that the layers of warp-ctc don't read."""


def warp_shapes(param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
    """The shape of the loss of a layer of warp-ctc.

    Raises:
        LayerFault: a bottom has another shape, or there is no such blank label.
    """
    steps, count, labels = check_sequences(bottoms[0])
    check_blank(param.ctc_loss_param.blank_index, labels, "ctc_loss_param.blank_index")
    given, last = bottoms[-1], len(bottoms) - 1
    axis = 0 if last == 1 else 1
    if len(given) < 2 or prod(given[2:]) != 1 or given[axis] != count:
        order = "(L, N)" if axis else "(N, L)"
        raise LayerFault(f"labels of shape {given} for {count} sequences; expected {order}", bottom=last)
    if last == 2 and (bottoms[1][:2] != (steps, count) or prod(bottoms[1][2:]) != 1):
        raise LayerFault(f"indicators of shape {bottoms[1]}; expected {(steps, count)}", bottom=1)
    for index in (1, 2) if last == 3 else ():
        if prod(bottoms[index]) != count:
            raise LayerFault(f"{prod(bottoms[index])} lengths for {count} sequences", bottom=index)
    return [()]


def warp_loss(
    x: Tensor,
    others: Sequence[Tensor],
    blank: int,
    loss_weight: float,
    indices: Callable[[Tensor, int], Tensor],
) -> Tensor:
    """The loss of a layer of warp-ctc; see `WarpCTCLoss` for its bottoms.

    Args:
        x: scores, (T, N, C).
        others: the other bottoms.
        blank: the label of the blank; below 0 it is the last.
        loss_weight: by which the gradient is not multiplied.
        indices: turns labels into numbers, and checks them.
    """
    log = x.reshape(*x.shape[:3]).log_softmax(2)
    blank = check_blank(blank, log.shape[2], "ctc_loss_param.blank_index")
    labels = others[-1].detach().reshape(*others[-1].shape[:2])
    if len(others) == 1:
        numbers = labels.long()
        keep = numbers != blank
        steps = torch.full((labels.shape[0],), log.shape[0], device=x.device)
    elif len(others) == 2:
        labels = labels.T
        numbers = (labels + 0.5).long() + (blank == 0)
        keep = before_first(labels < 0)
        steps = torch.where(keep.any(1), steps_until(others[0].reshape(*others[0].shape[:2])), 0)
    else:
        labels = labels.T
        numbers = labels.long()
        lengths = [other.detach().reshape(-1).long() for other in others[:2]]
        steps = lengths[0].clamp(0, log.shape[0])
        keep = torch.arange(labels.shape[1], device=x.device) < lengths[1][:, None]
    numbers = indices(torch.where(keep, numbers, 0), log.shape[2])
    cost = costs(log, steps, kept(numbers, keep), blank)
    possible = ~cost.isinf()
    total = torch.where(possible, cost, 0).sum()
    return with_gradient_of(total / possible.sum().clamp(min=1), total / (loss_weight or 1.0))
