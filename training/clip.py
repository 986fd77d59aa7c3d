"""Train mini-clip on emoji scenes: ``python -m training.clip``.

Follows Radford et al. 2021 (figure 3) with a small vision transformer, a small text transformer,
captions in two languages, and helper heads that learn from the exact masks.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from transformers import CLIPModel, CLIPProcessor, CLIPTokenizer

from training.batch_stream import stream
from training.batches import Batch, ClipBatches, Curriculum
from training.clip_model import (
    PATCH_PX,
    SIDE_PX,
    ClipWithHelpers,
    build_image_processor,
    build_model,
)
from training.exporting import SHARD_BYTES, empty_weights, half_copy
from training.loop import Loop, Options, read_options
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

SEED = 20_210_226
_SAMPLE_WORDS = {Language.EN: "a cat to the left of a car", Language.ZH: "草地上有一隻狗"}


def read_clip_options(arguments: list[str] | None = None) -> Options:
    """Read the command line.

    Args:
        arguments: Words after the command; ``None`` reads ``sys.argv``.

    Returns:
        The options.
    """
    return read_options("clip", "Train mini-clip on emoji scenes.", arguments)


def export(model: CLIPModel, tokenizer: CLIPTokenizer, folder: Path) -> None:
    """Write the model as ``AutoModel`` and ``AutoProcessor`` read it: fp16, shards of 6 MB.

    Args:
        model: In training precision; not changed.
        tokenizer: Its tokenizer.
        folder: Where to.
    """
    empty_weights(folder)
    half_copy(model).save_pretrained(folder, max_shard_size=SHARD_BYTES)
    CLIPProcessor(build_image_processor(), tokenizer).save_pretrained(folder)


class ClipLearner:
    """mini-clip as the training loop sees it.

    Args:
        device: Where it learns.
        options: What the command line says.
    """

    def __init__(self, device: torch.device, options: Options) -> None:
        self.options, self.device = options, device
        self.tokenizer = self._tokenizer()
        processor = build_image_processor()
        self.model = ClipWithHelpers(
            build_model(self.tokenizer), processor.image_mean, processor.image_std
        ).to(device)

    def _tokenizer(self) -> CLIPTokenizer:
        # A run keeps its own: a changed caption would give every token another number.
        kept = self.options.checkpoints / "tokenizer"
        if kept.is_dir() and not self.options.fresh:
            return CLIPTokenizer.from_pretrained(kept)
        built = build_tokenizer()
        built.save_pretrained(kept)
        return built

    def batches(self, first_step: int) -> Iterator[Batch]:
        """See ``Learner``."""
        options = self.options
        curriculum = Curriculum(options.steps)
        made = ClipBatches(self.tokenizer, SIDE_PX, PATCH_PX, options.batch_size, curriculum)
        return stream(made, len(made), first_step, options.workers)

    def losses(self, batch: Batch, progress: float) -> dict[str, torch.Tensor]:
        """See ``Learner``."""
        return self.model(batch.to(self.device)).weighted()

    def stepped(self) -> None:
        """See ``Learner``."""

    def export(self, folder: Path) -> None:
        """See ``Learner``."""
        export(self.model.clip, self.tokenizer, folder)

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
        lines = ["  " + ", ".join(f"{k} {v:.3f}" for k, v in s.items()) for s in (named, found)]
        pictures = clip.look([paint_picture(scene, PICTURE_SIDE_PX) for scene in scenes])
        for words in _SAMPLE_WORDS.values():
            best = (clip.read([words]) @ pictures.T)[0].topk(3).indices
            shown = [
                "+".join(t.concept_key for t in scenes[i].objects) + "@" + scenes[i].background.kind
                for i in best.tolist()
            ]
            lines.append(f"  {words}: {', '.join(shown)}")
        self.model.to(self.device)
        return "\n".join(lines)


def main() -> None:
    """Train from the command line."""
    options = read_clip_options()
    Loop(lambda device: ClipLearner(device, options), options, SEED).run()


if __name__ == "__main__":
    main()
