"""Every model the playground knows: where it comes from, what it costs, who made it.

Adding a model is adding one `Entry`. Nothing is imported or read until a model is first needed.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from playground.cache import Model, Part
from playground.cache.host_memory import available_bytes
from playground.entries import Drawing, Entry, Licence, Publication
from playground.hub.places import cache_folder, component_names, snapshot_of
from playground.hub.store import Store
from playground.models.files import check_folder
from playground.models.pipeline_folders import is_pipeline
from playground.published.blip2 import PUBLISHED_BLIP2
from playground.published.clip import PUBLISHED_CLIP
from playground.published.diffusion import PUBLISHED_DIFFUSION, SAFETY_CHECKER
from playground.published.sam import PUBLISHED_SAM
from playground.settings import Settings
from playground.visitors.errors import PersonError

BUILT_IN_MODELS = Path(__file__).parents[1] / "assets" / "models"


BUILT_IN: tuple[Entry, ...] = (
    Entry(
        key="mini-clip",
        title="mini-clip",
        family="clip",
        parts=("mini-clip/text", "mini-clip/vision"),
        source="mini-clip",
        revision=None,
        class_name="CLIPModel",
        licence=Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
        is_gated=False,
        bytes_on_disk=10_617_514,
        bytes_on_device=21_196_040,
        languages=("en", "zh-Hant"),
        paper=Publication("Radford et al. 2021", "https://arxiv.org/abs/2103.00020"),
        is_built_in=True,
        note_key="model.mini-clip.note",
        prompts_key="clip_search.templates.example",
        context_tokens=32,
    ),
    Entry(
        key="mini-sam",
        title="mini-sam",
        family="sam",
        parts=("mini-sam/encoder", "mini-sam/decoder"),
        source="mini-sam",
        revision=None,
        class_name="SamModel",
        licence=Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
        is_gated=False,
        bytes_on_disk=5_982_400,
        bytes_on_device=11_914_368,
        languages=(),
        paper=Publication("Kirillov et al. 2023", "https://arxiv.org/abs/2304.02643"),
        is_built_in=True,
        note_key="model.mini-sam.note",
        context_tokens=0,
    ),
    Entry(
        key="mini-blip2",
        title="mini-blip2",
        family="blip2",
        parts=("mini-blip2/eyes", "mini-blip2/language", "mini-blip2/match"),
        source="mini-blip2",
        revision=None,
        class_name="Blip2ForConditionalGeneration",
        licence=Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
        is_gated=False,
        bytes_on_disk=20_709_428,
        bytes_on_device=55_604_104,
        languages=("en", "zh-Hant"),
        paper=Publication("Li et al. 2023", "https://arxiv.org/abs/2301.12597"),
        is_built_in=True,
        note_key="model.mini-blip2.note",
        context_tokens=512,
        queries=16,
    ),
    Entry(
        key="mini-diffusion",
        title="mini-diffusion",
        family="diffusion",
        parts=("mini-clip/text", "mini-diffusion/denoiser", "mini-diffusion/pixels"),
        source="mini-diffusion",
        revision=None,
        class_name="StableDiffusionPipeline",
        licence=Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
        is_gated=False,
        bytes_on_disk=18_752_126,
        bytes_on_device=37_415_916,
        languages=("en", "zh-Hant"),
        paper=Publication("Rombach et al. 2022", "https://arxiv.org/abs/2112.10752"),
        is_built_in=True,
        note_key="model.mini-diffusion.note",
        context_tokens=32,
        drawing=Drawing(
            size_hw=(128, 128),
            sizes_hw=((128, 128), (128, 192), (192, 128)),
            side_multiple=16,
            steps=(20, 50),
            guidance=(4.0, 12.0),
            schedulers=("ddim", "euler", "euler-a", "dpm++2m", "unipc"),
            reads_negative=True,
            can_edit=True,
            has_word_maps=True,
            has_checker=False,
        ),
    ),
)
CATALOG: tuple[Entry, ...] = (
    *BUILT_IN,
    *PUBLISHED_CLIP,
    *PUBLISHED_SAM,
    *PUBLISHED_BLIP2,
    *PUBLISHED_DIFFUSION,
    SAFETY_CHECKER,
)


def entry(key: str) -> Entry:
    """Returns the entry with this key.

    Raises:
        KeyError: There is none.
    """
    for candidate in CATALOG:
        if candidate.key == key:
            return candidate
    raise KeyError(key)


def of_family(family: str, entries: Iterable[Entry] = CATALOG) -> tuple[Entry, ...]:
    """Returns the entries of one family, in the order of the catalogue."""
    return tuple(candidate for candidate in entries if candidate.family == family)


def folder_of(item: Entry, models_folder: str = "") -> Path:
    """Returns the folder that holds an entry's files, whether or not it exists.

    Args:
        item: The entry.
        models_folder: The setting of this name: where models that are not built in lie.
    """
    if item.is_built_in:
        return BUILT_IN_MODELS / item.source
    found = snapshot_of(item, models_folder)
    return found or cache_folder(models_folder) / item.source


def is_on_disk(item: Entry, models_folder: str = "") -> bool:
    """Tells whether an entry's files are here; whether they are sound is seen when it loads."""
    if not item.is_built_in:
        return snapshot_of(item, models_folder) is not None
    folder = folder_of(item)
    if is_pipeline(folder):
        return any(folder.glob("*/*.safetensors"))
    return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))


