"""The byte-level BPE of mini-llama and mini-blip2: lossless, one token for most words.

Unlike the tokenizer of mini-clip it keeps case and spaces, so that an answer can be decoded.
English merges are learnt until each word is one token; Chinese merges are written by hand, bytes
to characters and characters to words, because the pre-tokenizer takes a Chinese clause for one
word and learnt merges would join characters across words.
"""

import random
import re

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from training.backgrounds import BACKGROUNDS
from training.bpe import bytes_of, learn_merges
from training.concepts import CATEGORIES, COLOURS, CONCEPTS
from training.facts import PLACES
from training.nouns import plural_en
from training.question_frames import QUESTION_FRAMES
from training.sampling import Split, sample_scene
from training.scenes import Language
from training.wording import caption

PAD, START, END, DECODE, IMAGE = "<pad>", "<s>", "</s>", "<dec>", "<image>"
SPECIAL_TOKENS = (PAD, START, END, DECODE, IMAGE)
MAX_TOKENS = 512
_SPACE = "Ġ"
_SCENES_READ = 6_000
# Words people type or that the prompts are made of, although no caption holds them.
_COMMON_EN = re.findall(
    r"\S+",
    """
    Question Answer question answer yes no nothing there is are not any this that these those what
    which how many much colour color where who when why please tell me look at name the a an it its
    one two three four five six zero photo picture image scene background describe can you see find
    hello thanks hi do does have has and or of in on to with left right top bottom middle above
    below over under behind front bigger smaller larger than between near beside inside outside
    thing things something animal
    """,
)
_COMMON_ZH = re.findall(
    r"\S+",
    """
    問題 答案 回答 左邊 右邊 上面 下面 上方 下方 前面 後面 擋住 遮住 照片 圖片 背景 圖案 可愛
    東西 物品 畫面 看到 還有 什麼 哪裡 哪個 幾個 顏色 比較 沒有 不是 是不是 有沒有 描述 這張 一張
    沒有東西
    """,
)
_PUNCTUATION_ZH = "，。、！？：；「」（）"


def build_vocabulary() -> PreTrainedTokenizerFast:
    """Build the tokenizer from the words of the scenes.

    Returns:
        A tokenizer that starts each text with ``<s>`` and pads on the left; always the same.
    """
    english, characters = _read_texts()
    merges = list(
        dict.fromkeys(learn_merges([list(word) for word in english]) + _chinese_merges(characters))
    )
    tokens = [*SPECIAL_TOKENS, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokens = list(dict.fromkeys([*tokens, *(left + right for left, right in merges)]))
    bpe = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in SPECIAL_TOKENS])
    start = tokens.index(START)
    bpe.post_processor = processors.TemplateProcessing(
        single=f"{START} $A", pair=f"{START} $A $B", special_tokens=[(START, start)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=START,
        eos_token=END,
        pad_token=PAD,
        extra_special_tokens=[DECODE, IMAGE],
        padding_side="left",
        model_max_length=MAX_TOKENS,
        clean_up_tokenization_spaces=False,
    )


def _read_texts() -> tuple[list[str], list[str]]:
    rng = random.Random(0)
    texts = {*_COMMON_EN, *_COMMON_ZH}
    for number in range(_SCENES_READ):
        scene = sample_scene(number, Split.TRAINING)
        texts.update(caption(scene, language, rng).text for language in Language)
    for concept in CONCEPTS:
        texts.update((*concept.names_en, *concept.names_zh, concept.measure_zh))
        texts.add(plural_en(concept.names_en[0]))
    for frames in QUESTION_FRAMES.values():
        texts.update((*frames[0], *frames[1]))
    for names in BACKGROUNDS.values():
        texts.update((names.noun_en, names.noun_zh, names.place_en, names.place_zh))
    for pair in (*CATEGORIES.values(), *COLOURS.values(), *PLACES.values()):
        texts.update(pair)
    joined = " ".join(sorted(texts))
    words = set(re.findall(r"[A-Za-z]+", joined))
    openers = {text.split()[0] for frames in QUESTION_FRAMES.values() for text in frames[0]}
    words |= {word.capitalize() for word in openers}
    spaced = {_SPACE + word for word in words}
    characters = sorted({c for c in joined + _PUNCTUATION_ZH if ord(c) > 0x7F})
    return sorted(words | spaced), characters


def _chinese_words() -> list[str]:
    words = [name for concept in CONCEPTS for name in concept.names_zh]
    words += [pair[1] for pair in (*CATEGORIES.values(), *COLOURS.values(), *PLACES.values())]
    words += [names.noun_zh for names in BACKGROUNDS.values()] + _COMMON_ZH
    return sorted({word for word in words if len(word) > 1 and min(word) > "\x7f"})


def _chinese_merges(characters: list[str]) -> list[tuple[str, str]]:
    merges: list[tuple[str, str]] = []
    for character in characters:
        merges += _chain(bytes_of(character))
    for word in _chinese_words():
        merges += _chain(["".join(bytes_of(character)) for character in word])
    return merges


def _chain(parts: list[str]) -> list[tuple[str, str]]:
    merges: list[tuple[str, str]] = []
    left = parts[0]
    for right in parts[1:]:
        merges.append((left, right))
        left += right
    return merges
