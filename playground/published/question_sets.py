"""Question sets of others, fetched as models are: with size and licence in sight."""

from __future__ import annotations

from playground.entries import Entry, Licence, Publication

SCIENCE_QA_COPY = Entry(
    key="scienceqa",
    title="ScienceQA (questions)",
    family="",
    parts=(),
    source="derek-thomas/ScienceQA",
    revision=None,
    class_name="",
    licence=Licence("CC-BY-NC-SA-4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/"),
    is_gated=False,
    # Roughly, of the test split alone; what the hub says is shown before anything is fetched.
    bytes_on_disk=122_000_000,
    bytes_on_device=0,
    languages=("en",),
    paper=Publication("Lu et al. 2022", "https://arxiv.org/abs/2209.09513"),
    is_built_in=False,
    note_key="vqa.about.scienceqa",
    context_tokens=0,
    files=("README.md", "data/test-*.parquet"),
    repository="dataset",
)
QUESTION_SETS: tuple[Entry, ...] = (SCIENCE_QA_COPY,)
