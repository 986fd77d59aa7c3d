"""Batches of text for mini-llama: scenes told in words with questions about them, and captions."""

import random

from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerFast

from training.packing import Packed, Segment, Span, encode, fill, pack
from training.sampling import Split, sample_scene
from training.scene_text import (
    caption_spans,
    description,
    draw_dialogue,
    draw_questions,
    question_spans,
)
from training.scenes import Language
from training.wording import caption

ROW_TOKENS = 160
_TOLD_WEIGHT = 0.3
_CAPTION_ROWS = 0.12
_LANGUAGES = tuple(Language)


class TextBatches(Dataset[Packed]):
    """Batch number i is always the same batch; ``__getitem__`` makes it.

    Args:
        tokenizer: Turns texts into tokens.
        rows: Rows in a batch.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, rows: int) -> None:
        self._tokenizer, self._rows = tokenizer, rows

    def __getitem__(self, step: int) -> Packed:
        rng = random.Random(step)
        rows = [self._row(step * self._rows + row, rng) for row in range(self._rows)]
        return pack(rows, ROW_TOKENS, self._tokenizer.pad_token_id)

    def _row(self, number: int, rng: random.Random) -> tuple[Segment | None, list[Segment]]:
        if rng.random() < _CAPTION_ROWS:
            return None, self._captions(number, rng)
        objects = rng.choices((1, 2, 3), (2, 5, 3))[0]
        scene = sample_scene(number, Split.TRAINING, min_objects=objects, max_objects=objects)
        language = rng.choice(_LANGUAGES)
        told = (Span(description(scene, language, rng), _TOLD_WEIGHT),)
        talk = [question_spans([q], language, rng) for q in draw_questions(scene, 10, rng)]
        # Now and then the question is in the other language than the description.
        talk = [
            spans
            if rng.random() < 0.8
            else question_spans(draw_questions(scene, 1, rng), rng.choice(_LANGUAGES), rng)
            for spans in talk
        ]
        turns = draw_dialogue(scene, rng)
        talk.insert(rng.randrange(3), question_spans(turns, language, rng))
        talk = [(Span("\n", 0.0), *spans) for spans in talk if spans]
        [prefix] = encode(self._tokenizer, [told], start=True, end=False)
        segments = encode(self._tokenizer, talk, start=False, end=True)
        return prefix, fill(len(prefix.ids), segments, ROW_TOKENS)

    def _captions(self, number: int, rng: random.Random) -> list[Segment]:
        texts = []
        for offset in range(12):
            scene = sample_scene(number + offset * 100_003, Split.TRAINING)
            if rng.random() < 0.3:
                texts.append(caption_spans(scene, rng))
            else:
                text = caption(scene, rng.choice(_LANGUAGES), rng).text
                texts.append((Span(text, _TOLD_WEIGHT),))
        return fill(0, encode(self._tokenizer, texts, start=True, end=True), ROW_TOKENS)
