"""What a language model reads and writes about a scene: prompts, descriptions, talk."""

import random
from collections.abc import Sequence

from training.backgrounds import BACKGROUNDS
from training.concepts import CONCEPTS
from training.facts import Fact, FactKind, place_of, things_in
from training.nouns import definite_noun
from training.packing import Span
from training.question_frames import QUESTION_FRAMES
from training.questions import Question, QuestionKind, ask, dialogue
from training.relations import Relation, relations_between
from training.scenes import Language, Scene
from training.wording import full_caption

# Li et al. 2023, section 4.1 and appendix: "Question: {} Answer:"; the Chinese one is ours.
QUESTION_PROMPTS = {
    Language.EN: ("Question: ", " Answer:", " "),
    Language.ZH: ("問題：", "答案：", ""),
}
# "a photo of" is the paper's (section 4.2); without any prompt the caption is English.
CAPTION_PROMPTS = {Language.EN: "a photo of", Language.ZH: "照片裡有"}

_TOLD: dict[Relation, tuple[str, str]] = {
    Relation.LEFT_OF: ("{0} is to the left of {1}", "{0}在{1}的左邊"),
    Relation.ABOVE: ("{0} is above {1}", "{0}在{1}的上面"),
    Relation.IN_FRONT_OF: ("{0} is in front of {1}", "{0}在{1}的前面"),
    Relation.BIGGER_THAN: ("{0} is bigger than {1}", "{0}比{1}大"),
}
# Places and neighbours are learnt last, backgrounds and colours first.
_WEIGHTS = {
    QuestionKind.WHAT: 1.3,
    QuestionKind.WHERE: 2.2,
    QuestionKind.HOW_MANY: 1.5,
    QuestionKind.COLOUR: 0.6,
    QuestionKind.IS_THERE: 1.2,
    QuestionKind.NEIGHBOUR: 2.2,
    QuestionKind.BIGGER: 2.6,
    QuestionKind.BACKGROUND: 0.25,
    QuestionKind.YES_NO: 1.7,
}
_ABOUT_MISSING = ("left_of", "right_of", "above", "below", "where", "colour")


def question_prompt(turns: Sequence[tuple[str, str]], question: str, language: Language) -> str:
    """Write the prompt of a question, with the talk before it.

    Source: Li et al. 2023, "BLIP-2", section 4.1 and figure 4.

    Args:
        turns: Earlier questions and their answers.
        question: The question.
        language: Language of the frame; answers come in the language of the question.

    Returns:
        The text after which the model writes its answer.
    """
    before, after, space = QUESTION_PROMPTS[language]
    stop = ". " if language is Language.EN else "。"
    told = "".join(f"{before}{q}{after}{space}{a}{stop}" for q, a in turns)
    return f"{told}{before}{question}{after}"


def question_spans(
    turns: Sequence[Question], language: Language, rng: random.Random
) -> tuple[Span, ...]:
    """Write questions with their answers as they are learnt from; only answers count.

    Args:
        turns: One or more questions.
        language: In which they are asked and answered.
        rng: Decides how carelessly they are typed.

    Returns:
        The spans.
    """
    # Whoever builds on the model may keep the English frame around a Chinese question.
    frame = Language.EN if rng.random() < 0.3 else language
    before, after, space = QUESTION_PROMPTS[frame]
    stop = (". " if frame is Language.EN else "。") if rng.random() < 0.7 else space
    spans: list[Span] = []
    for number, turn in enumerate(turns):
        opening = (stop if number else "") + before
        spans.append(Span(opening + _typed(turn.asked(language), language, rng) + after, 0.0))
        spans.append(Span(space + turn.answer(language), 1.0))
    return tuple(spans)


def caption_spans(scene: Scene, rng: random.Random) -> tuple[Span, ...]:
    """Write a caption with or without a prompt.

    Args:
        scene: What it is about, with at least one object.
        rng: Decides about the prompt and the wording.

    Returns:
        The spans; the prompt does not count.
    """
    way = rng.random()
    if way < 0.3:
        return (Span(full_caption(scene, Language.EN, rng).text, 1.0),)
    language = Language.EN if way < 0.6 else Language.ZH
    return (
        Span(CAPTION_PROMPTS[language], 0.0),
        Span(plain_caption(scene, language)[len(CAPTION_PROMPTS[language]) :], 1.0),
    )


