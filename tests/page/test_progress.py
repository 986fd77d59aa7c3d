"""How work goes, in words."""

import pytest

from playground.cache import Progress
from playground.page.languages import Languages
from playground.page.progress import in_words
from playground.sizes import amount
from playground.visitors.notes import Note

LANGUAGES = Languages.read()


@pytest.mark.parametrize(
    ("news", "sentence"),
    [
        (None, "Working"),
        (Progress("waiting", place=1), "Waiting: next in line"),
        (Progress("waiting", place=2), "Waiting: second in line"),
        (Progress("waiting", place=17), "Waiting: number 17 in line"),
        (Progress("waiting"), "Waiting in line"),
        (Progress("building"), "Loading mini-clip"),
        (
            Progress("copying", bytes_done=3_000_000, bytes_total=9_000_000, seconds_left=0.4),
            "Loading mini-clip: 3 MB of 9 MB, about 1 s",
        ),
        (
            Progress("copying", bytes_done=600_000_000, bytes_total=900_000_000),
            "Loading mini-clip: 600 MB of 900 MB",
        ),
        (Progress("copying"), "Loading mini-clip"),
        (Progress("fetching"), "Asking the hub what mini-clip takes"),
        (
            Progress("fetching", bytes_done=3_000_000, bytes_total=9_000_000),
            "Downloading mini-clip: 3 MB of 9 MB",
        ),
        (
            Progress("fetching", bytes_done=1, bytes_total=9_000_000, seconds_left=0.2),
            "Downloading mini-clip: 1 B of 9 MB, about 1 s",
        ),
        (
            Progress("fetching", bytes_done=0, bytes_total=9_000_000, seconds_left=700.0),
            "Downloading mini-clip: 0 B of 9 MB, about 12 min",
        ),
        (Progress("running"), "Working on it"),
        (Note("page.stop"), "Stop"),
    ],
)
def test_sentences(news, sentence):
    assert in_words(news, LANGUAGES, "en", "mini-clip") == sentence
    chinese = in_words(news, LANGUAGES, "zh-Hant", "mini-clip")
    assert chinese != sentence
    assert "{" not in chinese


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_500, "1.5 kB"),
        (9e6, "9 MB"),
        (1.25e9, "1.2 GB"),
        (15e9, "15 GB"),
    ],
)
def test_amounts(number, text):
    assert amount(number) == text
