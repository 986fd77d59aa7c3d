"""How well mini-llama writes and how well it answers about a scene told in words."""

import math
import random
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM
from transformers import PreTrainedTokenizerFast as Tokenizer

from training.llama_model import continuations, packed_loss
from training.packing import Packed, Span, encode, pack
from training.questions import Question, QuestionKind, questions
from training.sampling import Split, sample_scene
from training.scene_text import description, question_prompt
from training.scenes import Language
from training.wording import caption

_CAPTIONS = 1000
_TOLD_SCENES = 200


def load_llama(folder: Path) -> tuple[LlamaForCausalLM, Tokenizer]:
    """Load a language model as visitors' machines do.

    Args:
        folder: Holds the model and its tokenizer.

    Returns:
        The model in float32 on the CPU, and the tokenizer.
    """
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return model, AutoTokenizer.from_pretrained(folder)


@torch.inference_mode()
def perplexity(llama: LlamaForCausalLM, tokenizer: Tokenizer, texts: list[str]) -> dict[str, float]:
    """Measure how well the model foretells texts.

    Args:
        llama: The model.
        tokenizer: Its tokenizer.
        texts: One or more texts, none empty.

    Returns:
        Perplexity per token, end of text included, and bits per byte of UTF-8.
    """
    total, count = 0.0, 0
    for start in range(0, len(texts), 64):
        part = [(Span(text, 1.0),) for text in texts[start : start + 64]]
        segments = encode(tokenizer, part, start=True, end=True)
        longest = max(len(segment.ids) for segment in segments)
        rows: Packed = pack([(None, [s]) for s in segments], longest, tokenizer.pad_token_id)
        tokens = int((rows.weights > 0).sum())
        total += float(packed_loss(llama, llama.model, rows)) * tokens
        count += tokens
    size = sum(len(text.encode()) for text in texts)
    return {
        "perplexity": math.exp(total / count),
        "bits_per_byte": total / math.log(2) / size,
    }


def held_out_texts(language: Language, split: Split, count: int) -> list[str]:
    """Write captions of held-out scenes.

    Args:
        language: In which language.
        split: Which scenes.
        count: How many, 1 or more.

    Returns:
        The captions.
    """
    rng = random.Random(5)
    return [caption(sample_scene(n, split), language, rng).text for n in range(count)]


def asked_in_words(language: Language, split: Split, scenes: int) -> list[tuple[Question, str]]:
    """Write questions about scenes that are told in words.

    Args:
        language: Of description, question and answer.
        split: Which scenes.
        scenes: How many, 1 or more.

    Returns:
        Questions with their prompts.
    """
    asked = []
    for number in range(scenes):
        rng = random.Random(number)
        scene = sample_scene(number, split)
        told = description(scene, language, rng)
        asked += [
            (q, f"{told}\n{question_prompt((), q.asked(language), language)}")
            for q in questions(scene, rng)
        ]
    return asked


def answers_in_words(
    llama: LlamaForCausalLM, tokenizer: Tokenizer, language: Language, split: Split, scenes: int
) -> dict[str, float]:
    """Ask about scenes that are told in words.

    Args:
        llama: The model.
        tokenizer: Its tokenizer.
        language: Of description, question and answer.
        split: Which scenes.
        scenes: How many, 1 or more.

    Returns:
        Exact match 0..1 of each kind of question and of all.
    """
    asked = asked_in_words(language, split, scenes)
    said = continuations(llama, tokenizer, [prompt for _, prompt in asked])
    right: dict[str, list[bool]] = {}
    for (question, _), answer in zip(asked, said, strict=True):
        match = answer == question.answer(language)
        right.setdefault(question.kind.value, []).append(match)
        right.setdefault("all", []).append(match)
    return {kind: sum(found) / len(found) for kind, found in right.items()}


def languages_table(rows: list[tuple[str, str, str]]) -> str:
    """Lay scores in two languages out as Markdown.

    Args:
        rows: What was measured, and the score in English and in Chinese.

    Returns:
        A table, one line for each row.
    """
    lines = ["| measured on test scenes | English | 繁體中文 |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {what} | {en} | {zh} |" for what, en, zh in rows)])


def llama_table(folder: Path) -> str:
    """Measure mini-llama on test scenes told in words.

    Args:
        folder: Holds the model and its tokenizer.

    Returns:
        A table in Markdown.
    """
    llama, tokenizer = load_llama(folder)
    texts = [held_out_texts(language, Split.TEST, _CAPTIONS) for language in Language]
    foretold = [perplexity(llama, tokenizer, part) for part in texts]
    answered = [
        answers_in_words(llama, tokenizer, language, Split.TEST, _TOLD_SCENES)
        for language in Language
    ]
    rows = [
        (f"{name} of {_CAPTIONS} captions", *(f"{found[key]:.2f}" for found in foretold))
        for name, key in (
            ("perplexity per token", "perplexity"),
            ("bits per byte", "bits_per_byte"),
        )
    ]
    told = f"answers exactly right about {_TOLD_SCENES} scenes told in words"
    rows += [
        (f"{told}: {kind.replace('_', ' ')}", *(f"{100 * a[kind]:.1f} %" for a in answered))
        for kind in ("all", *(kind.value for kind in QuestionKind))
    ]
    return languages_table([(what, english, chinese) for what, english, chinese in rows])
