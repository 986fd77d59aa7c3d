from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from training.concepts import CONCEPTS
from training.llama_vocabulary import SPECIAL_TOKENS, build_vocabulary

TOKENIZER = build_vocabulary()


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_nothing_is_lost(text: str) -> None:
    if any(token in text for token in SPECIAL_TOKENS):
        return
    ids = TOKENIZER(text, add_special_tokens=False).input_ids
    assert TOKENIZER.decode(ids) == text


def test_it_is_always_the_same() -> None:
    again = build_vocabulary()
    assert again.get_vocab() == TOKENIZER.get_vocab()
    assert again.backend_tokenizer.to_str() == TOKENIZER.backend_tokenizer.to_str()


def test_words_of_both_languages_are_single_tokens() -> None:
    for text in (" cat", " Question", " answer", "問題", "答案", "哪裡", " which", "What"):
        assert len(TOKENIZER(text, add_special_tokens=False).input_ids) == 1, text
    names = [c.names_en[0] for c in CONCEPTS]
    english = [f" {name}" for name in names if name.replace(" ", "").isalpha()]
    assert len(english) > 150
    lengths = [len(ids) for ids in TOKENIZER(english, add_special_tokens=False).input_ids]
    assert all(n <= len(name.split()) for n, name in zip(lengths, english, strict=True))


def test_special_tokens_have_places_of_their_own(tmp_path: Path) -> None:
    assert TOKENIZER.convert_tokens_to_ids(list(SPECIAL_TOKENS)) == [0, 1, 2, 3, 4]
    TOKENIZER.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert isinstance(loaded, PreTrainedTokenizerFast)
    assert (loaded.pad_token_id, loaded.bos_token_id, loaded.eos_token_id) == (0, 1, 2)
    ids = loaded(["a cat", "a"], padding=True).input_ids
    assert ids[0][0] == 1 and ids[1][0] == 0 and ids[1][-2] == 1
    assert loaded.decode(ids[0], skip_special_tokens=True) == "a cat"
