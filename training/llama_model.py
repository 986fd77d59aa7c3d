"""mini-llama's sizes, its loss over packed rows, and how it is asked."""

import shutil
from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from training.llama_vocabulary import MAX_TOKENS
from training.packing import Packed, additive, targets, visible

WIDTH = 192
LAYERS = 6
_HEADS = 6
_FEED_FORWARD = 512
_LONGEST_ANSWER = 48


def build_llama(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """Build an untrained mini-llama.

    Args:
        tokenizer: Its vocabulary decides the size of the token table.

    Returns:
        The unmodified ``LlamaForCausalLM``, float32, with one table for input and output.
    """
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=_FEED_FORWARD,
        num_hidden_layers=LAYERS,
        num_attention_heads=_HEADS,
        num_key_value_heads=_HEADS,
        max_position_embeddings=MAX_TOKENS,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    # The fused attention's backward pass is slower than plain matmuls on the CPU.
    return LlamaForCausalLM._from_config(config, attn_implementation="eager")


def fused(module: nn.Module) -> nn.Module:
    """Let a C++ compiler join the small operations, where there is one: nearly twice as fast.

    Args:
        module: Any module; its parameters stay where they are.

    Returns:
        The module as it should be called, not kept.
    """
    if shutil.which("g++") is None:
        return module
    return cast(nn.Module, torch.compile(module, dynamic=False))


def packed_loss(
    llama: LlamaForCausalLM,
    body: nn.Module,
    packed: Packed,
    prefix: torch.Tensor | None = None,
) -> torch.Tensor:
    """Weighted next-token loss of packed rows.

    Args:
        llama: The model.
        body: ``llama.model``, perhaps compiled.
        packed: The rows.
        prefix: (R, Q, D) embeddings that stand before each row, or ``None``.

    Returns:
        Scalar, 0 or more: cross-entropy per unit of weight.
    """
    embeddings = llama.get_input_embeddings()(packed.ids)
    segments, positions, skipped = packed.segments, packed.positions, 0
    if prefix is not None:
        rows, skipped = prefix.shape[:2]
        embeddings = torch.cat([prefix.to(embeddings.dtype), embeddings], 1)
        segments = torch.cat([segments.new_zeros(rows, skipped), segments], 1)
        first = torch.arange(skipped, device=positions.device).expand(rows, -1)
        positions = torch.cat([first, positions], 1)
    dtype = torch.bfloat16 if torch.is_autocast_enabled(embeddings.device.type) else torch.float32
    states = body(
        inputs_embeds=embeddings,
        attention_mask=additive(visible(segments), dtype),
        position_ids=positions,
        use_cache=False,
    ).last_hidden_state
    places, tokens, weights = targets(packed)
    # Only places that must predict something pay for the large matrix.
    chosen = states[:, skipped:].reshape(-1, states.shape[-1])[places]
    losses = F.cross_entropy(llama.lm_head(chosen).float(), tokens, reduction="none")
    return (losses * weights).sum() / weights.sum().clamp(min=1e-6)


@torch.inference_mode()
def continuations(
    llama: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, prompts: Sequence[str]
) -> list[str]:
    """Let the model go on from prompts, always with the likeliest token.

    Args:
        llama: The model.
        tokenizer: Its tokenizer, padding on the left.
        prompts: N texts.

    Returns:
        What it writes after each, up to ``</s>``, without spaces around it.
    """
    written = []
    for start in range(0, len(prompts), 64):
        tokens = tokenizer(list(prompts[start : start + 64]), padding=True, return_tensors="pt")
        ids = llama.generate(
            input_ids=tokens.input_ids,
            attention_mask=tokens.attention_mask,
            max_new_tokens=_LONGEST_ANSWER,
            do_sample=False,
        )
        new = ids[:, tokens.input_ids.shape[1] :]
        written += [text.strip() for text in tokenizer.batch_decode(new, skip_special_tokens=True)]
    return written
