"""Train mini-clip on emoji scenes: ``python -m training.clip``.

Follows Radford et al. 2021 (figure 3) with a small vision transformer, a small text transformer,
captions in two languages, and helper heads that learn from the exact masks.
"""

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm
from transformers import CLIPModel, CLIPProcessor, CLIPTokenizer

from training.batches import Batch, ClipBatches, Curriculum, load_batches
from training.checkpoints import load_checkpoint, save_checkpoint
from training.clip_model import (
    PATCH_PX,
    SIDE_PX,
    ClipWithHelpers,
    Losses,
    build_image_processor,
    build_model,
)
from training.painting import paint_picture
from training.sampling import Split
from training.scenes import Language
from training.scores import (
    PICTURE_SIDE_PX,
    Clip,
    retrieval_recalls,
    retrieval_scenes,
    zero_shot_accuracy,
)
from training.vocabulary import build_tokenizer

MODEL_FOLDER = Path("assets/models/mini-clip")
_SEED = 20_210_226
_SHARD_BYTES = 6_000_000
_SAMPLE_WORDS = {Language.EN: "a cat to the left of a car", Language.ZH: "草地上有一隻狗"}


@dataclass(frozen=True)
class Options:
    """What the command line says; see ``--help``."""

    output: Path
    checkpoints: Path
    steps: int
    minutes: float
    batch_size: int
    peak_rate: float
    warmup: int
    workers: int
    threads: int
    look_every: int
    save_every: int
    fresh: bool


def read_options(arguments: list[str] | None = None) -> Options:
    """Read the command line.

    Args:
        arguments: Words after the command; ``None`` reads ``sys.argv``.

    Returns:
        The options.
    """
    parser = argparse.ArgumentParser(
        prog="python -m training.clip", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--output", type=Path, default=MODEL_FOLDER, help="where the model goes")
    parser.add_argument("--checkpoints", type=Path, default=Path("runs/clip"))
    parser.add_argument("--steps", type=int, default=4500, help="length of the whole training")
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="end after this time, even before --steps"
    )
    parser.add_argument("--batch-size", type=int, default=256, help="scenes in a step")
    parser.add_argument("--peak-rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--warmup", type=int, default=200, help="steps to the highest rate")
    parser.add_argument("--workers", type=int, default=2, help="processes that paint")
    parser.add_argument("--threads", type=int, default=2, help="threads that multiply (CPU)")
    parser.add_argument("--look-every", type=int, default=400, help="steps between samples")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--fresh", action="store_true", help="start again, ignore the checkpoint")
    return Options(**vars(parser.parse_args(arguments)))


def progress_of(step: int, seconds: float, options: Options) -> float:
    """How much of the training is over, by steps or by time, whichever is further.

    Args:
        step: Steps done, 0 or more.
        seconds: Seconds spent, 0 or more.
        options: Give the lengths.

    Returns:
        0 or more; the training ends at 1.
    """
    return max(step / options.steps, seconds / (60 * options.minutes))


def learning_rate(step: int, progress: float, options: Options) -> float:
    """Linear warm-up, then half a cosine down to a hundredth.

    Source: Radford et al. 2021, section 2.5 (cosine schedule).

    Args:
        step: 0 or more.
        progress: Part of the training that is over, 0 to 1.
        options: Give the peak and the warm-up.

    Returns:
        The rate of this step.
    """
    if step < options.warmup:
        return options.peak_rate * (step + 1) / options.warmup
    return options.peak_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def build_optimizer(model: ClipWithHelpers, options: Options) -> torch.optim.AdamW:
    """AdamW with decay on matrices only, as the CLIP paper has it.

    Args:
        model: What to train.
        options: Give the peak rate.

    Returns:
        The optimiser.
    """
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": 0.1},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=options.peak_rate, betas=(0.9, 0.98), fused=True)


