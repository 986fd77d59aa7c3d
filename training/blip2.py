"""Train mini-blip2 on emoji scenes: ``python -m training.blip2``.

Follows Li et al. 2023, "BLIP-2": the first part of the run is stage one (representation, section
3.1), the rest stage two (generation, section 3.2). It starts from the vision tower of mini-clip
and from mini-llama, whose weights it trains along with texts of their own, so that one language
model serves both: it writes ``mini-blip2`` and, beside it, ``mini-llama``.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    Blip2ForConditionalGeneration,
    CLIPModel,
    PreTrainedTokenizerFast,
)

from training.batch_stream import stream
from training.blip2_batches import SceneBatch, SceneBatches
from training.blip2_losses import Blip2WithHelpers
from training.blip2_model import (
    PATCH_PX,
    QUERIES,
    SIDE_PX,
    MatchHeads,
    aim_queries,
    build_blip2,
    build_processor,
    name_tokens,
    take_vision,
)
from training.blip2_scores import Blip2, answer_accuracy, sample_talk
from training.exporting import empty_weights, half_copy
from training.llama import export as export_llama
from training.llama_scores import load_llama
from training.loop import Loop, Options, read_options
from training.match_scores import MATCH_VARIANT
from training.painting import paint_picture
from training.sampling import Split, sample_scene
from training.scenes import Language

SEED = 20_230_130
CLIP_FOLDER, LLAMA_FOLDER = Path("assets/models/mini-clip"), Path("assets/models/mini-llama")
# Parts of the run: first the vision tower alone, then stage one. In stage two every fifth step
# keeps the losses of stage one alive.
EYES, STAGE_ONE = 0.26, 0.42
_KEPT_EVERY = 5
# Part of the learning rate for the vision tower; it stands still in both stages, as in the paper.
_VISION_RATE = 0.3
# Steps over which the rate rises again when a phase begins: the Q-Former normalises after its
# residuals, and would forget in ten fast steps what tells its queries apart.
_PHASE_WARMUP = 40
_SHARD_BYTES = 5_990_000
_INDEX = "model.safetensors.index.json"


def read_blip2_options(arguments: list[str] | None = None) -> Options:
    """Read the command line.

    Args:
        arguments: Words after the command; ``None`` reads ``sys.argv``.

    Returns:
        The options.
    """
    return read_options(
        "blip2",
        "Train mini-blip2 on emoji scenes; needs mini-clip and mini-llama.",
        arguments,
        steps=5400,
        batch_size=32,
        peak_rate=1.7e-3,
        warmup=100,
        workers=1,
        threads=1,
        look_every=300,
        save_every=100,
    )


def export(
    model: Blip2ForConditionalGeneration,
    heads: MatchHeads,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
) -> None:
    """Write the model as both classes read it, in fp16.

    ``Blip2ForConditionalGeneration`` reads the folder; ``Blip2ForImageTextRetrieval`` reads it
    with ``variant="itm"``: a second index names the shared shards and one with its heads. No
    shard mixes them, because whatever a shard holds is loaded.

    Args:
        model: In training precision; not changed.
        heads: Of the retrieval class.
        tokenizer: Of the language model.
        folder: Where to.
    """
    empty_weights(folder)
    half = half_copy(model)
    half.save_pretrained(folder)
    build_processor(tokenizer).save_pretrained(folder)
    (folder / "model.safetensors").unlink()
    # One table serves as input and output of the language model: it is stored once.
    weights = {k: v for k, v in half.state_dict().items() if not k.endswith("lm_head.weight")}
    language = {k: v for k, v in weights.items() if k.startswith("language_")}
    shared = {k: v for k, v in weights.items() if k not in language}
    matching = {k: v.half() for k, v in heads.state_dict().items()}
    shared_files = _write_shards(shared, folder, "eyes")
    generating = shared_files | _write_shards(language, folder, "language")
    _write_index(folder / _INDEX, generating)
    variant = _INDEX.replace(".json", f".{MATCH_VARIANT}.json")
    _write_index(folder / variant, shared_files | _write_shards(matching, folder, "match"))


def _write_shards(weights: dict[str, torch.Tensor], folder: Path, part: str) -> dict[str, str]:
    """Write tensors into files of at most 6 MB and say which is where."""
    shards: list[dict[str, torch.Tensor]] = [{}]
    size = 0
    for name, tensor in weights.items():
        size += tensor.nbytes
        if size > _SHARD_BYTES:
            shards.append({})
            size = tensor.nbytes
        shards[-1][name] = tensor.contiguous()
    places: dict[str, str] = {}
    for number, shard in enumerate(shards, 1):
        file = f"model-{part}-{number}.safetensors"
        save_file(shard, folder / file, metadata={"format": "pt"})
        places |= dict.fromkeys(shard, file)
    return places


def _write_index(path: Path, places: dict[str, str]) -> None:
    total = sum((path.parent / file).stat().st_size for file in set(places.values()))
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
    path.write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


class Blip2Learner:
    """mini-blip2 as the training loop sees it.

    Args:
        device: Where it learns.
        options: What the command line says.
        fast: Whether to compile; takes minutes, and pays within the hour.
    """

    def __init__(self, device: torch.device, options: Options, *, fast: bool = False) -> None:
        self.options, self.device = options, device
        self._phase, self._phase_steps = "", 0
        self._slowed: list[torch.Tensor] = []
        self._before: list[torch.Tensor] = []
        # A run keeps its language model and tokenizer, whatever mini-llama becomes meanwhile.
        kept = options.checkpoints / "llama"
        if not kept.is_dir() or options.fresh:
            shutil.copytree(LLAMA_FOLDER, kept, dirs_exist_ok=True)
        llama, self.tokenizer = load_llama(kept)
        blip = build_blip2(self.tokenizer, llama)
        images = build_processor(self.tokenizer).image_processor
        clip = CLIPModel.from_pretrained(CLIP_FOLDER, dtype=torch.float32)
        take_vision(blip, clip.vision_model, self._pictures(64))
        pad = self.tokenizer.pad_token_id
        names = name_tokens(self.tokenizer)
        self.model = Blip2WithHelpers(
            blip, images.image_mean, images.image_std, names, pad, fast=fast
        ).to(device)

    def batches(self, first_step: int) -> Iterator[SceneBatch]:
        """See ``Learner``."""
        made = SceneBatches(
            self.tokenizer,
            side_px=SIDE_PX,
            patch_px=PATCH_PX,
            batch_size=self.options.batch_size,
            queries=QUERIES,
            steps=self.options.steps,
        )
        return stream(made, self.options.steps, first_step, self.options.workers)

    def losses(self, batch: SceneBatch, progress: float) -> dict[str, torch.Tensor]:
        """See ``Learner``."""
        batch, model = batch.to(self.device), self.model
        if progress < EYES:
            self._begin("eyes", self._tower())
            return model.eyes(batch, model.see(batch))
        if model.blip.query_tokens.std() < 0.1:
            self._aim()
        with torch.no_grad():
            seen = model.see(batch)
        if progress < STAGE_ONE:
            self._begin("stage one", self._learners())
            return model.stage_one(batch, seen)
        self._begin("stage two", self._learners())
        losses = model.stage_two(batch, seen)
        if batch.number % _KEPT_EVERY == 0:
            first = model.stage_one(batch, seen)
            losses |= {name: first[name] for name in ("itc", "itm", "itg")}
        return losses

    def _begin(self, phase: str, slowed: list[torch.Tensor]) -> None:
        """Note what the step is about to change, to take part of it back in ``stepped``."""
        if phase != self._phase:
            self._phase, self._phase_steps, self._slowed = phase, 0, slowed
            self._before = [p.detach().clone() for p in slowed]

    @torch.no_grad()
    def stepped(self) -> None:
        """See ``Learner``. Slows down what knows already, and what has just begun to learn."""
        self._phase_steps += 1
        rate = _VISION_RATE if self._phase == "eyes" else self._phase_steps / _PHASE_WARMUP
        if rate < 1 and self._before:
            torch._foreach_lerp_(self._before, self._slowed, rate)
            torch._foreach_copy_(self._slowed, self._before)
        else:
            self._before = []

    @torch.no_grad()
    def _aim(self) -> None:
        """Once, when the vision tower is ready: the queries have not been touched yet."""
        pixels = self._pictures(256).to(self.device)
        seen = self.model.blip.vision_model(pixel_values=pixels).last_hidden_state.float()
        own = aim_queries(self.model.blip, seen, self.model.place_head.weight)
        print(f"each query looks at its own square with {own:.2f} of its attention")

    def _pictures(self, count: int) -> torch.Tensor:
        scenes = [paint_picture(sample_scene(n, Split.TRAINING), SIDE_PX) for n in range(count)]
        images = build_processor(self.tokenizer).image_processor
        return images(scenes, return_tensors="pt").pixel_values

    def _tower(self) -> list[torch.Tensor]:
        return list(self.model.blip.vision_model.parameters())

    def _learners(self) -> list[torch.Tensor]:
        still = {id(p) for p in self._tower()}
        return [p for p in self.model.parameters() if id(p) not in still]

    def export(self, folder: Path) -> None:
        """See ``Learner``. The language model is also written by itself, beside the folder."""
        export(self.model.blip, self.model.heads, self.tokenizer, folder)
        language_model = self.model.blip.language_model
        export_llama(language_model, self.tokenizer, folder.with_name(LLAMA_FOLDER.name))

    def look(self) -> str:
        """Ask about validation scenes; the talk is also written to a file.

        Returns:
            Lines to print.
        """
        model = Blip2ForConditionalGeneration(self.model.blip.config).eval()
        model.load_state_dict(self.model.blip.state_dict())
        blip2 = Blip2(model, build_processor(self.tokenizer))
        lines = []
        for language in Language:
            right = answer_accuracy(blip2, language, Split.VALIDATION, 60)
            lines.append("  " + ", ".join(f"{k} {v:.2f}" for k, v in right.items()))
        talk = sample_talk(blip2, Split.VALIDATION, 3)
        folder = self.options.checkpoints / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "talk.txt").write_text(talk, encoding="utf-8")
        return "\n".join([*lines, talk])


def main() -> None:
    """Train from the command line."""
    options = read_blip2_options()
    Loop(lambda device: Blip2Learner(device, options, fast=True), options, SEED).run()


if __name__ == "__main__":
    main()
