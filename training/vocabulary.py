"""The byte-level BPE of mini-clip: English words and Chinese words become single tokens.

Trained merges would join Chinese characters across words, because CLIP's pre-tokenizer takes a
whole Chinese clause for one word. So Chinese merges are written by hand: bytes to characters,
then characters to the words of the vocabulary, and nothing else. English merges are learnt.
"""

import random
import re

from tokenizers import pre_tokenizers
from transformers import CLIPTokenizer

from training.backgrounds import BACKGROUNDS
from training.bpe import bytes_of, learn_merges
from training.concepts import CATEGORIES, COLOURS, CONCEPTS
from training.sampling import Split, sample_scene
from training.scenes import Language
from training.wording import caption, name_prompt

CONTEXT_TOKENS = 32
_END = "</w>"
_START_TOKEN, _END_TOKEN = "<|startoftext|>", "<|endoftext|>"
_SCENES_READ = 20_000
# Words people type although no caption holds them; they should not fall to pieces.
_COMMON = re.findall(
    r"\S+",
    """
    左邊 右邊 上面 下面 上方 下方 前面 後面 擋住 遮住 照片 圖片 背景 圖案 可愛 東西 物品 畫面
    看到 還有 什麼 哪裡 幾個 顏色 比較
    what which how many colour color where who is are not no yes any my your his her it its
    please look at one two three four five six here image photo picture painting sketch
    little tiny huge nice beautiful funny happy red orange yellow green blue purple pink brown
    black white grey gray between near beside inside outside thing things
    """,
)


def build_tokenizer() -> CLIPTokenizer:
    """Build the tokenizer from the words of the scenes.

    Returns:
        A ``CLIPTokenizer`` with a context of 32 tokens; always the same.
    """
    english, characters = _read_captions()
    spelled = [[*word[:-1], word[-1] + _END] for word in english]
    merges = learn_merges(spelled) + _chinese_merges(characters)
    merges = list(dict.fromkeys(merges))
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = alphabet + [letter + _END for letter in alphabet]
    tokens += [left + right for left, right in merges]
    # The end token comes last: old code finds it as the largest id, and 2 would mean "legacy".
    tokens = [*list(dict.fromkeys(tokens)), _START_TOKEN, _END_TOKEN]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=CONTEXT_TOKENS)


def _read_captions() -> tuple[list[str], list[str]]:
    rng = random.Random(0)
    texts = set(_COMMON)
    for number in range(_SCENES_READ):
        scene = sample_scene(number, Split.TRAINING)
        texts.update(caption(scene, language, rng).text for language in Language)
    for concept in CONCEPTS:
        texts.update((*concept.names_en, *concept.names_zh, concept.measure_zh))
        texts.update(name_prompt(concept, Language.EN, rng) for _ in range(20))
    for names in BACKGROUNDS.values():
        texts.update((names.noun_en, names.noun_zh, names.place_en, names.place_zh))
    for pair in (*CATEGORIES.values(), *COLOURS.values()):
        texts.update(pair)
    joined = " ".join(sorted(texts)).lower()
    english = sorted(set(re.findall(r"[a-z]+", joined)))
    characters = sorted({c for c in joined + "，。、！？：「」" if ord(c) > 0x7F})
    return english, characters


def _chinese_words() -> list[str]:
    words = [name for concept in CONCEPTS for name in concept.names_zh]
    words += [pair[1] for pair in (*CATEGORIES.values(), *COLOURS.values())]
    words += [names.noun_zh for names in BACKGROUNDS.values()] + _COMMON
    return sorted({word for word in words if len(word) > 1 and min(word) > "\x7f"})


def _chinese_merges(characters: list[str]) -> list[tuple[str, str]]:
    merges: list[tuple[str, str]] = []
    for character in characters:
        merges += _chain(bytes_of(character))
    for word in _chinese_words():
        merges += _chain(["".join(bytes_of(character)) for character in word])
    return merges


def _chain(parts: list[str]) -> list[tuple[str, str]]:
    """Merge parts from the left, once as the inside and once as the end of a run."""
    merges: list[tuple[str, str]] = []
    left = parts[0]
    for number, right in enumerate(parts[1:], 2):
        merges.append((left, right))
        if number == len(parts):
            merges.append((left, right + _END))
        left += right
    return merges
