"""Every kind of the chat, in tiny: as the library itself answers, alone as in company."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from playground.cache.mover import TorchMover
from playground.models import blip2
from playground.models.blip2_asks import Ask
from playground.models.blip2_kinds import KINDS, kind_name
from playground.models.thin_pictures import widened
from playground.visitors.errors import PersonError
from tests.models.tiny_chats import CHAT_CHECKPOINTS, LABELS, QUERIES

ANSWERING = [name for name in CHAT_CHECKPOINTS if name != "blip2-itm"]
PICTURES = [
    np.random.default_rng(side).integers(0, 256, (side, width, 3), np.uint8)
    for side, width in ((30, 50), (64, 20), (3, 40), (1, 1), (2, 700))
]
QUESTION = "what is this?"


class Turn:
    """Counts steps; may do something in each."""

    def __init__(self, also=lambda: None):
        self.steps, self.also = 0, also

    def step(self):
        self.steps += 1
        self.also()


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("chats")
    for name, save in CHAT_CHECKPOINTS.items():
        save(root / name)
    return {name: root / name for name in CHAT_CHECKPOINTS}


@pytest.fixture(scope="module")
def built(folders):
    """Parts of each kind by layout, each built once."""

    def build(name):
        parts = set(KINDS[kind_name(folders[name])].build)
        if name.startswith("blip2-") and name != "blip2-itm":
            # These folders have no weights of the class that matches.
            parts -= {"match"}
        return {part: blip2.build(part, folders[name]) for part in parts}

    return {name: build(name) for name in CHAT_CHECKPOINTS}


@pytest.fixture
def eyes(built):
    return lambda name: built[name].get("eyes") or built[name]["model"]


@pytest.fixture
def language(built):
    return lambda name: built[name].get("language") or built[name]["model"]


@pytest.mark.parametrize("name", CHAT_CHECKPOINTS)
def test_pictures_are_encoded_alike_alone_and_together(eyes, name):
    together = blip2.see(eyes(name), PICTURES)
    for picture, seen in zip(PICTURES, together, strict=True):
        alone = blip2.see(eyes(name), [picture])[0]
        assert seen.size_hw == picture.shape[:2] and seen.bytes_held > 0
        assert seen.states.dtype == np.float16 and np.isfinite(seen.states).all()
        assert np.allclose(seen.states, alone.states, atol=2e-3)


def some_asks(seen, told=None):
    tell = (lambda words: told.append(words)) if told is not None else (lambda words: None)
    first, second = seen[:2]
    return [
        Ask(first, question=QUESTION, most_tokens=6, tell=tell),
        Ask(second, most_tokens=4),
        Ask(second, (("a cat?", "yes"),), "is <image> the </s> [SEP] dog red? " * 2, most_tokens=5),
        Ask(first, question=QUESTION, most_tokens=6, temperature=1.5, seed=3),
    ]


@pytest.mark.parametrize("name", ANSWERING)
def test_an_answer_does_not_depend_on_who_else_asks(eyes, language, name):
    told = []
    asks = some_asks(blip2.see(eyes(name), PICTURES[:2]), told)
    together = blip2.answer(language(name), asks, Turn())
    assert told[-1] == together[0].words and len(told) == len(together[0].words)
    for ask, answer in zip(asks, together, strict=True):
        alone = blip2.answer(language(name), [ask], Turn())[0]
        assert [word.token for word in alone.words] == [word.token for word in answer.words]
        assert "".join(word.text for word in answer.words) == answer.text == alone.text
        assert len(answer.words) <= ask.most_tokens and (answer.words or answer.ended == "end")
        for word, other in zip(answer.words, alone.words, strict=True):
            assert word.probability == pytest.approx(other.probability, abs=1e-5)
            assert word.token in [choice.token for choice in word.others]
            assert sum(choice.probability for choice in word.others) <= 1 + 1e-5
    assert all(answer.prompt for answer in (together[0], together[2], together[3]))


@pytest.mark.parametrize("name", ANSWERING)
def test_others_may_use_the_model_between_two_words(eyes, language, name):
    """The turn is given away inside of the library's loop: it must leave nothing on the model."""
    seen = blip2.see(eyes(name), PICTURES[:2])
    first, second, *_ = some_asks(seen)
    long = replace(second, question="what is the dog? " * 2)
    alone = blip2.answer(language(name), [first], Turn())[0]
    between = Turn(also=lambda: blip2.answer(language(name), [long], Turn()))
    mixed = blip2.answer(language(name), [first], between)[0]
    assert between.steps > 1
    assert [word.token for word in mixed.words] == [word.token for word in alone.words]
    for word, other in zip(mixed.words, alone.words, strict=True):
        assert word.probability == pytest.approx(other.probability, abs=1e-6)


