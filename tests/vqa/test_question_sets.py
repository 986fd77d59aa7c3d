"""Question files that people bring: what is read, and how each mistake is told."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from playground.page.languages import Languages
from playground.visitors.errors import PersonError
from playground.vqa.packages import files_package, zip_package
from playground.vqa.question_sets import read_own_set

LANGUAGES = Languages.read()


def png(grey=90):
    file = io.BytesIO()
    Image.fromarray(np.full((20, 24, 3), grey, np.uint8)).save(file, "PNG")
    return file.getvalue()


def zipped(**files):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return held.getvalue()


def own(text, ending="json", **pictures):
    content = text if isinstance(text, str | bytes) else json.dumps(text, indent=1)
    pictures = pictures or {"a.png": png(), "b.png": png()}
    return read_own_set(zip_package(zipped(**{f"set.{ending}": content}, **pictures)))


def mistake(text, ending="json", **pictures):
    with pytest.raises(PersonError) as caught:
        own(text, ending, **pictures)
    return caught.value


def told(error, language="en"):
    return LANGUAGES.say(error.key, language, **error.values)


CAT = {"picture": "a.png", "question": "What is it?", "answer": "a cat", "type": "what"}


def test_json_is_read():
    questions = own([CAT, {"image": "b.png", "question": "有貓嗎？", "answers": ["有", "是"]}])
    first, second = questions.items
    assert (first.picture, first.answers, first.kind, first.language) == (
        "a.png",
        ("a cat",),
        "what",
        "en",
    )
    assert (second.answers, second.kind, second.language) == (("有", "是"), "", "zh-Hant")
    assert questions.metric == "exact" and not questions.is_shared
    assert questions.open_picture("a.png").pixels.shape == (20, 24, 3)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_is_read(separator, end):
    rows = [
        ["picture", "question", "answer", "choices"],
        ["a.png", '"Cat, or dog?"', "A", "cat|dog"],
        ["b.png", "Two" if separator == "," else "Which one", "yes|yeah", ""],
    ]
    first, second = own(end.join(separator.join(row) for row in rows), "csv").items
    assert (first.question, first.choices, first.right_choice) == (
        "Cat, or dog?",
        ("cat", "dog"),
        0,
    )
    assert second.answers == ("yes", "yeah")


def test_excel_writes_a_mark_at_the_start():
    text = "\ufeffpicture,question,answer\na.png,q?,yes\n".encode()
    assert own(text, "csv").items[0].answers == ("yes",)


def test_ten_answers_to_each_are_judged_as_vqav2():
    people = [{"answer": "yes", "answer_id": n} for n in range(10)]
    several = {"picture": "a.png", "question": "q?", "answers": people}
    assert own([several]).metric == "vqa_v2"
    assert own([several, CAT]).metric == "exact"


def test_options_by_letter_or_words():
    one = {"picture": "a.png", "question": "q?", "choices": ["cat", "dog", 3]}
    questions = own([one | {"answer": answer} for answer in ("B", "dog", "3")])
    assert [item.right_choice for item in questions.items] == [1, 1, 2]
    assert questions.metric == "choice"


def test_pictures_are_found_below_a_folder_whatever_their_case():
    data = zipped(**{"top/set.json": json.dumps([CAT]), "top/img/A.PNG": png()})
    assert read_own_set(zip_package(data)).open_picture("a.png").pixels.shape == (20, 24, 3)


def test_files_one_by_one(tmp_path):
    (tmp_path / "q.json").write_text(json.dumps([CAT]))
    (tmp_path / "upload-77").write_bytes(png())
    package = files_package({"q.json": tmp_path / "q.json", "a.png": tmp_path / "upload-77"})
    assert len(read_own_set(package).items) == 1


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"question": " "}, "question"),
        ({"question": 7}, "question"),
        ({"question": "x" * 1001}, "long"),
        ({"question": "x\u0000y"}, "question"),
        ({"answer": ""}, "answer"),
        ({"answer": {"text": "x"}}, "answer"),
        ({"answer": None}, "answer"),
        ({"picture": ""}, "picture"),
        ({"choices": ["one"]}, "choices"),
        ({"choices": [[1], [2]]}, "choices"),
        ({"choices": list("abcdefghijk")}, "choices"),
        ({"choices": ["dog", "cow"]}, "no_such_choice"),
        ({"language": "fr"}, "language"),
        ({"type": ["x"]}, "kind"),
        ({"id": "1"}, "id_again"),
    ],
)
def test_a_wrong_question_is_told_with_its_line(change, name):
    error = mistake([CAT, CAT | change])
    # indent=1 writes six lines for the first question: [ on 1, it on 2 to 7, the second on 8.
    assert (error.key, error.values["line"]) == ("vqa.mistake.line", 8)
    assert error.values["what_key"] == f"vqa.mistake.row.{name}"
    for language in ("en", "zh-Hant"):
        sentence = told(error, language)
        assert "8" in sentence and "{" not in sentence and "vqa." not in sentence


def test_several_wrong_lines():
    error = mistake("picture,question,answer\na.png,,yes\na.png,q?,yes\nb.png,q?,\n", "csv")
    assert (error.key, error.values["line"], error.values["more"]) == ("vqa.mistake.lines", 2, 1)
    assert told(error).startswith("Line 2: the question is missing")


def test_a_row_that_goes_over_lines_counts_from_its_first():
    text = 'picture,question,answer\na.png,"one\ntwo",yes\nb.png,q?\n'
    error = mistake(text, "csv")
    assert (error.values["line"], error.values["what_key"]) == (4, "vqa.mistake.row.cells")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[\n{"question": "x"\n]', 3),
        ('[\n{},\n{"a": nope}\n]', 3),
        ("[\n{}\n{}]", 3),
        ("[\n{},\n", 3),
        ("[] []", 1),
        ('[{"a": NaN}]', 1),
        ("nonsense", 1),
        ('[{"a": "\n"}]', 1),
    ],
)
def test_broken_json_is_told_with_its_line(text, line):
    error = mistake(text)
    assert (error.key, error.values["line"]) == ("vqa.mistake.json", line)


@pytest.mark.parametrize(
    ("text", "ending", "key"),
    [
        ("7", "json", "vqa.mistake.json_kind"),
        ('{"a": 1}', "json", "vqa.mistake.json_kind"),
        ("[]", "json", "vqa.mistake.empty"),
        ("", "json", "vqa.mistake.json"),
        ("[" * 100_000, "json", "vqa.mistake.json_deep"),
        ("", "csv", "vqa.mistake.columns"),
        ("picture,question\na.png,x\n", "csv", "vqa.mistake.columns"),
        ("picture,question,answer\n", "csv", "vqa.mistake.empty"),
        ('picture,question,answer\na.png,"x,yes\n', "csv", "vqa.mistake.csv"),
        ("picture,question,answer\na.png,圖,x\n".encode("big5"), "csv", "vqa.mistake.not_utf8"),
        ("[{}]".encode("utf-16"), "json", "vqa.mistake.not_utf8"),
    ],
)
def test_files_that_are_no_question_file(text, ending, key):
    error = mistake(text, ending)
    assert error.key == key
    assert "vqa." not in told(error) and "vqa." not in told(error, "zh-Hant")


def test_too_many_questions():
    error = mistake([CAT] * 5001)
    assert error.key == "vqa.mistake.too_many" and "5000" in told(error)


def test_missing_pictures_are_named():
    rows = [CAT | {"picture": f"{n}.png", "id": n} for n in range(7)] + [CAT | {"id": "cat"}]
    error = mistake(rows)
    assert error.key == "vqa.mistake.missings"
    assert error.values["count"] == 7 and "0.png, 1.png" in told(error)
    assert error.values["line"] == 2 and "line 2" in told(error)
    later = mistake("picture,question,answer\na.png,q?,x\nb.png,q?,x\nc.png,q?,x", "csv")
    assert later.values == {"count": 1, "names": "c.png", "line": 4}
    assert mistake([CAT | {"picture": "<b>.png"}]).values["names"] == "<b>.png"


def test_options_beside_the_answers_of_ten_people():
    people = ["two"] * 2 + ["2"] * 5 + ["three"] * 3
    row = CAT | {"choices": ["2", "3", "red"]}
    del row["answer"]
    (item,) = own([row | {"answers": people}]).items
    assert (item.right_choice, item.answers) == (0, ("2",))
    (item,) = own([row | {"answers": [{"answer": "red"}, {"answer": "blue"}]}]).items
    assert item.right_choice == 2
    as_many = mistake([row | {"answers": ["2", "3", "blue"]}])
    assert as_many.values["what_key"] == "vqa.mistake.row.several_choices"
    none = mistake([row | {"answers": ["blue", "green"]}])
    assert none.values["what_key"] == "vqa.mistake.row.no_such_choice"


def test_a_broken_picture_is_named():
    questions = own([CAT], **{"a.png": b"no picture"})
    with pytest.raises(PersonError) as caught:
        questions.open_picture("a.png")
    assert caught.value.key == "vqa.mistake.picture" and caught.value.values["file"] == "a.png"


@pytest.mark.parametrize(
    ("files", "key"),
    [
        ({"a.png": b""}, "vqa.mistake.no_questions"),
        ({"a.json": "[]", "b.csv": ""}, "vqa.mistake.several"),
        ({"__MACOSX/a.json": "[]"}, "vqa.mistake.no_questions"),
        ({"../a.json": "[]"}, "vqa.mistake.no_questions"),
    ],
)
def test_which_file_has_the_questions(files, key):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(PersonError) as caught:
        read_own_set(zip_package(held.getvalue()))
    assert caught.value.key == key


@pytest.mark.parametrize("cut", [0, 10, 60, -30])
def test_damaged_zips(cut):
    data = zipped(**{"set.json": json.dumps([CAT] * 50), "a.png": png()})
    with pytest.raises(PersonError) as caught:
        read_own_set(zip_package(data[:cut]))
    assert caught.value.key == "vqa.mistake.zip"


def test_a_zip_with_damaged_content():
    data = bytearray(zipped(**{"set.json": json.dumps([CAT] * 50), "a.png": png()}))
    place = data.index(b"What is it?")
    data[place] ^= 0xFF
    with pytest.raises(PersonError) as caught:
        read_own_set(zip_package(bytes(data)))
    assert caught.value.key == "vqa.mistake.zip"


def test_a_zip_bomb_is_not_unpacked_whole():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("set.json", b" " * 70_000_000)
    with pytest.raises(PersonError) as caught:
        read_own_set(zip_package(held.getvalue()))
    assert caught.value.key == "vqa.mistake.zip_large"


def test_no_files():
    with pytest.raises(PersonError) as caught:
        files_package({})
    assert caught.value.key == "vqa.mistake.files_none"


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_whatever_stands_in_a_file_is_told(content):
    for ending in ("json", "csv"):
        try:
            own(content, ending)
        except PersonError as error:
            assert "vqa." not in told(error)
