"""Several short texts about one thing in one row, so that what they share is computed once.

A row begins with a prefix (a description, or the queries that stand for a picture). Each segment
after it sees the prefix and itself, never another segment, and counts its positions from the end
of the prefix: the numbers are those of separate rows, at a fraction of the work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import torch
from transformers import PreTrainedTokenizerFast

PREFIX, PADDING = 0, -1


@dataclass(frozen=True)
class Span:
    """A piece of text.

    Attributes:
        text: The characters; spaces at its edges count.
        weight: How much its tokens count in the loss, 0 or more.
    """

    text: str
    weight: float


@dataclass(frozen=True)
class Segment:
    """Tokens that belong together.

    Attributes:
        ids: Token numbers.
        weights: How much each counts in the loss, 0 or more; as long as ``ids``.
    """

    ids: tuple[int, ...]
    weights: tuple[float, ...]


@dataclass
class Packed:
    """Rows of segments; R rows, L tokens.

    Attributes:
        ids: (R, L) int64 tokens.
        segments: (R, L) int64, ``PREFIX``, then 1, 2, ...; ``PADDING`` where nothing is.
        positions: (R, L) int64, for the rotary embedding.
        weights: (R, L) float32, how much predicting this token counts.
    """

    ids: torch.Tensor
    segments: torch.Tensor
    positions: torch.Tensor
    weights: torch.Tensor

    def to(self, device: torch.device) -> "Packed":
        """Copy to a device.

        Args:
            device: Where to.

        Returns:
            The rows there.
        """
        return Packed(*(getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)))


def encode(
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[Sequence[Span]],
    *,
    start: bool,
    end: bool,
) -> list[Segment]:
    """Turn texts into segments.

    Args:
        tokenizer: Byte-level, so that spans may be encoded apart.
        texts: Each a sequence of spans.
        start: Whether each begins with ``<s>``, which never counts.
        end: Whether each ends with ``</s>``, which counts as its last span does.

    Returns:
        One segment for each text.
    """
    flat = [span.text for text in texts for span in text]
    encoded = iter(tokenizer(flat, add_special_tokens=False).input_ids if flat else [])
    bos, eos = tokenizer.bos_token_id, tokenizer.eos_token_id
    segments = []
    for text in texts:
        ids, weights = ([bos], [0.0]) if start else ([], [])
        for span in text:
            found = next(encoded)
            ids += found
            weights += [span.weight] * len(found)
        if end:
            ids.append(eos)
            weights.append(text[-1].weight)
        segments.append(Segment(tuple(ids), tuple(weights)))
    return segments


def fill(prefix_length: int, candidates: Iterable[Segment], length: int) -> list[Segment]:
    """Take segments in order as long as they fit into a row.

    Args:
        prefix_length: Tokens that are taken already, 0 or more.
        candidates: What may be taken; one that is too long is passed over.
        length: Tokens of the row.

    Returns:
        The segments taken.
    """
    taken, room = [], length - prefix_length
    for segment in candidates:
        if len(segment.ids) <= room:
            taken.append(segment)
            room -= len(segment.ids)
    return taken


def pack(
    rows: Sequence[tuple[Segment | None, Sequence[Segment]]],
    length: int,
    pad: int,
    hidden_prefix: int = 0,
) -> Packed:
    """Lay rows out as tensors.

    Args:
        rows: Each a prefix or ``None``, and its segments.
        length: Tokens of a row; all rows must fit.
        pad: Token that fills.
        hidden_prefix: Positions taken before the row by something that is not text, 0 or more.

    Returns:
        The rows.
    """
    shape = (len(rows), length)
    ids = torch.full(shape, pad)
    segments = torch.full(shape, PADDING)
    positions = torch.zeros(shape, dtype=torch.int64)
    weights = torch.zeros(shape)
    for row, (prefix, rest) in enumerate(rows):
        at = 0
        first = hidden_prefix + (len(prefix.ids) if prefix else 0)
        numbered = [(PREFIX, hidden_prefix, prefix)] if prefix else []
        numbered += [(number, first, segment) for number, segment in enumerate(rest, 1)]
        for number, position, segment in numbered:
            window = slice(at, at + len(segment.ids))
            ids[row, window] = torch.tensor(segment.ids)
            segments[row, window] = number
            positions[row, window] = torch.arange(position, position + len(segment.ids))
            weights[row, window] = torch.tensor(segment.weights)
            at = window.stop
    return Packed(ids, segments, positions, weights)


def visible(segments: torch.Tensor) -> torch.Tensor:
    """Tell which token sees which.

    Args:
        segments: (R, L) int64, as in ``Packed``.

    Returns:
        (R, 1, L, L) bool, true where the row's token sees the column's: earlier, and of the same
        segment or of the prefix. Padding sees itself, so that no softmax is empty.
    """
    length = segments.shape[1]
    earlier = torch.ones(length, length, dtype=torch.bool, device=segments.device).tril()
    mine, other = segments[:, :, None], segments[:, None, :]
    allowed = earlier & ((mine == other) | ((other == PREFIX) & (mine != PADDING)))
    return allowed[:, None]


def additive(allowed: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Turn a mask of what is seen into what is added to the attention scores.

    Args:
        allowed: Any shape, bool.
        dtype: Of the result.

    Returns:
        0 where seen, the most negative number of the type elsewhere.
    """
    return torch.zeros(allowed.shape, dtype=dtype, device=allowed.device).masked_fill(
        ~allowed, torch.finfo(dtype).min
    )


def targets(packed: Packed) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Find which places predict which tokens.

    Args:
        packed: The rows.

    Returns:
        Flat index of the predicting place (N,), token it must predict (N,) int64, and how much it
        counts (N,) float32. The first token of a segment is predicted by nothing.
    """
    same = packed.segments[:, 1:] == packed.segments[:, :-1]
    counts = same & (packed.weights[:, 1:] > 0)
    rows, columns = counts.nonzero(as_tuple=True)
    length = packed.ids.shape[1]
    return (
        rows * length + columns,
        packed.ids[rows, columns + 1],
        packed.weights[rows, columns + 1],
    )