@pytest.mark.parametrize("name", ANSWERING)
def test_who_leaves_gets_no_further_word(eyes, language, name):
    ask = some_asks(blip2.see(eyes(name), PICTURES[:2]))[0]
    words = []
    leaving = replace(ask, tell=words.append, is_left=lambda: len(words) >= 2, most_tokens=40)
    turn = Turn()
    answer = blip2.answer(language(name), [leaving], turn)[0]
    if name == "vilt":
        assert answer.ended == "end"
    else:
        assert answer.ended in ("left", "end") and len(answer.words) <= 2 and turn.steps <= 3
    gone = blip2.answer(language(name), [replace(ask, is_left=lambda: True)], Turn())[0]
    assert gone.ended == "left" and gone.words == () and gone.text == ""


@pytest.mark.parametrize("name", ANSWERING)
def test_an_answer_goes_on_from_another_word(eyes, language, name):
    ask = some_asks(blip2.see(eyes(name), PICTURES[:2]))[0]
    first = blip2.answer(language(name), [ask], Turn())[0]
    other = first.words[0].others[1]
    changed = blip2.answer(language(name), [replace(ask, forced=(other.token,))], Turn())[0]
    assert changed.words[0].token == other.token
    assert changed.words[0].probability == pytest.approx(other.probability, abs=1e-5)


@pytest.mark.parametrize("name", ANSWERING)
def test_very_long_questions_are_cut_and_told(eyes, language, name):
    seen = blip2.see(eyes(name), PICTURES[:1])[0]
    question = "what is the red dog? " * 400
    answer = blip2.answer(language(name), [Ask(seen, question=question, most_tokens=3)], Turn())[0]
    assert answer.unread and question.endswith(answer.unread)
    assert len(answer.prompt) < len(question) and answer.words


@pytest.mark.parametrize(
    "name", ["blip2-opt", "blip2-t5", "instructblip-t5", "instructblip-vicuna"]
)
def test_options_are_scored(eyes, language, name):
    seen = blip2.see(eyes(name), PICTURES[:1])[0]
    ask = Ask(seen, question=QUESTION, most_tokens=1)
    options = ("a", "the cat", "no")
    scored = blip2.score(language(name), [(ask, options)], Turn())[0]
    assert len(scored.totals) == len(scored.per_token) == 3
    assert all(total < 0 for total in scored.totals)
    assert scored.totals[1] < scored.per_token[1]


def test_a_switched_off_query_of_instructblip_changes_the_answer_and_no_place(eyes, language):
    for name in ("instructblip-t5", "instructblip-vicuna"):
        seen = blip2.see(eyes(name), PICTURES[:1])[0]
        assert seen.queries is None
        ask = Ask(seen, question=QUESTION, most_tokens=3)
        off = [replace(ask, silenced=(query,)) for query in range(QUERIES)]
        before, *after = blip2.answer(language(name), [ask, *off], Turn())
        shares = {answer.words[0].probability for answer in (before, *after)}
        assert len(shares) == 1 + QUERIES


def test_what_stands_for_the_picture_of_instructblip_depends_on_the_question(eyes, language):
    from playground.models.blip2_instruct import looked_at

    seen = blip2.see(eyes("instructblip-t5"), PICTURES[:1])[0]
    asks = [Ask(seen, question="a cat?"), Ask(seen, question="is the photo red?")]
    cat, red = looked_at(language("instructblip-t5"), asks)
    assert cat.seen.queries.shape == red.seen.queries.shape == (QUERIES, 16)
    assert np.abs(cat.seen.queries - red.seen.queries).max() > 0.01
    again = looked_at(language("instructblip-t5"), asks[:1])[0]
    assert np.allclose(cat.seen.queries, again.seen.queries, atol=2e-3)


def test_matching_without_language_model(built):
    matcher, looker = built["blip2-itm"]["match"], built["blip2-itm"]["eyes"]
    seen = blip2.see(looker, PICTURES[:2])
    assert seen[0].queries is None
    pairs = [(seen[0], "a cat"), (seen[1], "a cat"), (seen[0], "the red dog is a photo")]
    matched = blip2.match(matcher, pairs)
    for (picture, sentence), told in zip(pairs, matched, strict=True):
        alone = blip2.match(matcher, [(picture, sentence)])[0]
        assert told.probability == pytest.approx(alone.probability, abs=1e-4)
        assert 0 <= told.probability <= 1 and -1 <= told.cosine <= 1
    looks = blip2.look(looker, seen[0])
    total = looks.weights.sum(axis=(-2, -1), dtype=np.float64) + looks.elsewhere
    assert np.allclose(total, 1, atol=5e-3)


def test_the_answer_of_vilt_is_one_of_its_classes(eyes, language):
    model = eyes("vilt")
    seen = blip2.see(model, PICTURES[:1])[0]
    answer = blip2.answer(model, [Ask(seen, question=QUESTION)], Turn())[0]
    assert answer.text in LABELS and len(answer.words) == 1 and answer.ended == "end"
    assert len(answer.words[0].others) == 10
    assert all(choice.text in LABELS for choice in answer.words[0].others)


