"""Is bfloat16 worth it on this processor? A full-size CLIP B/32 in float32 and in 16 bits.

    python -m benchmarks.cpu_dtype

Random weights, no file of it is read; for the error mini-clip's trained weights stand beside it.
Prints the least milliseconds of several rounds, taken in turn so that a busy moment of the machine
hits all alike, and how far logits move from float32. `playground.models.loading.run_dtype` stands
on it: 16 bits on a processor only if they are faster and move no logit by more than a softmax
would show.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch.nn.functional import normalize
from transformers import CLIPConfig, CLIPModel

ROUNDS = 3
PICTURES, TEXTS, TOKENS = 4, 8, 20
# A logit that moves by 0.05 moves a share of one half by 1.2 points of a hundred.
BAR_LOGIT = 0.05
MINI_CLIP = Path(__file__).parents[1] / "assets" / "models" / "mini-clip"
Work = Callable[[], torch.Tensor]


def works(model: CLIPModel, dtype: torch.dtype) -> dict[str, Work]:
    """What a model is asked in a dtype; the answers are float32 rows of length 1."""
    model = model.to(dtype)
    torch.manual_seed(1)
    side = model.config.vision_config.image_size
    vocabulary = model.config.text_config.vocab_size
    pixels = torch.randn(PICTURES, 3, side, side)
    tokens = torch.randint(1, vocabulary - 2, (TEXTS, TOKENS))
    tokens[:, -1] = vocabulary - 1

    def pictures(count: int) -> torch.Tensor:
        found = model.get_image_features(pixel_values=pixels[:count].to(dtype)).pooler_output
        return normalize(found.float(), dim=-1)

    def texts() -> torch.Tensor:
        return normalize(model.get_text_features(input_ids=tokens).pooler_output.float(), dim=-1)

    return {
        "one picture": lambda: pictures(1),
        f"{PICTURES} pictures": lambda: pictures(PICTURES),
        f"{TEXTS} texts": texts,
    }


def random_clip() -> CLIPModel:
    """CLIP B/32 with the same random numbers each time."""
    torch.manual_seed(0)
    return CLIPModel(CLIPConfig()).eval()


def trained_clip() -> CLIPModel:
    """mini-clip."""
    return CLIPModel.from_pretrained(MINI_CLIP, dtype=torch.float32, local_files_only=True).eval()


def logit_error(make: Callable[[], CLIPModel], dtype: torch.dtype) -> float:
    """The farthest that a logit of a picture and a text moves from float32."""
    model = make()
    scale = float(model.logit_scale.detach().exp())
    exact = list(works(model, torch.float32).values())
    pictures, texts = exact[1](), exact[2]()
    half = list(works(model, dtype).values())
    return scale * float((half[1]() @ half[2]().T - pictures @ texts.T).abs().max())


def least_milliseconds(asked: Sequence[Work]) -> list[float]:
    """Takes each in turn, several rounds; the first round warms up."""
    least = [float("inf")] * len(asked)
    for number in range(ROUNDS + 1):
        for place, run in enumerate(asked):
            began = time.perf_counter()
            run()
            if number:
                least[place] = min(least[place], 1000 * (time.perf_counter() - began))
    return least


@torch.inference_mode()
def main() -> int:
    """Prints both tables and what follows from them."""
    print(f"{torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}")
    full, half = works(random_clip(), torch.float32), works(random_clip(), torch.bfloat16)
    print(f"{'CLIP B/32':<14} {'float32 ms':>11} {'bfloat16 ms':>12} {'x faster':>9}")
    gains = []
    for work, run in full.items():
        slow, fast = least_milliseconds([run, half[work]])
        gains.append(slow / fast)
        print(f"{work:<14} {slow:>11.1f} {fast:>12.1f} {gains[-1]:>9.2f}")
    del full, half
    print(f"\n{'logit moves by':<16} {'bfloat16':>9} {'float16':>9}")
    errors = [logit_error(random_clip, torch.bfloat16), logit_error(trained_clip, torch.bfloat16)]
    # float16 crawls on processors, so only the small model is asked in it.
    print(f"{'random B/32':<16} {errors[0]:>9.4f} {'-':>9}")
    print(f"{'mini-clip':<16} {errors[1]:>9.4f} {logit_error(trained_clip, torch.float16):>9.4f}")
    is_faster, is_accurate = min(gains) > 1, max(errors) <= BAR_LOGIT
    print(f"\nbfloat16 here: faster {is_faster}, accurate {is_accurate} (bar {BAR_LOGIT})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
