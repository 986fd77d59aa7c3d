import json
import random

from transformers import CLIPTokenizer

from training.concepts import CONCEPTS
from training.sampling import Split, sample_scene
from training.scenes import Language
from training.vocabulary import CONTEXT_TOKENS, build_tokenizer
from training.wording import caption


def words(tokenizer: CLIPTokenizer, text: str) -> list[str]:
    ids = tokenizer(text).input_ids[1:-1]
    return [tokenizer.decode([i]) for i in ids]


def test_the_vocabulary_is_the_same_again(tokenizer: CLIPTokenizer) -> None:
    # Only the model: padding and truncation are what the last call asked for.
    first, again = (
        json.loads(t.backend_tokenizer.to_str()) for t in (tokenizer, build_tokenizer())
    )
    assert first["model"] == again["model"]


def test_names_are_single_tokens(tokenizer: CLIPTokenizer) -> None:
    for concept in CONCEPTS:
        english, chinese = concept.names_en[0], concept.names_zh[0]
        if chinese != "T恤":
            assert len(words(tokenizer, chinese)) == 1, chinese
        if english.isalpha():
            assert len(words(tokenizer, english)) == 1, english


def test_synonyms_are_cut_into_two_words_at_most(tokenizer: CLIPTokenizer) -> None:
    for concept in CONCEPTS:
        for name in concept.names_zh:
            assert len(words(tokenizer, name)) <= 2, name


def test_chinese_is_cut_into_words_and_never_across_them(tokenizer: CLIPTokenizer) -> None:
    assert words(tokenizer, "一隻貓在一輛汽車的左邊") == [
        "一",
        "隻",
        "貓",
        "在",
        "一",
        "輛",
        "汽車",
        "的",
        "左邊",
    ]
    assert words(tokenizer, "草地上有貓頭鷹和貓") == ["草地", "上", "有", "貓頭鷹", "和", "貓"]


def test_case_and_spaces_do_not_matter(tokenizer: CLIPTokenizer) -> None:
    assert tokenizer("A  Photo of\na CAT").input_ids == tokenizer("a photo of a cat").input_ids


def test_every_text_survives(tokenizer: CLIPTokenizer) -> None:
    assert (
        tokenizer.decode(tokenizer("龘 xyzzy é ß 🐈").input_ids[1:-1]).replace(" ", "")
        == "龘xyzzyéß🐈"
    )


def test_special_tokens_are_explicit(tokenizer: CLIPTokenizer) -> None:
    assert tokenizer.eos_token_id == tokenizer.pad_token_id == len(tokenizer) - 1
    assert tokenizer.bos_token_id == len(tokenizer) - 2
    assert tokenizer.model_max_length == CONTEXT_TOKENS


def test_captions_fit_the_context(tokenizer: CLIPTokenizer) -> None:
    rng = random.Random(0)
    for number in range(300):
        scene = sample_scene(number, Split.VALIDATION)
        for language in Language:
            assert len(tokenizer(caption(scene, language, rng).text).input_ids) <= CONTEXT_TOKENS
