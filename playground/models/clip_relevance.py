"""What of a picture or a text a CLIP's answer hangs on: attention with gradients, and hiding parts.

The cache's module serves others at the same time, so attention is read from a copy that shares its
weights: the copy alone computes attention the long way and is thrown away after use. The maths of
the maps stands in `playground.explain.relevance`.

Shapes: P patches in reading order of a grid, S tokens, L layers, H heads, D numbers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.explain.relevance import gradient_rollout, rollout
from playground.models.clip import Clip, embed_texts
from playground.models.clip_framing import Framed, inputs_of
from playground.models.scrambling import scramble_weights
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    import torch

NO_MAP = "understand.mistake.no_map"
# Numbers of 16 bits on an accelerator would lose small gradients; only their order matters.
GRADIENT_SCALE = 1000.0


@dataclass(frozen=True)
class Looks:
    """Attention of one input for one score.

    Attributes:
        attentions: float32 (L, H, S, S), rows that sum to 1.
        gradients: float32 (L, H, S, S), of the score with respect to each weight.
        reader: The token at which the embedding is read; None where a pooling head reads them all.
        pooling: float32 (2, H, S): attention of the pooling head and its gradients, or None.
        parts: int (P,), the tokens that stand for the parts (patches, or pieces of a text).
    """

    attentions: np.ndarray
    gradients: np.ndarray
    reader: int | None
    pooling: np.ndarray | None
    parts: np.ndarray

    def rollout(self) -> np.ndarray:
        """Returns float64 (P,): heat by attention rollout."""
        flow = rollout(self.attentions)
        if self.pooling is not None:
            return (self.pooling[0].mean(axis=0) @ flow)[self.parts]
        return flow[self.reader, self.parts]

    def gradient_rollout(self) -> np.ndarray:
        """Returns float64 (P,): heat by gradient-weighted attention."""
        relevance = gradient_rollout(self.attentions, self.gradients)
        if self.pooling is not None:
            weights = np.maximum(self.pooling[0] * self.pooling[1], 0.0).mean(axis=0)
            return (weights @ relevance)[self.parts]
        return relevance[self.reader, self.parts]


def score_framed(
    model: Clip, values: np.ndarray, text: np.ndarray, *, scramble: int | None = None
) -> np.ndarray:
    """Compares framed pictures with a text.

    Args:
        model: A joined CLIP.
        values: float32 (K, 3, H, W), such as `Framed.hidden` makes.
        text: float32 (D,), length 1.
        scramble: A seed: the vision tower's weights are scrambled first, in a copy of its own.

    Returns:
        float32 (K,), cosines.
    """
    import torch

    with _read_only(model.vision, scramble) as module, torch.inference_mode():
        rows = _embed(model, module, torch.from_numpy(values))
        return (rows.float() @ _as_tensor(text, rows)).cpu().numpy()


def score_texts(
    model: Clip, texts: Sequence[str], picture: np.ndarray, *, scramble: int | None = None
) -> np.ndarray:
    """Compares texts with a picture.

    Args:
        model: A joined CLIP.
        texts: K texts.
        picture: float32 (D,), length 1.
        scramble: A seed: the text tower's weights are scrambled first, in a copy of its own.

    Returns:
        float32 (K,), cosines.
    """
    with _read_only(model.text, scramble) as module:
        return embed_texts(replace(model, text=module), texts) @ picture


def look_at_picture(
    model: Clip, framed: Framed, text: np.ndarray, *, scramble: int | None = None
) -> Looks:
    """Reads how attention flows through a picture, and what of it raises the cosine with a text.

    Args:
        model: A joined CLIP.
        framed: The picture.
        text: float32 (D,), length 1.
        scramble: A seed: the model's weights are scrambled first, in a copy of its own.

    Raises:
        PersonError: `understand.mistake.no_map` where attention cannot be read.
    """
    import torch

    with _own_copy(model.vision, scramble) as module, _listening(module) as heard:
        values = torch.from_numpy(framed.values[None].copy()).requires_grad_()
        row = _embed(model, module, values)
        score = GRADIENT_SCALE * (row[0].float() @ _as_tensor(text, row))
        attentions, gradients, pooling = _weights_of(heard, score)
    tokens = attentions.shape[-1]
    patches = framed.grid_hw[0] * framed.grid_hw[1]
    if tokens < patches:
        raise PersonError(NO_MAP)
    # What stands before the patches is the class token.
    parts = np.arange(tokens - patches, tokens)
    return Looks(attentions, gradients, None if pooling is not None else 0, pooling, parts)


def look_at_text(
    model: Clip, text: str, picture: np.ndarray, *, scramble: int | None = None
) -> Looks:
    """Reads how attention flows through a text, and what of it raises the cosine with a picture.

    Args:
        model: A joined CLIP.
        text: Any text.
        picture: float32 (D,), length 1.
        scramble: A seed: the model's weights are scrambled first, in a copy of its own.

    Returns:
        The parts are the pieces of `clip.count_tokens` that the model reads.

    Raises:
        PersonError: `understand.mistake.no_map` where attention cannot be read.
    """
    from torch.nn.functional import normalize

    family = model.family
    tokens = model.tokenizer(
        text,
        padding="max_length" if family.is_padded_full else False,
        truncation=True,
        max_length=model.context_tokens,
        return_tensors="pt",
        return_special_tokens_mask=True,
    )
    pieces = np.flatnonzero(tokens["special_tokens_mask"][0].numpy() == 0)
    inputs = {name: tokens[name].to(model.text.device) for name in family.token_inputs}
    with _own_copy(model.text, scramble) as module, _listening(module) as heard:
        row = normalize(family.text.read(module, inputs), dim=-1)
        score = GRADIENT_SCALE * (row[0].float() @ _as_tensor(picture, row))
        attentions, gradients, _ = _weights_of(heard, score)
    # Alone and unpadded, a text is read at its end mark; BERT reads at the start.
    reader = 0 if family.reads_at_start else attentions.shape[-1] - 1
    return Looks(attentions, gradients, reader, None, pieces)


def _embed(model: Clip, module: Any, values: torch.Tensor) -> torch.Tensor:
    from torch.nn.functional import normalize

    inputs = inputs_of(model, values.to(module.device, module.dtype))
    return normalize(model.family.vision.read(module, inputs), dim=-1)


def _as_tensor(vector: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.array(vector, np.float32)).to(like.device)


@contextmanager
def _read_only(module: Any, scramble: int | None) -> Iterator[Any]:
    """The cache's module itself, or a scrambled copy."""
    if scramble is None:
        yield module
        return
    with _own_copy(module, scramble) as own:
        yield own


