"""Who may be downloaded: what somebody agreed to after seeing size, licence and gate."""

from __future__ import annotations

from collections.abc import Iterable

from playground.entries import Entry
from playground.hub.places import read_note
from playground.settings import SettingError, Settings

ALL = "all"


def is_agreed(item: Entry, settings: Settings) -> bool:
    """Tells whether a model may be downloaded.

    Args:
        item: A published model.
        settings: `download` names models that whoever runs the playground agreed to beforehand,
            or says "all".
    """
    names = settings.download_names
    return ALL in names or item.key in names or read_note(item, settings.models_folder).is_agreed


def check_names(settings: Settings, entries: Iterable[Entry]) -> None:
    """Refuses a setting `download` that names a model that is not in the catalogue.

    Raises:
        SettingError: The first wrong name.
    """
    known = {item.key for item in entries if not item.is_built_in} | {ALL}
    for name in settings.download_names:
        if name not in known:
            raise SettingError("setting_error.download", value=name, known=", ".join(sorted(known)))
