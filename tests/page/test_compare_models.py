"""Two models side by side: what both lists share, where each picture stands in the other."""

from __future__ import annotations

import re

import pytest

from playground.page.compare_models import CompareHandlers
from playground.page.own_pictures import OWN, PLAYGROUND
from playground.visitors.errors import PersonError
from tests.demos.test_clip_search import MODEL, make_asking, own_of
from tests.page.test_clip_understand import request_of


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    return make_asking(tmp_path_factory.mktemp("world"))


def compare(asking, words, other_words="", *, where=PLAYGROUND, model=MODEL, count=4, who="ada"):
    request = request_of(session_hash=who)
    fields = (words, None, 0.5, "", 0.5, count, MODEL, where, model, other_words)
    *_, last = CompareHandlers(asking).compare(*fields, request)
    return last


def names_and_notes(grid):
    return [(item["file"], item["note"]) for item in grid["items"]]


def test_the_same_question_gives_the_same_list(asking):
    _, said, head, grid, other_head, other = compare(asking, "red")
    assert said.startswith("4 of 4 pictures are in both lists") and "by 0.0 places" in said
    assert head == other_head and names_and_notes(grid) == names_and_notes(other)
    assert [note for _, note in names_and_notes(grid)] == [
        f"{rank} in both" for rank in (1, 2, 3, 4)
    ]


def test_ranks_of_the_other_list_stand_under_each_picture(asking):
    _, said, _, first, head, second = compare(asking, "red", "\u8c93 <b>")
    assert "\u8c93 &lt;b&gt;" in head
    ranks = [
        {name: rank for rank, (name, _) in enumerate(names_and_notes(grid), 1)}
        for grid in (first, second)
    ]
    assert int(said.split(" of ")[0]) == len(ranks[0].keys() & ranks[1].keys())
    for grid, here, there in ((first, *ranks), (second, *ranks[::-1])):
        for name, note in names_and_notes(grid):
            numbers = [int(number) for number in re.findall(r"\d+", note)]
            if name not in there:
                assert note == "only here"
            elif here[name] == there[name]:
                assert numbers == [here[name]]
            else:
                assert numbers == [here[name], there[name]] and "other words" in note


def test_it_compares_ones_own_pictures_and_nobody_elses(asking):
    own_of(asking, request_of(session_hash="eve"), "hers 1", "hers 2")
    grids = compare(asking, "red", where=OWN, who="eve")[3::2]
    assert all(
        {name for name, _ in names_and_notes(grid)} == {"hers 1", "hers 2"} for grid in grids
    )
    with pytest.raises(PersonError) as told:
        compare(asking, "red", where=OWN, who="mallory")
    assert told.value.key == "mistake.own.empty"


@pytest.mark.parametrize(
    "changes", [{"words": " "}, {"words": "red", "model": "gone"}, {"words": "red", "count": 1e9}]
)
def test_what_cannot_be_compared_is_told(asking, changes):
    with pytest.raises(PersonError):
        compare(asking, **changes)


def test_a_recipe_without_a_comparison_compares_nothing(asking):
    fields = ("red", None, 0.5, "", 0.5, 4, MODEL, PLAYGROUND, MODEL, "")
    handlers, request = CompareHandlers(asking), request_of()
    for recipe in (None, "compare", {}, {"compare": "yes"}):
        ((*outputs,),) = handlers.again(recipe, *fields, request)
        assert len(outputs) == 6 and all(len(each) == 1 for each in outputs)
    *_, last = handlers.again({"compare": {}}, *fields, request)
    assert "in both lists" in last[1]