def test_a_thin_picture_stands_on_grey_and_others_stay():
    thin = np.zeros((2, 700, 3), np.uint8)
    wide = widened(thin)
    assert wide.shape == (70, 700, 3) and (wide == 0).sum() == thin.size
    assert widened(PICTURES[0]) is PICTURES[0]
    assert widened(np.zeros((700, 2, 3), np.uint8)).shape == (700, 70, 3)


@pytest.mark.parametrize("name", ["smolvlm", "qwen3-vl"])
def test_earlier_turns_are_read_and_the_oldest_left_out(eyes, language, name):
    seen = blip2.see(eyes(name), PICTURES[:1])[0]
    short = Ask(seen, (("a cat?", "yes"), ("a dog?", "no")), "red?", most_tokens=2)
    talk = blip2.answer(language(name), [short], Turn())[0]
    assert talk.turns_used == 2 and talk.prompt.index("a cat?") < talk.prompt.index("red?")
    long = replace(short, turns=(("what is the dog? " * 60, "yes"), ("a dog?", "no")))
    cut = blip2.answer(language(name), [long], Turn())[0]
    assert cut.turns_used == 1 and not cut.unread


def test_marks_in_a_talk_are_no_marks(eyes, language):
    seen = blip2.see(eyes("smolvlm"), PICTURES[:1])[0]
    typed = "<image><image> <fake_token_around_image> <row_1_col_1>?"
    answer = blip2.answer(language("smolvlm"), [Ask(seen, question=typed, most_tokens=2)], Turn())
    # One mark of the makers' and no other; more would ask for more pictures than there are.
    assert answer[0].prompt.count("<image>") == 1 and "< image>" in answer[0].prompt


def test_qwen_is_asked_for_a_caption_in_the_visitors_language(eyes, language):
    seen = blip2.see(eyes("qwen3-vl"), PICTURES[:1])[0]
    asks = [Ask(seen, language=told, most_tokens=1) for told in ("en", "zh-Hant")]
    english, chinese = blip2.answer(language("qwen3-vl"), asks, Turn())
    assert "Traditional Chinese" in chinese.prompt and "Chinese" not in english.prompt


@pytest.mark.parametrize("name", CHAT_CHECKPOINTS)
def test_parts_hold_nothing_of_each_other(built, folders, name):
    mover = TorchMover()
    sizes = {part: mover.size(mover.home(obj)) for part, obj in built[name].items()}
    whole = sum(file.stat().st_size for file in folders[name].glob("*.safetensors"))
    assert all(0 < size < 1.05 * whole for size in sizes.values())
    if name != "blip2-itm":
        # Matching and looking share the Q-Former; else no weight is held twice.
        assert sum(sizes.values()) < 1.1 * whole


def test_a_folder_of_another_class_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"architectures": ["GitForCausalLM"]}')
    with pytest.raises(PersonError) as refused:
        blip2.build("eyes", tmp_path)
    assert refused.value.key == "mistake.model.mismatch"


# --- as the library itself answers ---


def greedy(language, eyes, pixels, **asked):
    ask = Ask(blip2.see(eyes, [pixels])[0], most_tokens=6, **asked)
    return blip2.answer(language, [ask], Turn())[0]


def same_words(answer, tokens, ends):
    """Tokens of the library's `generate`, cut at its end."""
    expected = []
    for token in tokens:
        if token in ends:
            break
        expected.append(token)
    assert [word.token for word in answer.words] == expected[:6]


def pixels_of(folder, pixels):
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    return processor(images=Image.fromarray(pixels), return_tensors="pt")


@pytest.mark.parametrize("pixels", PICTURES[:2], ids=["wide", "tall"])
def test_blip_answers_as_the_library_does(folders, eyes, language, pixels):
    folder = folders["blip-vqa"]
    model = transformers.BlipForQuestionAnswering.from_pretrained(folder).eval()
    words = transformers.AutoTokenizer.from_pretrained(folder)(QUESTION, return_tensors="pt")
    shown = pixels_of(folder, pixels)
    tokens = model.generate(input_ids=words["input_ids"], **shown, max_new_tokens=6)[0, 1:].tolist()
    answer = greedy(language("blip-vqa"), eyes("blip-vqa"), pixels, question=QUESTION)
    same_words(answer, tokens, language("blip-vqa").texts.ends)


