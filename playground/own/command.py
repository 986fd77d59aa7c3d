"""`python -m playground.index FOLDER`: an operator's pictures as one file to search."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from playground.cache import Cache, CacheError
from playground.catalog import CATALOG, cache_items, of_family
from playground.index import fingerprint
from playground.own.collecting import Collected, collect
from playground.own.portable import SUFFIX
from playground.sentences import read_sentences
from playground.settings import SETTINGS, read_settings
from playground.visitors.errors import PersonError, explain

TELL_SECONDS = 2.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes the file and tells what became of the folder; ends the program with 1 on a mistake."""
    say = read_sentences("en")
    models = {item.key: item for item in of_family("clip")}
    parser = argparse.ArgumentParser(
        prog="python -m playground.index", description=say["index.about"]
    )
    parser.add_argument("folder", type=Path, help=say["index.folder"])
    parser.add_argument(
        "--model", choices=models, default=next(iter(models)), help=say["index.model"]
    )
    parser.add_argument("--output", type=Path, help=say["index.output"])
    asked = parser.parse_args(arguments)
    folder, item = asked.folder.resolve(), models[asked.model]
    if not folder.is_dir():
        parser.error(say["index.no_folder"].format(folder=asked.folder))
    output = asked.output or folder.with_name(f"{folder.name}.{item.key}{SUFFIX}")
    settings = read_settings()
    cache = Cache(cache_items(CATALOG, settings))
    told = Telling(say["index.progress"])
    try:
        mark = fingerprint(item, settings.models_folder)
        found = collect(folder, output, cache, item, fingerprint=mark, tell=told)
    except ValueError:
        sys.exit(say["index.nothing"].format(folder=asked.folder))
    except (PersonError, CacheError, OSError) as error:
        mistake = explain(error)
        sys.exit(say[mistake.key].format(**mistake.values))
    except KeyboardInterrupt:
        sys.exit(say["index.stopped"])
    for fault in found.faults:
        print(f"{fault.name}: {say[fault.key].format(**fault.values)}")
    option = next(setting for setting in SETTINGS if setting.name == "collections")
    values = {
        "pictures": found.pictures,
        "duplicates": found.duplicates,
        "faults": len(found.faults),
    }
    print(say["index.done"].format(file=output, option=option.environment_name, **values))
    return 0


class Telling:
    """Prints how far it is, now and then.

    Args:
        sentence: With places for done, files and speed.
    """

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence
        self._began = self._last = time.monotonic()
        self._first: int | None = None

    def __call__(self, told: Collected) -> None:
        """Prints, if the last time is long enough ago."""
        now = time.monotonic()
        if self._first is None:
            self._first = told.done
        if now - self._last >= TELL_SECONDS:
            self._last = now
            speed = (told.done - self._first) / (now - self._began)
            print(self._sentence.format(done=told.done, files=told.files, speed=f"{speed:.0f}"))
