"""What a model costs in memory while nobody uses it: anonymous bytes of the whole process.

Run: ``python -m benchmarks.cache_idle_memory``. Bar: under 20 MB. Makes a CLIP checkpoint of some
300 MB with random weights in a temporary folder, loads it through the cache, uses it, evicts it.
"""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.cache_table import print_table
from playground.cache import Cache, Part, Report
from playground.cache.mover import TorchMover

MEGABYTE = 1 << 20
BAR_MEGABYTES = 20.0


def make_checkpoint(folder: Path) -> int:
    """Writes a CLIP of the size of ViT-B/32 in bfloat16; returns its bytes."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    model = CLIPModel(CLIPConfig()).to(torch.bfloat16)
    model.save_pretrained(folder)
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def build(folder: Path) -> Any:
    """Loads as a model file of the playground does: in the dtype of the file, nothing copied."""
    from transformers import CLIPModel

    return CLIPModel.from_pretrained(folder, dtype="auto", local_files_only=True).eval()


def warm_up(folder: Path) -> None:
    """Makes what the libraries make once in a process, whatever is loaded."""
    import torch
    from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig

    small = {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1}
    config = CLIPConfig(
        text_config=CLIPTextConfig(**small, num_attention_heads=1).to_dict(),
        vision_config=CLIPVisionConfig(**small, num_attention_heads=1).to_dict(),
    )
    CLIPModel(config).to(torch.bfloat16).save_pretrained(folder)
    use(build(folder))


def use(model: Any) -> None:
    """One text through the model."""
    import torch

    with torch.inference_mode():
        model.get_text_features(input_ids=torch.tensor([[49406, 320, 1125, 49407]]))


def anonymous_megabytes() -> float:
    """Memory that belongs to no file."""
    gc.collect()
    for line in Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel does not tell anonymous memory")


def measure(folder: Path, *, copy_on_host: bool) -> list[tuple[str, float]]:
    """Growth of anonymous memory in each state of the model."""

    def load(report: Report) -> Any:
        return build(folder)

    cache = Cache([Part("clip", load)], mover=TorchMover(copy_on_host=copy_on_host))
    cache.prepare()
    before = anonymous_megabytes()
    told = []
    cache.prepare("clip")
    told.append(("idle, built", anonymous_megabytes() - before))
    cache.run("clip", use)
    told.append(("ready, used once", anonymous_megabytes() - before))
    cache.evict("clip")
    told.append(("idle, evicted", anonymous_megabytes() - before))
    return told


def main() -> None:
    """Prints the table."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        size = make_checkpoint(folder / "big")
        warm_up(folder / "small")
        for copied in (False, True):
            where = "copied to the device" if copied else "used in place"
            for state, grown in measure(folder / "big", copy_on_host=copied):
                is_idle = state.startswith("idle")
                verdict = ("met" if grown < BAR_MEGABYTES else "MISSED") if is_idle else ""
                rows.append((f"{where}: {state}", f"{grown:.1f}", verdict))
    head = (f"checkpoint of {size / MEGABYTE:.0f} MB", "anonymous MB", f"bar {BAR_MEGABYTES:.0f}")
    print_table(head, rows)


if __name__ == "__main__":
    main()