@contextmanager
def _own_copy(module: Any, scramble: int | None) -> Iterator[Any]:
    """A copy of everything but the tensors, which both share; it alone shows its attention."""
    import torch

    shared = {id(tensor): tensor for tensor in chain(module.parameters(), module.buffers())}
    own = copy.deepcopy(module, shared)
    own.set_attn_implementation("eager")
    if scramble is not None:
        scramble_weights(own, scramble)
    with torch.enable_grad():
        yield own


@contextmanager
def _listening(module: Any) -> Iterator[dict[str, list[torch.Tensor]]]:
    """Notes every attention that a forward pass computes, as it stands in the graph."""
    import torch

    heard: dict[str, list[torch.Tensor]] = {"self": [], "pooling": []}
    hooks = []
    for part in module.modules():
        if isinstance(part, torch.nn.MultiheadAttention):
            # The library's own answer is a view that the score does not hang on.
            own: Any = part
            own.forward = partial(_attend, part, heard["pooling"])
        elif isinstance(part, torch.nn.Embedding):
            # Gradients need somewhere to begin; token numbers have none.
            hooks.append(part.register_forward_hook(lambda _part, _inputs, rows: _begin(rows)))
        elif type(part).__name__.endswith("Attention"):
            hooks.append(part.register_forward_hook(_note(heard["self"])))
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def _begin(rows: torch.Tensor) -> torch.Tensor:
    return rows if rows.requires_grad else rows.detach().requires_grad_()


def _attend(
    part: Any, place: list[torch.Tensor], query: torch.Tensor, key: torch.Tensor, *_: Any, **__: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """What `torch.nn.MultiheadAttention` computes for keys that are values too, step by step."""
    matrices = zip(part.in_proj_weight.chunk(3), part.in_proj_bias.chunk(3), strict=True)
    queries, keys, values = (
        (rows @ matrix.T + bias).unflatten(-1, (part.num_heads, -1)).transpose(1, 2)
        for rows, (matrix, bias) in zip((query, key, key), matrices, strict=True)
    )
    weights = (queries @ keys.transpose(-1, -2) / part.head_dim**0.5).softmax(-1)
    place.append(weights)
    return part.out_proj((weights @ values).transpose(1, 2).flatten(2)), weights


def _note(place: list[torch.Tensor]) -> Callable[[Any, Any, Any], None]:
    def note(_part: Any, _inputs: Any, answer: Any) -> None:
        weights = answer[1] if isinstance(answer, tuple) and len(answer) > 1 else None
        is_new = weights is not None and all(weights is not known for known in place)
        if is_new and weights is not None and weights.ndim == 4 and weights.requires_grad:
            place.append(weights)

    return note


def _weights_of(
    heard: dict[str, list[torch.Tensor]], score: torch.Tensor
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    import torch

    layers, heads = heard["self"], heard["pooling"]
    if not layers:
        raise PersonError(NO_MAP)
    gradients = torch.autograd.grad(score, [*layers, *heads])

    def stacked(tensors: Sequence[torch.Tensor]) -> np.ndarray:
        return torch.cat([tensor.detach().float() for tensor in tensors]).cpu().numpy()

    pooling = None
    if heads:
        pooling = np.stack([stacked(heads)[-1, :, 0], stacked(gradients[len(layers) :])[-1, :, 0]])
    return stacked(layers), stacked(gradients[: len(layers)]), pooling