def cache_items(
    entries: Iterable[Entry], settings: Settings, store: Store | None = None
) -> list[Part | Model]:
    """Makes what the cache loads and joins: each part once, then the models.

    Args:
        entries: Entries, among them the owner of every part that is named.
        settings: Says where models that are not built in lie.
        store: Brings published models here; one for the settings if left out.

    Returns:
        Parts and models. The family's module, and with it the heavy libraries, is imported when a
        part is first built.
    """
    entries = tuple(entries)
    store = Store(settings) if store is None else store
    owners = {item.key: item for item in entries}
    parts: dict[str, Part] = {}
    for item in entries:
        for key in item.parts:
            owner_key, _, name = key.rpartition("/")
            owner = owners[owner_key]
            parts[key] = Part(
                key,
                partial(_build_part, owner, settings.models_folder, name),
                guess_bytes=owner.bytes_on_device // len(owner.parts),
                fetch=None if owner.is_built_in else partial(store.fetch, owner),
            )
    models = [
        Model(item.key, item.parts, partial(_join_model, item, settings.models_folder))
        for item in entries
    ]
    return [*parts.values(), *models]


def check_memory(item: Entry, name: str) -> None:
    """Refuses to build a part where the model cannot run for lack of memory.

    Parts are built in order, so that of a model with n parts the k-th, from 0, finds the share of
    the first k taken.

    Args:
        item: The entry.
        name: Which part of it.

    Raises:
        PersonError: `mistake.hub.memory`.
    """
    names = [key.rpartition("/")[2] for key in item.parts if key.startswith(f"{item.key}/")]
    left = len(names) - names.index(name) if name in names else 1
    needed = item.least_memory_bytes * left // max(1, len(names))
    free = available_bytes()
    if free is not None and free < needed:
        gigabytes = {"needed": round(needed / 1e9, 1), "free": round(free / 1e9, 1)}
        raise PersonError("mistake.hub.memory", {"model": item.title, **gigabytes})


def _build_part(item: Entry, models_folder: str, name: str, report: Any) -> Any:
    folder = folder_of(item, models_folder)
    wanted = component_names(item)
    check_folder(folder, title=item.title, sha256=dict(item.sha256), components=wanted)
    check_memory(item, name)
    return _family(item).build(name, folder)


def _join_model(item: Entry, models_folder: str, *parts: Any) -> Any:
    return _family(item).join(folder_of(item, models_folder), *parts)


def _family(item: Entry) -> Any:
    return importlib.import_module(f"playground.models.{item.family}")