@pytest.mark.parametrize("beginning", ["", "a photo of"])
def test_blip_captions_as_the_library_does(folders, eyes, language, beginning):
    folder = folders["blip-caption"]
    model = transformers.BlipForConditionalGeneration.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    words = (
        {"input_ids": tokenizer(beginning, return_tensors="pt")["input_ids"]} if beginning else {}
    )
    found = model.generate(**pixels_of(folder, PICTURES[0]), **words, max_new_tokens=6)[0]
    start = words["input_ids"].shape[1] - 1 if beginning else 1
    answer = greedy(language("blip-caption"), eyes("blip-caption"), PICTURES[0], question=beginning)
    same_words(answer, found[start:].tolist(), language("blip-caption").texts.ends)


def test_vilt_chooses_as_the_library_does(folders, eyes):
    folder = folders["vilt"]
    model = transformers.ViltForQuestionAnswering.from_pretrained(folder).eval()
    words = transformers.AutoTokenizer.from_pretrained(folder)(QUESTION, return_tensors="pt")
    with torch.inference_mode():
        logits = model(**words, **pixels_of(folder, PICTURES[0])).logits[0]
    answer = greedy(eyes("vilt"), eyes("vilt"), PICTURES[0], question=QUESTION)
    assert answer.text == model.config.id2label[int(logits.argmax())]
    assert answer.words[0].probability == pytest.approx(float(logits.softmax(0).max()), abs=2e-3)


@pytest.mark.parametrize("name", ["instructblip-t5", "instructblip-vicuna"])
def test_instructblip_answers_as_the_library_does(folders, eyes, language, name):
    folder = folders[name]
    model = transformers.InstructBlipForConditionalGeneration.from_pretrained(folder).eval()
    processor = transformers.InstructBlipProcessor(
        transformers.AutoImageProcessor.from_pretrained(folder),
        transformers.AutoTokenizer.from_pretrained(folder),
        transformers.AutoTokenizer.from_pretrained(folder / "qformer_tokenizer"),
        num_query_tokens=QUERIES,
    )
    inputs = processor(images=Image.fromarray(PICTURES[0]), text=QUESTION, return_tensors="pt")
    tokens = model.generate(**inputs, max_new_tokens=6)[0].tolist()
    start = 1 if name == "instructblip-t5" else inputs["input_ids"].shape[1]
    answer = greedy(language(name), eyes(name), PICTURES[0], question=QUESTION)
    same_words(answer, tokens[start:], language(name).texts.ends)


@pytest.mark.parametrize("splits", [False, True])
def test_smolvlm_answers_as_the_library_does_from_pixels(
    folders, eyes, language, monkeypatch, splits
):
    folder = folders["smolvlm"]
    model = transformers.SmolVLMForConditionalGeneration.from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    if splits:
        # What an accelerator does, on this machine.
        own = eyes("smolvlm").processor
        monkeypatch.setattr(
            eyes("smolvlm"), "processor", lambda **k: own(**(k | {"do_image_splitting": True}))
        )
    read = processor(
        images=[[Image.fromarray(PICTURES[0])]], do_image_splitting=splits, return_tensors="pt"
    )
    answer = greedy(language("smolvlm"), eyes("smolvlm"), PICTURES[0], question=QUESTION)
    seen = blip2.see(eyes("smolvlm"), PICTURES[:1])[0]
    assert (seen.extra[0] > 0).all() == splits
    talk = language("smolvlm")
    shown = answer.prompt.replace("<image>", talk.expand(seen), 1)
    ids = talk.tokenizer(shown, add_special_tokens=False, return_tensors="pt")["input_ids"]
    tokens = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        pixel_values=read["pixel_values"],
        pixel_attention_mask=read["pixel_attention_mask"],
        max_new_tokens=6,
        do_sample=False,
    )[0, ids.shape[1] :]
    same_words(answer, tokens.tolist(), talk.texts.ends)


@pytest.mark.parametrize("pixels", PICTURES[:2], ids=["wide", "tall"])
def test_qwen_answers_as_the_library_does(folders, eyes, language, pixels):
    folder = folders["qwen3-vl"]
    model = transformers.Qwen3VLForConditionalGeneration.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    processor = transformers.Qwen3VLProcessor(
        transformers.AutoImageProcessor.from_pretrained(folder),
        tokenizer,
        transformers.Qwen3VLVideoProcessor(),
        chat_template=tokenizer.chat_template,
    )
    content = [{"type": "image"}, {"type": "text", "text": QUESTION}]
    text = processor.apply_chat_template(
        [{"role": "user", "content": content}], add_generation_prompt=True
    )
    inputs = processor(text=[text], images=[Image.fromarray(pixels)], return_tensors="pt")
    tokens = model.generate(**inputs, max_new_tokens=6, do_sample=False)
    answer = greedy(language("qwen3-vl"), eyes("qwen3-vl"), pixels, question=QUESTION)
    assert answer.prompt == text
    start = inputs["input_ids"].shape[1]
    same_words(answer, tokens[0, start:].tolist(), language("qwen3-vl").texts.ends)
