"""Tiny checkpoints of every kin of the chat tab in the hub's file layout.

Random weights and tokenizers built in memory: they test code paths; nothing they answer is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    BertTokenizer,
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2ForImageTextRetrieval,
    BlipConfig,
    BlipForConditionalGeneration,
    BlipForQuestionAnswering,
    BlipImageProcessor,
    GPT2Tokenizer,
    InstructBlipConfig,
    InstructBlipForConditionalGeneration,
    LlamaTokenizer,
    Qwen2Tokenizer,
    Qwen2VLImageProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
    SmolVLMImageProcessor,
    T5Tokenizer,
    ViltConfig,
    ViltForQuestionAnswering,
    ViltImageProcessor,
)

SIDE, PATCH, QUERIES = 16, 8, 4
LAST_LAYER = "language_model.lm_head.weight"
WORDS = ("cat", "dog", "red", "a", "the", "photo", "of", "what", "is", "this", "yes", "no")
VISION = {
    "hidden_size": 24,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": SIDE,
    "patch_size": PATCH,
}
QFORMER = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "encoder_hidden_size": 24,
    "max_position_embeddings": 48,
}
TEXT = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 256,
}
LABELS = (
    "cat",
    "dog",
    "red",
    "yes",
    "no",
    "2",
    "a photo",
    "the dog",
    "blue",
    "none",
    "many",
    "one",
)
QWEN_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for part in message.content %}{% if part.type == 'image' %}"
    "<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part.text }}{% endif %}{% endfor %}"
    "{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def save_blip2_opt(folder: Path) -> None:
    """BLIP-2 with OPT, as `Salesforce/blip2-opt-2.7b` is laid out: sharded, old processor files."""
    tokenizer = _byte_level(GPT2Tokenizer, ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "<image>"])
    tokenizer.save_pretrained(folder)
    _save_picture_reader(folder, "Blip2Processor")
    text = {
        "model_type": "opt",
        "vocab_size": len(tokenizer),
        "hidden_size": 16,
        "word_embed_proj_dim": 16,
        "ffn_dim": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 256,
        "bos_token_id": tokenizer.convert_tokens_to_ids("</s>"),
        "eos_token_id": tokenizer.convert_tokens_to_ids("\u010a"),
        "pad_token_id": tokenizer.convert_tokens_to_ids("<pad>"),
    }
    config = Blip2Config(
        vision_config=VISION,
        qformer_config=QFORMER,
        text_config=text,
        num_query_tokens=QUERIES,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    _save(Blip2ForConditionalGeneration, config, folder, max_shard_size="40KB")


def save_blip2_t5(folder: Path) -> None:
    """BLIP-2 with FLAN-T5, as `Salesforce/blip2-flan-t5-xl` is laid out."""
    tokenizer = _t5_tokenizer()
    tokenizer.save_pretrained(folder)
    _save_picture_reader(folder, "Blip2Processor")
    config = Blip2Config(
        vision_config=VISION,
        qformer_config=QFORMER,
        text_config=_t5(tokenizer),
        num_query_tokens=QUERIES,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    _save(Blip2ForConditionalGeneration, config, folder)
    _untie(folder, tokenizer)


def save_blip2_itm(folder: Path) -> None:
    """BLIP-2 for matching, as `Salesforce/blip2-itm-vit-g`: a BERT reads, no language model."""
    tokenizer = _bert_tokenizer(folder, "[DEC]", "<image>")
    _save_picture_reader(folder, "Blip2Processor")
    config = Blip2Config(
        vision_config=VISION,
        qformer_config=QFORMER | {"vocab_size": len(tokenizer), "use_qformer_text_input": True},
        text_config={"model_type": "opt", "hidden_size": 16, "num_hidden_layers": 1},
        num_query_tokens=QUERIES,
        image_text_hidden_size=16,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    _save(Blip2ForImageTextRetrieval, config, folder)


def save_instructblip_t5(folder: Path) -> None:
    """InstructBLIP with FLAN-T5."""
    tokenizer = _t5_tokenizer()
    _save_instructblip(folder, tokenizer, _t5(tokenizer))
    _untie(folder, tokenizer)


def save_instructblip_vicuna(folder: Path) -> None:
    """InstructBLIP with Vicuna, a Llama."""
    tokenizer = _llama_tokenizer()
    text = TEXT | {
        "model_type": "llama",
        "vocab_size": len(tokenizer),
        "num_key_value_heads": 2,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
    }
    _save_instructblip(folder, tokenizer, text)


def save_blip_vqa(folder: Path) -> None:
    """BLIP for questions, as `Salesforce/blip-vqa-base` is laid out."""
    tokenizer = _bert_tokenizer(folder, "[DEC]", "[ENC]")
    _save_picture_reader(folder, "BlipProcessor")
    _save(BlipForQuestionAnswering, _blip(tokenizer), folder)


def save_blip_caption(folder: Path) -> None:
    """BLIP for captions, as `Salesforce/blip-image-captioning-base` is laid out."""
    tokenizer = _bert_tokenizer(folder, "[DEC]", "[ENC]")
    _save_picture_reader(folder, "BlipProcessor")
    _save(BlipForConditionalGeneration, _blip(tokenizer), folder)


def save_vilt(folder: Path) -> None:
    """ViLT with its fixed list of answers."""
    tokenizer = _bert_tokenizer(folder)
    # As many patches as the published one has: twelve along the shorter side.
    side = 12 * PATCH
    ViltImageProcessor(size={"shortest_edge": side}, size_divisor=PATCH).save_pretrained(folder)
    config = ViltConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=side,
        patch_size=PATCH,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
    )
    _save(ViltForQuestionAnswering, config, folder)


def save_smolvlm(folder: Path) -> None:
    """SmolVLM2, whose pictures may be cut into tiles of 4 x 4 patches."""
    grid = [f"<row_{row + 1}_col_{column + 1}>" for row in range(6) for column in range(6)]
    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<end_of_utterance>", "<global-img>"]
    marks += ["<fake_token_around_image>", "<image>", *grid]
    tokenizer = _byte_level(
        GPT2Tokenizer, marks, pad_token="<|im_end|>", eos_token="<end_of_utterance>"
    )
    tokenizer.save_pretrained(folder)
    side, patch = 32, 8
    SmolVLMImageProcessor(
        size={"longest_edge": 2 * side}, max_image_size={"longest_edge": side}
    ).save_pretrained(folder)
    text = TEXT | {
        "model_type": "llama",
        "vocab_size": len(tokenizer),
        "num_key_value_heads": 1,
        "max_position_embeddings": 1024,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.convert_tokens_to_ids("<|im_start|>"),
        "eos_token_id": tokenizer.eos_token_id,
    }
    config = SmolVLMConfig(
        vision_config=VISION | {"image_size": side, "patch_size": patch},
        text_config=text,
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
    )
    _save(SmolVLMForConditionalGeneration, config, folder)


def save_qwen3_vl(folder: Path) -> None:
    """Qwen3-VL: pictures of any shape, deep features of the picture in the first layers."""
    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"]
    marks += ["<|image_pad|>", "<|video_pad|>"]
    tokenizer = _byte_level(Qwen2Tokenizer, marks, eos_token="<|im_end|>")
    tokenizer.chat_template = QWEN_CHAT
    tokenizer.save_pretrained(folder)
    Qwen2VLImageProcessor(
        patch_size=PATCH, merge_size=2, size={"shortest_edge": 256, "longest_edge": 64 * 256}
    ).save_pretrained(folder)
    number_of = tokenizer.convert_tokens_to_ids
    config = Qwen3VLConfig(
        vision_config={
            "depth": 3,
            "hidden_size": 24,
            "intermediate_size": 32,
            "num_heads": 2,
            "patch_size": PATCH,
            "out_hidden_size": 16,
            "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0, 1],
        },
        text_config=TEXT
        | {
            "vocab_size": len(tokenizer),
            "num_key_value_heads": 1,
            "head_dim": 8,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [2, 1, 1],
            },
            "eos_token_id": tokenizer.eos_token_id,
            "max_position_embeddings": 1024,
        },
        image_token_id=number_of("<|image_pad|>"),
        video_token_id=number_of("<|video_pad|>"),
        vision_start_token_id=number_of("<|vision_start|>"),
        vision_end_token_id=number_of("<|vision_end|>"),
        tie_word_embeddings=True,
    )
    _save(Qwen3VLForConditionalGeneration, config, folder)


# By layout: what writes its folder.
CHAT_CHECKPOINTS: dict[str, Callable[[Path], None]] = {
    "blip2-opt": save_blip2_opt,
    "blip2-t5": save_blip2_t5,
    "blip2-itm": save_blip2_itm,
    "instructblip-t5": save_instructblip_t5,
    "instructblip-vicuna": save_instructblip_vicuna,
    "blip-vqa": save_blip_vqa,
    "blip-caption": save_blip_caption,
    "vilt": save_vilt,
    "smolvlm": save_smolvlm,
    "qwen3-vl": save_qwen3_vl,
}


def _save(model_class: Any, config: Any, folder: Path, **options: Any) -> None:
    torch.manual_seed(0)
    model = model_class(config).eval()
    # As drawn, all weights are so small that every word is about as likely as any other.
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim > 1 or "query" in name or "class_embedding" in name:
                weight.normal_(0, 0.3)
    model.save_pretrained(folder, **options)


def _save_instructblip(folder: Path, tokenizer: Any, text: dict[str, Any]) -> None:
    tokenizer.save_pretrained(folder)
    reader = _bert_tokenizer(folder / "qformer_tokenizer", "[DEC]", written="tokenizer.json")
    _save_picture_reader(folder, "InstructBlipProcessor")
    config = InstructBlipConfig(
        vision_config=VISION,
        qformer_config=QFORMER | {"vocab_size": len(reader)},
        text_config=text,
        num_query_tokens=QUERIES,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
    _save(InstructBlipForConditionalGeneration, config, folder)


def _save_picture_reader(folder: Path, processor_class: str) -> None:
    BlipImageProcessor(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    told = {"processor_class": processor_class}
    if processor_class != "BlipProcessor":
        told["num_query_tokens"] = QUERIES
    (folder / "processor_config.json").write_text(json.dumps(told), encoding="utf-8")


def _blip(tokenizer: Any) -> BlipConfig:
    text = TEXT | {
        "vocab_size": len(tokenizer),
        # One width: the decoder looks at questions as it would look at pictures.
        "encoder_hidden_size": 16,
        "max_position_embeddings": 64,
        "bos_token_id": tokenizer.convert_tokens_to_ids("[DEC]"),
        "eos_token_id": tokenizer.sep_token_id,
        "sep_token_id": tokenizer.sep_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "is_decoder": True,
    }
    return BlipConfig(text_config=text, vision_config=VISION | {"hidden_size": 16})


def _untie(folder: Path, tokenizer: Any) -> None:
    """FLAN-T5 has a last layer of its own, which the library learns from the file alone."""
    file, config = folder / "model.safetensors", folder / "config.json"
    last = torch.randn(len(tokenizer), 16, generator=torch.Generator().manual_seed(1))
    save_file(load_file(file) | {LAST_LAYER: last}, file, metadata={"format": "pt"})
    told = json.loads(config.read_text(encoding="utf-8"))
    told["text_config"] |= {"tie_word_embeddings": False}
    told["text_config"].pop("scale_decoder_outputs", None)
    config.write_text(json.dumps(told), encoding="utf-8")


def _t5(tokenizer: Any) -> dict[str, Any]:
    return {
        "model_type": "t5",
        "feed_forward_proj": "gated-gelu",
        "vocab_size": len(tokenizer),
        "d_model": 16,
        "d_kv": 8,
        "d_ff": 32,
        "num_layers": 2,
        "num_heads": 2,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "decoder_start_token_id": tokenizer.pad_token_id,
    }


def _byte_level(tokenizer_class: Any, marks: list[str], **names: str) -> Any:
    """Bytes and one word; `marks` are tokens of their own that no text is cut into by itself."""
    pieces = [*sorted(ByteLevel.alphabet()), "ca", "cat", "\u0120cat"]
    vocab = {piece: number for number, piece in enumerate([*marks, *pieces])}
    merges = [("c", "a"), ("ca", "t"), ("\u0120", "cat")]
    is_opt = "</s>" in marks
    named = {"bos_token": "</s>", "eos_token": "</s>", "pad_token": "<pad>"} if is_opt else names
    return tokenizer_class(
        vocab=vocab, merges=merges, additional_special_tokens=marks, **({} | named)
    )


def _letters() -> str:
    return "abcdefghijklmnopqrstuvwxyz0123456789?.,:"


def _llama_tokenizer() -> Any:
    marks = ["<unk>", "<s>", "</s>"]
    bytes_ = [f"<0x{number:02X}>" for number in range(256)]
    pieces = ["\u2581", *_letters(), *_letters()[:26].upper(), "ca", "cat", "\u2581cat"]
    vocab = {piece: number for number, piece in enumerate([*marks, *bytes_, *pieces])}
    tokenizer = LlamaTokenizer(
        vocab=vocab, merges=[("c", "a"), ("ca", "t"), ("\u2581", "cat")], pad_token="<unk>"
    )
    tokenizer.add_tokens(["<image>"], special_tokens=True)
    return tokenizer


def _t5_tokenizer() -> Any:
    marks = ["<pad>", "</s>", "<unk>"]
    pieces = ["\u2581", *_letters(), *_letters()[:26].upper(), *(f"\u2581{w}" for w in WORDS)]
    vocab = [(mark, 0.0) for mark in marks]
    vocab += [(piece, -2.0 - len(piece) / 99) for piece in dict.fromkeys(pieces)]
    tokenizer = T5Tokenizer(vocab=vocab, extra_ids=0)
    tokenizer.add_tokens(["<image>"], special_tokens=True)
    return tokenizer


def _bert_tokenizer(folder: Path, *marks: str, written: str = "vocab.txt") -> Any:
    """Repositories of 2022 carry `vocab.txt` and a small configuration beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = [*_letters(), *(f"##{letter}" for letter in _letters()[:36])]
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *letters]
    file = folder / "vocab.txt"
    file.write_text("\n".join(dict.fromkeys(vocab)) + "\n", encoding="utf-8")
    tokenizer = BertTokenizer(vocab=str(file))
    named = {"bos_token": "[DEC]"} if "[DEC]" in marks else {}
    tokenizer.add_special_tokens({"additional_special_tokens": list(marks)} | named)
    tokenizer.save_pretrained(folder)
    if written == "tokenizer.json":
        file.unlink()
    return tokenizer
