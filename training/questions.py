"""Questions about a scene with their true answers, and short dialogues, in two languages."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from training.concepts import CATEGORIES, COLOURS, CONCEPTS, Concept
from training.facts import Fact, FactKind, place_of, things_in
from training.nouns import article_en, concepts_of_category, is_mass_en, plural_en
from training.question_frames import QUESTION_FRAMES
from training.relations import Relation, relations_between
from training.scenes import Language, Scene, SceneObject


class QuestionKind(Enum):
    """What is asked for."""

    WHAT = "what"
    WHERE = "where"
    HOW_MANY = "how_many"
    COLOUR = "colour"
    IS_THERE = "is_there"
    NEIGHBOUR = "neighbour"
    BIGGER = "bigger"
    BACKGROUND = "background"
    YES_NO = "yes_no"


@dataclass(frozen=True)
class Question:
    """A question in both languages and its answer.

    Attributes:
        kind: What is asked for.
        english: The English question.
        chinese: The Chinese question.
        fact: The true answer.
        subject: Concept key that a following question may call "it", or ``None``.
    """

    kind: QuestionKind
    english: str
    chinese: str
    fact: Fact
    subject: str | None

    def asked(self, language: Language) -> str:
        """The question.

        Args:
            language: In which language.

        Returns:
            The sentence, with its question mark.
        """
        return self.english if language is Language.EN else self.chinese

    def answer(self, language: Language) -> str:
        """The answer.

        Args:
            language: In which language.

        Returns:
            A few words without a full stop. "Is there" is answered in Chinese by 有 or 沒有.
        """
        if self.kind is QuestionKind.IS_THERE and language is Language.ZH:
            return "有" if self.fact.value else "沒有"
        return self.fact.told(language)


Pair = tuple[str, str]
_IT: Pair = ("it", "它")


def ask(scene: Scene, kind: QuestionKind, rng: random.Random) -> Question | None:
    """Ask a question of a kind.

    Args:
        scene: What it is about, with at least one object.
        kind: What to ask for.
        rng: Decides about what, and how it is worded.

    Returns:
        The question with its true answer, or ``None`` where nothing of the kind has a clear answer.
    """
    return _ASKED[kind](scene, rng)


def questions(scene: Scene, rng: random.Random) -> tuple[Question, ...]:
    """Ask one question of every kind that the scene answers clearly.

    Args:
        scene: What they are about, with at least one object.
        rng: Decides about what, and how they are worded.

    Returns:
        The questions, in the order of ``QuestionKind``.
    """
    asked = (ask(scene, kind, rng) for kind in QuestionKind)
    return tuple(question for question in asked if question is not None)


def dialogue(scene: Scene, rng: random.Random) -> tuple[Question, Question] | None:
    """Ask two questions, the second about "it": the thing of the first.

    Args:
        scene: What they are about, with at least one object.
        rng: Decides about what, and how they are worded.

    Returns:
        Both questions, or ``None`` where no first question has a subject that stands alone.
    """
    kinds = [QuestionKind.NEIGHBOUR, QuestionKind.BIGGER, QuestionKind.WHERE]
    if len(scene.objects) == 1:
        kinds = [QuestionKind.WHAT]
    rng.shuffle(kinds)
    for kind in kinds:
        first = ask(scene, kind, rng)
        subject = scene.only(first.subject) if first is not None and first.subject else None
        if first is None or subject is None:
            continue
        follow_ups = [_colour_of, _size_of] if kind is QuestionKind.WHERE else [_place, _colour_of]
        rng.shuffle(follow_ups)
        for follow_up in follow_ups:
            second = follow_up(scene, subject, _IT, rng)
            if second is not None:
                return first, second
    return None


def _the(concept: Concept) -> Pair:
    return f"the {concept.names_en[0]}", concept.names_zh[0]


def _a(concept: Concept) -> Pair:
    name = concept.names_en[0]
    english = name if is_mass_en(name) else f"{article_en(name)} {name}"
    return english, concept.names_zh[0]


def _question(
    kind: QuestionKind,
    frame: str,
    fact: Fact,
    rng: random.Random,
    *fillers: Pair,
    subject: str | None = None,
) -> Question:
    english, chinese = (rng.choice(frames) for frames in QUESTION_FRAMES[frame])
    return Question(
        kind,
        english.format(*(filler[0] for filler in fillers)),
        chinese.format(*(filler[1] for filler in fillers)),
        fact,
        subject,
    )


def _singles(scene: Scene) -> list[SceneObject]:
    return [thing for thing in scene.objects if scene.only(thing.concept_key)]


def _absent(scene: Scene, rng: random.Random) -> Concept:
    present = scene.counts()
    return rng.choice([concept for concept in CONCEPTS if concept.key not in present])


def _ask_what(scene: Scene, rng: random.Random) -> Question:
    alone = scene.objects[0].concept_key if len(scene.objects) == 1 else None
    return _question(QuestionKind.WHAT, "what", things_in(scene), rng, subject=alone)


def _ask_where(scene: Scene, rng: random.Random) -> Question | None:
    if rng.random() < 0.1:
        return _about_missing(QuestionKind.WHERE, "where", scene, rng)
    singles = _singles(scene)
    if not singles:
        return None
    thing = rng.choice(singles)
    return _place(scene, thing, _the(thing.concept), rng)


def _place(scene: Scene, thing: SceneObject, called: Pair, rng: random.Random) -> Question | None:
    fact = place_of(thing)
    if fact is None or scene.only(thing.concept_key) is None:
        return None
    return _question(QuestionKind.WHERE, "where", fact, rng, called, subject=thing.concept_key)


def _about_missing(kind: QuestionKind, frame: str, scene: Scene, rng: random.Random) -> Question:
    missing = _absent(scene, rng)
    fact = Fact(FactKind.MISSING, missing.key)
    return _question(kind, frame, fact, rng, _the(missing))


def _ask_how_many(scene: Scene, rng: random.Random) -> Question:
    counts = scene.counts()
    concept = rng.choice(scene.objects).concept
    if rng.random() < 0.15:
        concept = _absent(scene, rng)
    name = concept.names_en[0]
    plural = name if is_mass_en(name) else plural_en(name)
    words = (plural, concept.measure_zh + concept.names_zh[0])
    fact = Fact(FactKind.COUNT, counts.get(concept.key, 0))
    return _question(QuestionKind.HOW_MANY, "how_many", fact, rng, words)


def _ask_colour(scene: Scene, rng: random.Random) -> Question | None:
    if rng.random() < 0.1:
        return _about_missing(QuestionKind.COLOUR, "colour", scene, rng)
    coloured = [thing for thing in scene.objects if thing.concept.colour]
    if not coloured:
        return None
    thing = rng.choice(coloured)
    return _colour_of(scene, thing, _the(thing.concept), rng)


def _colour_of(
    scene: Scene, thing: SceneObject, called: Pair, rng: random.Random
) -> Question | None:
    del scene
    colour = thing.concept.colour
    if colour is None:
        return None
    fact = Fact(FactKind.COLOUR, colour)
    return _question(QuestionKind.COLOUR, "colour", fact, rng, called, subject=thing.concept_key)


def _ask_is_there(scene: Scene, rng: random.Random) -> Question:
    if rng.random() < 0.2:
        category = rng.choice(list(CATEGORIES))
        if rng.random() < 0.5:
            category = rng.choice(scene.objects).concept.category
        english, chinese = CATEGORIES[category]
        words = (f"{article_en(english)} {english}", chinese)
        there = bool(concepts_of_category(category) & set(scene.counts()))
    else:
        there = rng.random() < 0.5
        concept = rng.choice(scene.objects).concept if there else _absent(scene, rng)
        words = _a(concept)
    return _question(QuestionKind.IS_THERE, "is_there", Fact(FactKind.YES_NO, there), rng, words)


_SIDES = (Relation.LEFT_OF, Relation.RIGHT_OF, Relation.ABOVE, Relation.BELOW)


def _ask_neighbour(scene: Scene, rng: random.Random) -> Question | None:
    singles = _singles(scene)
    rng.shuffle(singles)
    for thing in singles:
        others = [other for other in scene.objects if other is not thing]
        for side in rng.sample(_SIDES, len(_SIDES)):
            there = [other for other in others if side in relations_between(other, thing)]
            if len(there) != 1:
                continue
            key = there[0].concept_key
            fact = Fact(FactKind.THINGS, ((key, 1),))
            words = _the(thing.concept)
            return _question(QuestionKind.NEIGHBOUR, side.value, fact, rng, words, subject=key)
    return None


def _pairs(scene: Scene, rng: random.Random) -> list[tuple[SceneObject, SceneObject]]:
    singles = _singles(scene)
    pairs = [(a, b) for a in singles for b in singles if a is not b]
    rng.shuffle(pairs)
    return pairs


def _ask_bigger(scene: Scene, rng: random.Random) -> Question | None:
    for first, second in _pairs(scene, rng):
        held = relations_between(first, second)
        if Relation.BIGGER_THAN not in held and Relation.SMALLER_THAN not in held:
            continue
        bigger, smaller = (first, second) if Relation.BIGGER_THAN in held else (second, first)
        frame, found = rng.choice((("bigger", bigger), ("smaller", smaller)))
        key = found.concept_key
        fact = Fact(FactKind.THE_ONE, key)
        words = (_the(first.concept), _the(second.concept))
        return _question(QuestionKind.BIGGER, frame, fact, rng, *words, subject=key)
    return None


def _ask_background(scene: Scene, rng: random.Random) -> Question:
    fact = Fact(FactKind.BACKGROUND, scene.background.kind)
    return _question(QuestionKind.BACKGROUND, "background", fact, rng)


def _ask_yes_no(scene: Scene, rng: random.Random) -> Question | None:
    if rng.random() < 0.3:
        return _is_colour(scene, rng)
    for first, second in _pairs(scene, rng):
        held = relations_between(first, second)
        true = [relation for relation in held if f"is_{relation.value}" in QUESTION_FRAMES]
        if not true:
            continue
        relation = rng.choice(true)
        # The opposite of a relation that holds is surely false; others may be unclear.
        yes = rng.random() < 0.5 or f"is_{relation.inverse.value}" not in QUESTION_FRAMES
        frame = f"is_{(relation if yes else relation.inverse).value}"
        words = (_the(first.concept), _the(second.concept))
        return _question(QuestionKind.YES_NO, frame, Fact(FactKind.YES_NO, yes), rng, *words)
    return _is_colour(scene, rng)


def _is_colour(scene: Scene, rng: random.Random) -> Question | None:
    coloured = [thing.concept for thing in scene.objects if thing.concept.colour]
    if not coloured:
        return None
    concept = rng.choice(coloured)
    yes = rng.random() < 0.5
    shown = concept.colour if yes else rng.choice([c for c in COLOURS if c != concept.colour])
    assert shown is not None
    fact = Fact(FactKind.YES_NO, yes)
    return _question(QuestionKind.YES_NO, "is_colour", fact, rng, _the(concept), COLOURS[shown])


def _size_of(scene: Scene, thing: SceneObject, called: Pair, rng: random.Random) -> Question | None:
    for other in scene.objects:
        if other is thing or scene.only(other.concept_key) is None:
            continue
        held = relations_between(thing, other)
        if Relation.BIGGER_THAN in held or Relation.SMALLER_THAN in held:
            fact = Fact(FactKind.YES_NO, Relation.BIGGER_THAN in held)
            words = (called, _the(other.concept))
            return _question(QuestionKind.YES_NO, "is_bigger_than", fact, rng, *words)
    return None


_ASKED: dict[QuestionKind, Callable[[Scene, random.Random], Question | None]] = {
    QuestionKind.WHAT: _ask_what,
    QuestionKind.WHERE: _ask_where,
    QuestionKind.HOW_MANY: _ask_how_many,
    QuestionKind.COLOUR: _ask_colour,
    QuestionKind.IS_THERE: _ask_is_there,
    QuestionKind.NEIGHBOUR: _ask_neighbour,
    QuestionKind.BIGGER: _ask_bigger,
    QuestionKind.BACKGROUND: _ask_background,
    QuestionKind.YES_NO: _ask_yes_no,
}
