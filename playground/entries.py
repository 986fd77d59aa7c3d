"""What the catalogue says of one model; of a question set on the hub, what it takes to fetch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    """What one may do with the weights, and where that is written."""

    name: str
    url: str


@dataclass(frozen=True)
class Publication:
    """The paper that a model follows."""

    citation: str
    url: str


@dataclass(frozen=True)
class Drawing:
    """What is known of a model that draws before any of its weights is read.

    Attributes:
        size_hw: Height and width in pixels that it was made for.
        sizes_hw: The sizes that are offered, the first of them `size_hw`.
        side_multiple: Sides must be divisible by it.
        steps: Steps that it was made for, and the most that are offered.
        guidance: Guidance that it was made for (1: none), and the most that is offered.
        schedulers: Names of the samplers that are offered, its own first.
        reads_negative: Whether it can be told what not to draw.
        can_edit: Whether it can start from a picture, and draw into a part of one.
        has_word_maps: Whether one can see where each word acts.
        has_checker: Whether its pictures are looked at before they are shown.
    """

    size_hw: tuple[int, int]
    sizes_hw: tuple[tuple[int, int], ...]
    side_multiple: int
    steps: tuple[int, int]
    guidance: tuple[float, float]
    schedulers: tuple[str, ...]
    reads_negative: bool
    can_edit: bool
    has_word_maps: bool
    has_checker: bool


@dataclass(frozen=True)
class Entry:
    """One model.

    Attributes:
        key: Its name everywhere in the program, in links and in results.
        title: Its name for people.
        family: Module of `playground.models` that builds and runs it.
        parts: Keys of the parts it is joined from, each `"<entry that owns it>/<part>"`. Two
            entries that name the same part share it in memory.
        source: Folder below `assets/models` (built in) or hub id.
        revision: Commit on the hub, 40 hexadecimal digits. None for built-in models, whose
            revision is the repository's, and for published ones whose commit is resolved when
            they are first fetched and kept from then on.
        class_name: The library's class that reads it, unmodified.
        licence: Licence of the weights.
        is_gated: Whether the hub asks for consent before it gives the files.
        bytes_on_disk: Bytes of its weight files.
        bytes_on_device: Bytes of its weights in the dtype they run in on a processor.
        languages: Languages it reads, as in `assets/languages`; empty where it reads no words.
        paper: The paper.
        is_built_in: Whether this repository trained it and carries it.
        note_key: Language key of the sentence that says what it knows and what it does not.
        context_tokens: The most tokens it reads from one text; 0 where it reads no words.
        sha256: Expected digests, as (file name, hexadecimal) pairs.
        files: Patterns of the files that are fetched, such as `"*.json"`; empty for built-in
            models, which are here whole.
        least_memory_bytes: Free memory it needs at least to run, weights and activations; 0 where
            any machine has enough.
        branch: Where `revision` None is resolved; a pull request of the hub's own converter
            (`"refs/pr/1"`) where only that carries safetensors.
        prompts_key: Language key of the sentences that labels are written into; "" for those of its
            family.
        also_named: What `architectures` of its `config.json` may say beside `class_name`.
        queries: Queries between its eyes and its language model; 0 where it has none.
        repository: What the hub calls it: "model", or "dataset" for a set of questions.
        drawing: How it draws; None where it does not.
    """

    key: str
    title: str
    family: str
    parts: tuple[str, ...]
    source: str
    revision: str | None
    class_name: str
    licence: Licence
    is_gated: bool
    bytes_on_disk: int
    bytes_on_device: int
    languages: tuple[str, ...]
    paper: Publication
    is_built_in: bool
    note_key: str
    context_tokens: int
    sha256: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    least_memory_bytes: int = 0
    branch: str = "main"
    also_named: tuple[str, ...] = ()
    prompts_key: str = ""
    queries: int = 0
    repository: str = "model"
    drawing: Drawing | None = None
