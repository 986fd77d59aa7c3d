"""The decoding loop of every kind: the library's own `generate`, watched and steered word by word.

A kind prepares the inputs of a batch; this file chooses each row's next token (forced, likeliest,
or drawn by the row's own numbers), keeps the ten likeliest, tells who waits, and ends rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.models.blip2_asks import Answer, Ask, Choice, Ended, Steps, Word
from playground.models.precision import Precision
from playground.visitors.notes import Note

if TYPE_CHECKING:
    import torch

MOST_CHOICES = 10
# What decoders write for bytes that are no whole character yet, and how many a character has.
HALF_CHARACTER = "\ufffd"
MOST_BYTES = 4


@dataclass(frozen=True)
class Prompted:
    """A batch of questions as a model reads them.

    Attributes:
        generate: `generate(max_new_tokens=, do_sample=, num_beams=, logits_processor=,
            stopping_criteria=)` runs the library's own on the N rows.
        prompts: N texts, as the model reads them.
        turns_used: N numbers, see `Answer`.
        unread: N texts, see `Answer`.
        openings: N times the tokens that an answer without forced ones begins with.
        precision: What the weights are kept in; None where nobody asks.
    """

    generate: Callable[..., Any]
    prompts: tuple[str, ...]
    turns_used: tuple[int, ...]
    unread: tuple[str, ...]
    openings: tuple[tuple[int, ...], ...]
    precision: Precision | None = None


class TokenTexts:
    """What tokens say.

    Args:
        tokenizer: A tokenizer of the library.
        ends: Tokens that end an answer.
    """

    def __init__(self, tokenizer: Any, ends: frozenset[int]) -> None:
        self.ends = ends
        self._tokenizer = tokenizer
        self._special = frozenset(tokenizer.all_special_ids)
        # A piece alone would lose the space before it, so it is read behind another one.
        self._anchor: list[int] = tokenizer("a", add_special_tokens=False)["input_ids"]
        self._before = len(self._decode(self._anchor))
        self._known: dict[int, str] = {}

    def joined(self, tokens: Sequence[int]) -> str:
        """The text of an answer: without marks, without space before it."""
        return self._decode(tokens).lstrip()

    def alone(self, token: int) -> str:
        """What a token adds to the text before it, or its name if that is nothing; "" ends it."""
        text = self._known.get(token)
        if text is None:
            text = self._known[token] = self._read(token)
        return text

    def _read(self, token: int) -> str:
        if token in self.ends:
            return ""
        added = (
            "" if token in self._special else self._decode([*self._anchor, token])[self._before :]
        )
        # Published checkpoints have more outputs than their tokenizer has tokens.
        return added or str(self._tokenizer.convert_ids_to_tokens(token) or f"<{token}>")

    def _decode(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text


def write(texts: TokenTexts, prompted: Prompted, asks: Sequence[Ask], turn: Steps) -> list[Answer]:
    """Writes the answers of a batch.

    Args:
        texts: What tokens say.
        prompted: The batch.
        asks: Its N questions.
        turn: Is told before each word.

    Returns:
        N answers, each as if it were alone in the batch.

    Raises:
        FloatingPointError: The model gave numbers that are none.
    """
    rows = [
        _Row(texts, ask, ask.forced or opening)
        for ask, opening in zip(asks, prompted.openings, strict=True)
    ]
    for row in rows:
        row.leave_if_alone()
    if any(row.ended is None for row in rows):
        _generate(prompted, rows, max(ask.most_tokens for ask in asks), turn)
    return [
        Answer(
            words=tuple(row.words),
            text=row.text,
            ended=row.ended or "length",
            prompt=prompted.prompts[number],
            turns_used=prompted.turns_used[number],
            unread=prompted.unread[number],
            precision=_told(prompted.precision),
        )
        for number, row in enumerate(rows)
    ]


def _generate(prompted: Prompted, rows: Sequence[_Row], most_tokens: int, turn: Steps) -> None:
    steering = _Steering(rows, turn)
    prompted.generate(
        max_new_tokens=most_tokens,
        do_sample=False,
        num_beams=1,
        logits_processor=_processors(steering.choose),
        stopping_criteria=_criteria(steering.are_done),
    )


class _Row:
    """One answer while it is written."""

    def __init__(self, texts: TokenTexts, ask: Ask, forced: Sequence[int]) -> None:
        self.words: list[Word] = []
        self.text = ""
        self.ended: Ended | None = None
        self._texts = texts
        self._ask = ask
        self._forced = forced
        self._tokens: list[int] = []
        self._held = 0
        # Philox numbers are the same on every machine; one is drawn for each place, forced or not.
        self._numbers = np.random.Generator(np.random.Philox(ask.seed))

    def next_token(self, log_probabilities: torch.Tensor, likeliest: int) -> int:
        """Chooses a token; log_probabilities are (V,)."""
        drawn = self._numbers.random()
        place = len(self._tokens)
        if place < len(self._forced):
            return min(self._forced[place], len(log_probabilities) - 1)
        if self._ask.temperature <= 0:
            return likeliest
        return _draw(log_probabilities.double().cpu().numpy() / self._ask.temperature, drawn)

    def leave_if_alone(self) -> None:
        """Ends the answer if nobody waits for it."""
        if self.ended is None and self._ask.is_left():
            self._end("left")

    def add(self, token: int, probability: float, likeliest: Sequence[tuple[int, float]]) -> None:
        """Takes a token into the answer, or ends it with one."""
        if token in self._texts.ends:
            self._end("end")
            return
        is_first = not self._tokens
        self._tokens.append(token)
        added = self._new_text()
        others = _with_chosen(likeliest, token, probability)
        choices = tuple(Choice(id_, self._choice(id_, is_first), p) for id_, p in others)
        self.words.append(Word(token, added, probability, choices))
        if len(self._tokens) >= self._ask.most_tokens:
            self._end("length")
        self._ask.tell(tuple(self.words))

    def _new_text(self, *, is_last: bool = False) -> str:
        """What the newest tokens add; a half character waits for the one that makes it whole."""
        text = self._texts.joined(self._tokens)
        is_half = text.endswith(HALF_CHARACTER) and self._held < MOST_BYTES - 1
        if not text.startswith(self.text) or (is_half and not is_last):
            self._held += 1
            return ""
        self._held = 0
        added = text[len(self.text) :]
        self.text = text
        return added

    def _end(self, ended: Ended) -> None:
        self.ended = ended
        if self._held:
            last = self.words[-1]
            self.words[-1] = replace(last, text=last.text + self._new_text(is_last=True))

    def _choice(self, token: int, is_first: bool) -> str:
        text = self._texts.alone(token)
        # A space alone stays one: nothing at all would mean the end.
        return text.lstrip() or text if is_first else text


class _Steering:
    """What `generate` asks of all rows at each step."""

    def __init__(self, rows: Sequence[_Row], turn: Steps) -> None:
        self._rows = rows
        self._turn = turn

    def choose(self, scores: torch.Tensor) -> torch.Tensor:
        """Makes each row's token the only one left; scores are (B, V)."""
        import torch

        self._turn.step()
        for row in self._rows:
            row.leave_if_alone()
        own = torch.log_softmax(scores.float(), dim=-1)
        top = own.topk(min(MOST_CHOICES, own.shape[-1]), dim=-1)
        if not torch.isfinite(top.values[:, 0]).all():
            raise FloatingPointError("the language model gave numbers that are none")
        likeliest = own.argmax(dim=-1).tolist()
        tokens = [
            row.next_token(own[number], likeliest[number]) if row.ended is None else 0
            for number, row in enumerate(self._rows)
        ]
        chosen = torch.tensor(tokens, device=own.device)[:, None]
        probabilities = own.gather(1, chosen).exp()[:, 0].tolist()
        shares, ids = top.values.exp().tolist(), top.indices.tolist()
        for number, row in enumerate(self._rows):
            if row.ended is None:
                best = tuple(zip(ids[number], shares[number], strict=True))
                row.add(tokens[number], probabilities[number], best)
        return torch.full_like(scores, -torch.inf).scatter_(1, chosen, 0.0)

    def are_done(self, tokens: torch.Tensor) -> torch.Tensor:
        """Tells which rows have ended; tokens are (B, T)."""
        import torch

        done = [row.ended is not None for row in self._rows]
        return torch.tensor(done, dtype=torch.bool, device=tokens.device)


