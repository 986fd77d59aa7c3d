"""How well mini-blip2 answers, tells and matches on held-out scenes."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import Blip2ForConditionalGeneration, Blip2Processor

from training.nouns import plural_en
from training.painting import paint_picture
from training.questions import Question, QuestionKind, ask, dialogue, questions
from training.sampling import Split, sample_scene
from training.scene_text import CAPTION_PROMPTS, missing_question, question_prompt
from training.scenes import Language, Scene

# The painter's side is not the model's: the pictures go through the processor as a visitor's do.
PICTURE_SIDE_PX = 256
_BATCH = 48
_LONGEST_ANSWER = 40

Asked = tuple[Scene, Question]


@dataclass(frozen=True)
class Blip2:
    """A model and its processor, as they are loaded from a folder."""

    model: Blip2ForConditionalGeneration
    processor: Blip2Processor

    @torch.inference_mode()
    def write(self, pictures: Sequence[np.ndarray], prompts: Sequence[str]) -> list[str]:
        """Let the model go on from prompts about pictures, always with the likeliest token.

        Args:
            pictures: N pictures, each (H, W, 3) uint8, RGB.
            prompts: N texts; an empty one asks for an English caption.

        Returns:
            What it writes after each prompt, without spaces around it.
        """
        written: list[str] = []
        for start in range(0, len(prompts), _BATCH):
            window = slice(start, start + _BATCH)
            inputs = self.processor(
                images=[Image.fromarray(picture) for picture in pictures[window]],
                text=list(prompts[window]),
                padding=True,
                return_tensors="pt",
            )
            ids = self.model.generate(**inputs, max_new_tokens=_LONGEST_ANSWER, do_sample=False)
            new = ids[:, inputs["input_ids"].shape[1] :]
            texts = self.processor.batch_decode(new, skip_special_tokens=True)
            written += [text.strip() for text in texts]
        return written


def load_blip2(folder: Path) -> Blip2:
    """Load a BLIP-2 as visitors' machines do.

    Args:
        folder: Holds the model and its processor.

    Returns:
        The model in float32 on the CPU.
    """
    model = Blip2ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    return Blip2(model, Blip2Processor.from_pretrained(folder))


def asked_about(
    kind: QuestionKind, split: Split, count: int, *, held_out_only: bool = False
) -> list[Asked]:
    """Draw questions of one kind, each about a scene of its own.

    Args:
        kind: What is asked for.
        split: Which held-out scenes.
        count: How many questions, 1 or more.
        held_out_only: Only scenes that show a triple kept from training.

    Returns:
        Scenes with one to three things (two or three if they show a triple) and their questions.
    """
    asked: list[Asked] = []
    number = 0
    while len(asked) < count:
        fewest = 2 if held_out_only else 1
        scene = sample_scene(number, split, min_objects=fewest, held_out_only=held_out_only)
        question = ask(scene, kind, random.Random(number))
        number += 1
        if question is not None:
            asked.append((scene, question))
    return asked


def asked_about_missing(split: Split, count: int) -> list[Asked]:
    """Draw questions about things that are not there.

    Args:
        split: Which held-out scenes.
        count: How many, 1 or more.

    Returns:
        Scenes and questions that must be denied.
    """
    scenes = (sample_scene(number, split) for number in range(count))
    return [
        (scene, missing_question(scene, random.Random(number)))
        for number, scene in enumerate(scenes)
    ]


def answers_right(
    blip2: Blip2,
    asked: Sequence[Asked],
    language: Language,
    pictures: Sequence[np.ndarray] | None = None,
) -> list[bool]:
    """Ask questions and compare the answers word by word.

    Args:
        blip2: The model.
        asked: N scenes and questions.
        language: In which language.
        pictures: N other pictures to show instead of those of the scenes.

    Returns:
        N times whether the answer was exactly the true one.
    """
    if pictures is None:
        pictures = [paint_picture(scene, PICTURE_SIDE_PX) for scene, _ in asked]
    prompts = [question_prompt((), q.asked(language), language) for _, q in asked]
    said = blip2.write(pictures, prompts)
    return [a == q.answer(language) for (_, q), a in zip(asked, said, strict=True)]


def answer_accuracy(
    blip2: Blip2, language: Language, split: Split, scenes: int
) -> dict[str, float]:
    """Ask one question of every kind about each scene.

    Args:
        blip2: The model.
        language: In which language.
        split: Which held-out scenes.
        scenes: How many, 1 or more.

    Returns:
        Exact match 0..1 of each kind of question and of all.
    """
    asked: list[Asked] = []
    for number in range(scenes):
        scene = sample_scene(number, split)
        asked += [(scene, q) for q in questions(scene, random.Random(number))]
    right: dict[str, list[bool]] = {}
    for (_, question), match in zip(asked, answers_right(blip2, asked, language), strict=True):
        right.setdefault(question.kind.value, []).append(match)
        right.setdefault("all", []).append(match)
    return {kind: share(found) for kind, found in right.items()}


def share(right: Iterable[bool]) -> float:
    """Part of the answers that are right.

    Args:
        right: One or more.

    Returns:
        0..1.
    """
    return float(np.mean(list(right)))


def second_turns(blip2: Blip2, language: Language, split: Split, count: int) -> float:
    """Ask a second question about "it", after the model's own first answer.

    Args:
        blip2: The model.
        language: In which language.
        split: Which held-out scenes.
        count: How many dialogues, 1 or more.

    Returns:
        Exact match of the second answers, 0..1.
    """
    talks: list[tuple[np.ndarray, Question, Question]] = []
    number = 0
    while len(talks) < count:
        scene = sample_scene(number, split)
        turns = dialogue(scene, random.Random(number))
        number += 1
        if turns is not None:
            talks.append((paint_picture(scene, PICTURE_SIDE_PX), *turns))
    pictures = [picture for picture, _, _ in talks]
    firsts = [first.asked(language) for _, first, _ in talks]
    said = blip2.write(pictures, [question_prompt((), first, language) for first in firsts])
    prompts = [
        question_prompt([(first, answer)], second.asked(language), language)
        for first, answer, (_, _, second) in zip(firsts, said, talks, strict=True)
    ]
    return share(
        answer == second.answer(language)
        for answer, (_, _, second) in zip(blip2.write(pictures, prompts), talks, strict=True)
    )


def captions_name_all(blip2: Blip2, prompt: str, split: Split, count: int) -> float:
    """Let the model tell scenes with two different things, and look for both names.

    Args:
        blip2: The model.
        prompt: Caption prompt, may be empty.
        split: Which held-out scenes.
        count: How many scenes, 1 or more.

    Returns:
        Part of the captions that name both, 0..1; any of the names of a thing will do.
    """
    scenes: list[Scene] = []
    number = 0
    while len(scenes) < count:
        scene = sample_scene(number, split, min_objects=2, max_objects=2)
        number += 1
        if len(scene.counts()) == 2:
            scenes.append(scene)
    pictures = [paint_picture(scene, PICTURE_SIDE_PX) for scene in scenes]
    said = blip2.write(pictures, [prompt] * count)
    return share(names_all(text, scene) for text, scene in zip(said, scenes, strict=True))


def names_all(text: str, scene: Scene) -> bool:
    """Tell whether a caption names every kind of thing in a scene, in either language.

    Args:
        text: The caption.
        scene: The scene.

    Returns:
        True if each concept occurs by one of its names; "car" is not found in "carrot".
    """
    words = f" {text.replace(',', ' ').replace('.', ' ')} "
    return all(
        any(f" {n} " in words for name in thing.concept.names_en for n in (name, plural_en(name)))
        or any(name in text for name in thing.concept.names_zh)
        for thing in scene.objects
    )


def sample_talk(blip2: Blip2, split: Split, scenes: int) -> str:
    """Show captions and answers about a few scenes.

    Args:
        blip2: The model.
        split: Which held-out scenes.
        scenes: How many.

    Returns:
        Lines to print; the truth stands in brackets after a wrong answer.
    """
    lines = []
    for number in range(scenes):
        scene = sample_scene(number, split, min_objects=2)
        picture = paint_picture(scene, PICTURE_SIDE_PX)
        shown = "+".join(thing.concept_key for thing in scene.objects)
        lines.append(f"  {shown}@{scene.background.kind}")
        prompts, truths = ["", *CAPTION_PROMPTS.values()], ["", "", ""]
        for language in Language:
            for question in questions(scene, random.Random(number)):
                prompts.append(question_prompt((), question.asked(language), language))
                truths.append(question.answer(language))
        said = blip2.write([picture] * len(prompts), prompts)
        lines += [
            f"    {prompt} {answer}" + ("" if answer == truth or not truth else f"  [{truth}]")
            for prompt, answer, truth in zip(prompts, said, truths, strict=True)
        ]
    return "\n".join(lines)
