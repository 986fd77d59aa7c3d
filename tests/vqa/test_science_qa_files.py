"""ScienceQA in its own format and in the hub's, on five questions of our own."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from shutil import copy

import numpy as np
import pytest
from PIL import Image

from playground.visitors.errors import PersonError
from playground.vqa.packages import zip_package
from playground.vqa.science_qa import column_scores
from playground.vqa.science_qa_copy import ScienceQaCopy
from playground.vqa.science_qa_files import is_science_qa, read_folder, read_science_qa

# Written by pyarrow as the hub's converter writes: a struct for the picture, a list of options;
# "old" names the members of lists as it did until 2023.
PARQUET = Path(__file__).parent / "parquet"


def png(grey=10):
    file = io.BytesIO()
    Image.fromarray(np.full((24, 32, 3), grey, np.uint8)).save(file, "PNG")
    return file.getvalue()


def problem(**changes):
    fields = {
        "question": "Which?",
        "choices": ["x", "y"],
        "answer": 1,
        "hint": "",
        "image": None,
        "task": "closed choice",
        "grade": "grade2",
        "subject": "natural science",
        "topic": "t",
        "category": "c",
        "skill": "s",
        "lecture": "",
        "solution": "",
        "split": "test",
    }
    return fields | changes


PROBLEMS = {
    "3": problem(image="image.png"),
    "7": problem(hint="h", grade="grade8", subject="social science"),
    "9": problem(split="train"),
}


def save(folder, problems=PROBLEMS, images="images"):
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(problems, indent=1) if isinstance(problems, dict) else problems
    (folder / "problems.json").write_text(text, encoding="utf-8")
    place = folder / images / "test" / "3"
    place.mkdir(parents=True)
    (place / "image.png").write_bytes(png())
    return folder


def zip_of(folder, below=""):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for file in folder.rglob("*"):
            if file.is_file():
                archive.write(file, below + file.relative_to(folder).as_posix())
    return zip_package(held.getvalue())


@pytest.mark.parametrize("images", ["images", "."])
@pytest.mark.parametrize("below", ["", "data/scienceqa/"])
def test_a_folder_and_a_zip(tmp_path, images, below):
    save(tmp_path / below, images=images)
    package = zip_of(tmp_path)
    assert is_science_qa(package)
    for questions in (read_folder(tmp_path), read_science_qa(package)):
        first, second = questions.items
        assert (first.id, first.right_choice, first.choices) == ("3", 1, ("x", "y"))
        assert questions.open_picture(first.picture).pixels.shape == (24, 32, 3)
        assert (second.picture, second.hint, second.facts["grade"]) == ("", "h", "grade8")
        assert questions.metric == "choice" and questions.whole == 2
    assert read_folder(tmp_path).is_shared and not read_science_qa(package).is_shared


def test_without_test_questions_all_are_asked_and_that_is_told(tmp_path):
    save(tmp_path, {"9": problem(split="train"), "10": problem(split="val")})
    questions = read_folder(tmp_path)
    assert len(questions.items) == 2
    assert [note.key for note in questions.notes] == ["vqa.note.no_test_split"]


def test_missing_pictures_are_named(tmp_path):
    save(tmp_path, PROBLEMS | {"5": problem(image="image.png")})
    with pytest.raises(PersonError) as caught:
        read_folder(tmp_path)
    assert caught.value.key == "vqa.mistake.missing"
    assert caught.value.values["names"] == "images/test/5/image.png"
    lines = (tmp_path / "problems.json").read_text().splitlines()
    assert '"5"' in lines[int(caught.value.values["line"]) - 1]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"choices": ["x"]}, "choices"),
        ({"choices": None}, "choices"),
        ({"answer": 2}, "no_such_choice"),
        ({"answer": True}, "no_such_choice"),
        ({"answer": "B"}, "no_such_choice"),
        ({"question": ""}, "question"),
        ({"hint": 4}, "hint"),
        ({"image": "../../../etc/passwd"}, "picture"),
        ({"split": "..\\.."}, "picture"),
    ],
)
def test_a_wrong_problem_is_told_with_its_line(tmp_path, changes, name):
    save(tmp_path, {"3": problem(), "4": problem(**changes)})
    with pytest.raises(PersonError) as caught:
        read_folder(tmp_path)
    lines = (tmp_path / "problems.json").read_text().splitlines()
    assert '"4": {' in lines[int(caught.value.values["line"]) - 1]
    assert caught.value.values["what_key"] == f"vqa.mistake.row.{name}"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[]", "vqa.mistake.no_problems"),
        ("{}", "vqa.mistake.empty"),
        ('{"1": 7}', "vqa.mistake.line"),
        ('{"1": {}', "vqa.mistake.json"),
        ("{1: {}}", "vqa.mistake.json"),
    ],
)
def test_files_that_are_not_science_qa(tmp_path, text, key):
    save(tmp_path, text)
    with pytest.raises(PersonError) as caught:
        read_folder(tmp_path)
    assert caught.value.key == key


def test_folders_that_are_not_there(tmp_path):
    with pytest.raises(PersonError) as caught:
        read_folder(tmp_path / "absent")
    assert caught.value.key == "vqa.mistake.folder"
    with pytest.raises(PersonError) as caught:
        read_folder(tmp_path)
    assert caught.value.key == "vqa.mistake.no_problems"


@pytest.mark.parametrize("name", ["new", "old"])
def test_the_copy_of_the_hub(tmp_path, name):
    (tmp_path / "data").mkdir()
    copy(PARQUET / f"{name}.parquet", tmp_path / "data" / "test-00000-of-00001-abc.parquet")
    questions = ScienceQaCopy(tmp_path).questions()
    assert [item.question for item in questions.items] == [
        "which?",
        "who?",
        "where?",
        "how?",
        "why?",
    ]
    assert [item.right_choice for item in questions.items] == [1, 0, 1, 0, 1]
    assert questions.items[1].choices == ("a", "b", "c") and questions.items[1].hint == "A hint."
    shades = [
        int(questions.open_picture(item.picture).pixels[0, 0, 0])
        for item in reversed(questions.items)
        if item.picture
    ]
    assert shades == [200, 10]
    scores = column_scores((item, 1.0) for item in questions.items)
    assert {column: count for column, (count, _) in scores.items()} == {
        "NAT": 3,
        "SOC": 1,
        "LAN": 1,
        "TXT": 2,
        "IMG": 2,
        "NO": 2,
        "G1-6": 2,
        "G7-12": 3,
        "Avg": 5,
    }


def test_an_empty_copy(tmp_path):
    with pytest.raises(PersonError) as caught:
        ScienceQaCopy(tmp_path)
    assert caught.value.key == "vqa.mistake.no_problems"
