"""Train mini-llama on texts about emoji scenes: ``python -m training.llama``.

Follows Touvron et al. 2023 (section 2.2: RMSNorm before each part, SwiGLU, rotary positions) at a
thousandth of the width. It reads a scene told in words and answers questions about it, in two
languages; mini-blip2 then puts a picture in the place of the words.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from training.batch_stream import stream
from training.exporting import SHARD_BYTES, empty_weights, half_copy
from training.llama_batches import TextBatches
from training.llama_model import build_llama, continuations, fused, packed_loss
from training.llama_scores import answers_in_words, asked_in_words, held_out_texts, perplexity
from training.llama_vocabulary import build_vocabulary
from training.loop import Loop, Options, read_options
from training.packing import Packed
from training.sampling import Split
from training.scenes import Language

SEED = 20_230_227


def read_llama_options(arguments: list[str] | None = None) -> Options:
    """Read the command line.

    Args:
        arguments: Words after the command; ``None`` reads ``sys.argv``.

    Returns:
        The options.
    """
    return read_options(
        "llama",
        "Train mini-llama on texts about emoji scenes.",
        arguments,
        steps=1200,
        batch_size=32,
        peak_rate=2e-3,
        warmup=100,
        workers=1,
        threads=1,
    )


def keep_vocabulary(options: Options) -> PreTrainedTokenizerFast:
    """Build the tokenizer of a run, or read it back: a run keeps its own.

    Args:
        options: Say where the run is kept and whether it starts again.

    Returns:
        The tokenizer.
    """
    kept = options.checkpoints / "tokenizer"
    if not kept.is_dir() or options.fresh:
        build_vocabulary().save_pretrained(kept)
    return PreTrainedTokenizerFast.from_pretrained(kept)


def export(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the model as ``AutoModelForCausalLM`` and ``AutoTokenizer`` read it, in fp16.

    Args:
        model: In training precision; not changed.
        tokenizer: Its tokenizer.
        folder: Where to.
    """
    empty_weights(folder)
    half_copy(model).save_pretrained(folder, max_shard_size=SHARD_BYTES)
    tokenizer.save_pretrained(folder)


class LlamaLearner:
    """mini-llama as the training loop sees it.

    Args:
        device: Where it learns.
        options: What the command line says.
        fast: Whether to compile; takes a minute, and pays after a few.
    """

    def __init__(self, device: torch.device, options: Options, *, fast: bool = False) -> None:
        self.options, self.device = options, device
        self.tokenizer = keep_vocabulary(options)
        self.model = build_llama(self.tokenizer).to(device)
        self._body = fused(self.model.model) if fast else self.model.model

    def batches(self, first_step: int) -> Iterator[Packed]:
        """See ``Learner``."""
        made = TextBatches(self.tokenizer, self.options.batch_size)
        return stream(made, self.options.steps, first_step, self.options.workers)

    def losses(self, batch: Packed, progress: float) -> dict[str, torch.Tensor]:
        """See ``Learner``."""
        del progress
        return {"text": packed_loss(self.model, self._body, batch.to(self.device))}

    def stepped(self) -> None:
        """See ``Learner``."""

    def export(self, folder: Path) -> None:
        """See ``Learner``."""
        export(self.model, self.tokenizer, folder)

    def look(self) -> str:
        """Measure on validation scenes and let it answer a few questions.

        Returns:
            Lines to print.
        """
        model = LlamaForCausalLM(self.model.config).eval()
        model.load_state_dict(self.model.state_dict())
        lines = []
        for language in Language:
            texts = held_out_texts(language, Split.VALIDATION, 200)
            measured = perplexity(model, self.tokenizer, texts)
            measured |= answers_in_words(model, self.tokenizer, language, Split.VALIDATION, 30)
            lines.append("  " + ", ".join(f"{k} {v:.2f}" for k, v in measured.items()))
            asked = asked_in_words(language, Split.VALIDATION, 4)[::6]
            said = continuations(model, self.tokenizer, [prompt for _, prompt in asked])
            lines += [f"  {q.asked(language)} {a}" for (q, _), a in zip(asked, said, strict=True)]
        return "\n".join(lines)


def main() -> None:
    """Train from the command line."""
    options = read_llama_options()
    Loop(lambda device: LlamaLearner(device, options, fast=True), options, SEED).run()


if __name__ == "__main__":
    main()