def export(model: CLIPModel, tokenizer: CLIPTokenizer, folder: Path) -> None:
    """Write the model as ``AutoModel`` and ``AutoProcessor`` read it: fp16, shards of 6 MB.

    Args:
        model: In training precision; not changed.
        tokenizer: Its tokenizer.
        folder: Where to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("model*.safetensors*"):
        old.unlink()
    half = CLIPModel(model.config)
    half.load_state_dict(model.state_dict())
    half.half().save_pretrained(folder, max_shard_size=_SHARD_BYTES)
    CLIPProcessor(build_image_processor(), tokenizer).save_pretrained(folder)


class Trainer:
    """Holds what lives through the training.

    Args:
        options: What the command line says.
    """

    def __init__(self, options: Options) -> None:
        torch.manual_seed(_SEED)
        torch.set_num_threads(options.threads)
        self.options = options
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer = self._tokenizer()
        processor = build_image_processor()
        self.model = ClipWithHelpers(
            build_model(self.tokenizer), processor.image_mean, processor.image_std
        ).to(self.device)
        self.optimizer = build_optimizer(self.model, options)
        self.seconds = 0.0
        self.step = 0
        if not options.fresh:
            state = load_checkpoint(options.checkpoints, self.model, self.optimizer)
            self.step, self.seconds = int(state.get("step", 0)), state.get("seconds", 0.0)

    def _tokenizer(self) -> CLIPTokenizer:
        # A run keeps its own: a changed caption would give every token another number.
        kept = self.options.checkpoints / "tokenizer"
        if kept.is_dir() and not self.options.fresh:
            return CLIPTokenizer.from_pretrained(kept)
        built = build_tokenizer()
        built.save_pretrained(kept)
        return built

    def run(self) -> None:
        """Train to the last step, saving and showing samples on the way."""
        options = self.options
        made = ClipBatches(
            self.tokenizer, SIDE_PX, PATCH_PX, options.batch_size, Curriculum(options.steps)
        )
        batches = load_batches(made, self.step, options.workers)
        bar = tqdm(total=options.steps, initial=self.step, unit="step", mininterval=5)
        started = time.monotonic() - self.seconds
        for batch in batches:
            losses = self._learn(batch.to(self.device))
            self.step += 1
            self.seconds = time.monotonic() - started
            is_last = self._progress() >= 1
            bar.update()
            if self.step % 20 == 0:
                bar.set_postfix_str(_shown(losses))
            if self.step % options.save_every == 0 or is_last:
                self._save()
            if self.step % options.look_every == 0 or is_last:
                bar.write(self.look())
                export(self.model.clip, self.tokenizer, options.output)
            if is_last:
                break
        bar.close()

    def _progress(self) -> float:
        return progress_of(self.step, self.seconds, self.options)

    def _learn(self, batch: Batch) -> Losses:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self._progress(), self.options)
        with torch.autocast(self.device.type, torch.bfloat16):
            losses = self.model(batch)
        self.optimizer.zero_grad(set_to_none=True)
        total = losses.total()
        if not torch.isfinite(total):
            raise FloatingPointError(f"the loss is {total.item()} at step {self.step}")
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return losses

    def _save(self) -> None:
        state = {"step": self.step, "seconds": self.seconds}
        save_checkpoint(self.options.checkpoints, self.model, self.optimizer, state)

    def look(self) -> str:
        """Measure on validation scenes and find a few by words.

        Returns:
            Lines to print.
        """
        clip = Clip(
            self.model.clip.eval().cpu().float(),
            CLIPProcessor(build_image_processor(), self.tokenizer),
        )
        named = zero_shot_accuracy(clip, Split.VALIDATION, 2)
        scenes = retrieval_scenes(Split.VALIDATION, 500)
        found = retrieval_recalls(clip, scenes)
        lines = [f"step {self.step}, {self.seconds / 60:.1f} min"]
        lines += ["  " + ", ".join(f"{k} {v:.3f}" for k, v in s.items()) for s in (named, found)]
        pictures = clip.look([paint_picture(scene, PICTURE_SIDE_PX) for scene in scenes])
        for words in _SAMPLE_WORDS.values():
            best = (clip.read([words]) @ pictures.T)[0].topk(3).indices
            shown = [
                "+".join(t.concept_key for t in scenes[i].objects) + "@" + scenes[i].background.kind
                for i in best.tolist()
            ]
            lines.append(f"  {words}: {', '.join(shown)}")
        self.model.to(self.device).train()
        return "\n".join(lines)


def _shown(losses: Losses) -> str:
    return (
        f"captions {losses.captions.item():.2f} names {losses.names.item():.2f} "
        f"words {losses.words.item():.2f} patches {losses.patches.item():.2f} "
        f"background {losses.background.item():.2f}"
    )


def main() -> None:
    """Train from the command line."""
    Trainer(read_options()).run()


if __name__ == "__main__":
    main()