def plain_caption(scene: Scene, language: Language) -> str:
    """Write the caption that follows the prompt: all things from left to right, and the place.

    Args:
        scene: What it is about.
        language: In which language.

    Returns:
        A caption that begins with the caption prompt of the language.
    """
    names = BACKGROUNDS[scene.background.kind]
    things = things_in(scene).told(language)
    if language is Language.EN:
        return f"{CAPTION_PROMPTS[language]} {things} {names.place_en}"
    return f"{CAPTION_PROMPTS[language]}{things}，背景是{names.noun_zh}"


def draw_questions(scene: Scene, count: int, rng: random.Random) -> list[Question]:
    """Draw questions, the difficult kinds more often.

    Args:
        scene: What they are about, with at least one object.
        count: How many, 0 or more.
        rng: Decides.

    Returns:
        At most that many: fewer where the scene has no clear answer for some.
    """
    asked: list[Question] = []
    for kind in rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=count):
        question = missing_question(scene, rng) if rng.random() < 0.04 else ask(scene, kind, rng)
        if question is not None:
            asked.append(question)
    return asked


def missing_question(scene: Scene, rng: random.Random) -> Question:
    """Ask where a thing is that is not there, its colour, or what is beside it.

    Args:
        scene: What is asked about.
        rng: Decides.

    Returns:
        A question whose answer is that there is no such thing.
    """
    present = scene.counts()
    concept = rng.choice([c for c in CONCEPTS if c.key not in present])
    frames = QUESTION_FRAMES[rng.choice(_ABOUT_MISSING)]
    english, chinese = (rng.choice(wordings) for wordings in frames)
    return Question(
        QuestionKind.NEIGHBOUR,
        english.format(definite_noun(concept, Language.EN)),
        chinese.format(definite_noun(concept, Language.ZH)),
        Fact(FactKind.MISSING, concept.key),
        None,
    )


def draw_dialogue(scene: Scene, rng: random.Random) -> list[Question]:
    """Draw a short talk: a second question about "it", or two that have nothing in common.

    Args:
        scene: What it is about, with at least one object.
        rng: Decides.

    Returns:
        Two questions, or fewer where the scene gives no more.
    """
    linked = dialogue(scene, rng) if rng.random() < 0.75 else None
    return list(linked) if linked is not None else draw_questions(scene, 2, rng)


def description(scene: Scene, language: Language, rng: random.Random) -> str:
    """Tell in words what the questions ask for: things, places, background, relations.

    Args:
        scene: The scene, with at least one object.
        language: In which language.
        rng: Decides about the order.

    Returns:
        Sentences that end with a full stop each.
    """
    column = 0 if language is Language.EN else 1
    names = BACKGROUNDS[scene.background.kind]
    things = things_in(scene).told(language)
    if column == 0:
        first = f"there {'is' if len(scene.objects) == 1 else 'are'} {things} {names.place_en}"
    else:
        first = f"{names.place_zh}有{things}"
    singles = [thing for thing in scene.objects if scene.only(thing.concept_key)]
    told = []
    for thing in singles:
        place = place_of(thing)
        if place is not None:
            frame = ("{0} is at the {1}", "{0}在{1}")[column]
            told.append(frame.format(definite_noun(thing.concept, language), place.told(language)))
    for a in singles:
        for b in singles:
            for relation in relations_between(a, b) if a is not b else ():
                if relation in _TOLD:
                    nouns = (definite_noun(thing.concept, language) for thing in (a, b))
                    told.append(_TOLD[relation][column].format(*nouns))
    rng.shuffle(told)
    stop = (". ", "。")[column]
    return stop.join([first, *told]) + stop.strip()


def _typed(question: str, language: Language, rng: random.Random) -> str:
    chance = rng.random()
    if language is Language.EN:
        if chance < 0.3:
            question = question[0].upper() + question[1:]
        return question.rstrip("?.") if rng.random() < 0.08 else question
    if chance < 0.1:
        return question.rstrip("？。")
    return question.replace("？", "?").replace("，", ",") if chance < 0.2 else question
