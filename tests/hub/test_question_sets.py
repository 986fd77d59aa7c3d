"""A set of questions comes from the hub as a model does: asked for, agreed to, checked."""

from __future__ import annotations

from shutil import copy

import pytest

from playground.hub.faults import page_of
from playground.hub.places import repository_folder, snapshot_of
from playground.hub.plan import make_plan
from playground.hub.store import Store
from playground.published.question_sets import QUESTION_SETS, SCIENCE_QA_COPY
from playground.visitors.errors import PersonError
from playground.vqa.science_qa_copy import ScienceQaCopy
from tests.hub.tiny_entry import settings_at
from tests.sources import ROOT

NAME = "data/test-00000-of-00001-abc.parquet"


@pytest.fixture
def there(hub, tmp_path):
    """The layout of the real one: a card, and a Parquet file for each split."""
    folder = tmp_path / "there"
    (folder / "data").mkdir(parents=True)
    (folder / "README.md").write_text("license: cc-by-nc-sa-4.0")
    for name in (NAME, NAME.replace("test", "train")):
        copy(ROOT / "tests/vqa/parquet/new.parquet", folder / name)
    hub.add(SCIENCE_QA_COPY.source, folder)
    return folder


def test_only_the_test_questions_are_fetched_after_somebody_agreed(hub, there, tmp_path):
    store = Store(settings_at(tmp_path / "cache", "scienceqa"))
    assert store.folder_of(SCIENCE_QA_COPY) is None
    reports = []
    store.fetch(SCIENCE_QA_COPY, lambda done, total: reports.append((done, total)))
    folder = store.folder_of(SCIENCE_QA_COPY)
    assert sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*.*")) == [
        "README.md",
        NAME,
    ]
    assert len(ScienceQaCopy(folder).questions().items) == 5
    assert not hub.asked("train-")
    place = repository_folder(SCIENCE_QA_COPY, str(tmp_path / "cache"))
    assert place.name == "datasets--derek-thomas--ScienceQA"


def test_nothing_is_fetched_before_that(hub, there, tmp_path):
    store = Store(settings_at(tmp_path / "cache"))
    with pytest.raises(PersonError, match=r"mistake\.hub\.not_agreed"):
        store.fetch(SCIENCE_QA_COPY, lambda _done, _total: None)
    assert not hub.asked("resolve")


def test_what_a_download_takes(hub, there, tmp_path):
    plan = make_plan(SCIENCE_QA_COPY, str(tmp_path / "cache"))
    assert [file.name for file in plan.files] == ["README.md", NAME]
    assert plan.bytes_total == sum((there / file.name).stat().st_size for file in plan.files)
    assert page_of(SCIENCE_QA_COPY) == f"{hub.address}/datasets/derek-thomas/ScienceQA"


def test_a_repository_without_questions(hub, tmp_path):
    empty = tmp_path / "there"
    empty.mkdir()
    (empty / "notes.txt").write_text("nothing")
    hub.add(SCIENCE_QA_COPY.source, empty)
    with pytest.raises(PersonError, match=r"mistake\.hub\.not_found"):
        make_plan(SCIENCE_QA_COPY, str(tmp_path / "cache"))


def test_a_plain_folder_on_a_stick_counts(tmp_path):
    folder = tmp_path / SCIENCE_QA_COPY.source
    (folder / "data").mkdir(parents=True)
    copy(ROOT / "tests/vqa/parquet/new.parquet", folder / NAME)
    assert snapshot_of(SCIENCE_QA_COPY, str(tmp_path)) is None
    (folder / "README.md").write_text("card")
    assert snapshot_of(SCIENCE_QA_COPY, str(tmp_path)) == folder


def test_sets_are_no_models():
    for item in QUESTION_SETS:
        assert not item.parts and item.repository == "dataset" and not item.is_built_in
