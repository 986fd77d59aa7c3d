"""Where the queries of a Q-Former look: the weights of its cross-attention."""

from __future__ import annotations

import math

from playground.models.blip2_asks import Looks, Seen
from playground.models.blip2_eyes import Eyes, ask_queries, half


def look(eyes: Eyes, seen: Seen) -> Looks:
    """Tells where the queries look; see `playground.models.blip2.look`."""
    import torch

    first = next(eyes.qformer.parameters())
    with torch.inference_mode():
        states = torch.from_numpy(seen.states).to(first.device, first.dtype)[None]
        found = ask_queries(eyes, states, output_attentions=True)
        layers = [layer for layer in found.cross_attentions if layer is not None]
        weights = torch.cat(layers)
        queries = half(found.last_hidden_state[0])
    # The class token stands first, before the patches row by row.
    side = math.isqrt(weights.shape[-1] - 1)
    places = weights[..., 1:].reshape(*weights.shape[:-1], side, side)
    return Looks(weights=half(places), elsewhere=half(weights[..., 0]), queries=queries)