def _told(precision: Precision | None) -> Note | None:
    return None if precision is None or precision.is_usual else precision.note


def _with_chosen(
    likeliest: Sequence[tuple[int, float]], token: int, probability: float
) -> Sequence[tuple[int, float]]:
    """The ten likeliest; an unlikely word that was chosen stands in the place of the tenth."""
    if any(other == token for other, _ in likeliest):
        return likeliest
    return (*likeliest[: MOST_CHOICES - 1], (token, probability))


def _draw(logits: np.ndarray, drawn: float) -> int:
    """The token in whose share of 0..1 a number falls; logits are float64 (V,)."""
    shares = np.exp(logits - logits.max())
    edges = np.cumsum(shares)
    return int(np.searchsorted(edges, drawn * edges[-1], side="right").clip(0, len(edges) - 1))


def _processors(choose: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    from transformers import LogitsProcessor, LogitsProcessorList

    class Choosing(LogitsProcessor):
        """Hands the scores to the rows."""

        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            return choose(scores)

    return LogitsProcessorList([Choosing()])


def _criteria(are_done: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    from transformers import StoppingCriteria, StoppingCriteriaList

    class Ending(StoppingCriteria):
        """Asks the rows whether they have ended."""

        def __call__(self, input_ids: torch.Tensor, scores: Any, **more: Any) -> torch.Tensor:
            return are_done(input_ids)

    return StoppingCriteriaList([Ending()])
