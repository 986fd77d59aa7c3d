"""Prepares a machine before class: ``python -m playground.fetch KEY ...`` downloads models.

It shows size, licence and gate of each model and asks before it fetches. ``--list`` says what is
here and what is missing.
"""

from __future__ import annotations

import argparse
import locale
import os
import sys
import threading
from collections.abc import Mapping, Sequence

from tqdm import tqdm

from playground.cache.host_memory import available_bytes
from playground.catalog import CATALOG, Entry, is_on_disk
from playground.hub.faults import fault, page_of
from playground.hub.places import cache_folder, keep
from playground.hub.plan import Plan, make_plan
from playground.hub.snapshot import download, free_bytes
from playground.published.question_sets import QUESTION_SETS
from playground.sentences import read_sentences
from playground.settings import SettingError, Settings, read_settings
from playground.sizes import amount
from playground.visitors.errors import PersonError

DONE, FAILED, WRONG_USE, DECLINED, INTERRUPTED = 0, 1, 2, 3, 130
COMMIT_LETTERS = 8
LISTED = (*CATALOG, *QUESTION_SETS)


class Speaker:
    """The sentences in the language of this system; English where one is missing."""

    def __init__(self, language: str) -> None:
        self._sentences = {**read_sentences("en"), **read_sentences(language)}

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of a key."""
        return self._sentences.get(key, key).format(**values)


def system_language(environment: Mapping[str, str] | None = None) -> str:
    """Returns "zh-Hant" on a system in Chinese, else "en".

    Args:
        environment: Defaults to that of this process.
    """
    environment = os.environ if environment is None else environment
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    named = next((name for name in names if name), "") or locale.getlocale()[0] or ""
    return "zh-Hant" if named.lower().startswith(("zh", "chinese")) else "en"


def main(arguments: Sequence[str]) -> int:
    """Does what the command line says.

    Args:
        arguments: The command line without the program's name.

    Returns:
        0: all asked for is here; 1: something failed; 2: wrong use; 3: somebody said no; 130: it
        was interrupted.
    """
    say = Speaker(system_language())
    try:
        settings = read_settings()
    except SettingError as error:
        print(say(error.key, **error.values), file=sys.stderr)
        return WRONG_USE
    asked = _command_line(say).parse_args(list(arguments))
    if asked.list:
        _print_list(say, settings)
        return DONE
    known = {item.key: item for item in LISTED if not item.is_built_in}
    keys = [*asked.keys, *(k for k, item in known.items() if item.family == asked.all_of)]
    unknown = [key for key in keys if key not in known]
    if unknown or not keys:
        told = say("fetch.unknown", names=", ".join(unknown)) if unknown else say("fetch.nothing")
        print(told, say("fetch.known", names=", ".join(known)), sep="\n", file=sys.stderr)
        return WRONG_USE
    items = [known[key] for key in dict.fromkeys(keys)]
    return max(_fetch(say, item, settings, asked) for item in items)


def _command_line(say: Speaker) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m playground.fetch", description=say("fetch.about"), allow_abbrev=False
    )
    parser.add_argument("keys", nargs="*", metavar="KEY", help=say("fetch.help.key"))
    parser.add_argument("--list", action="store_true", help=say("fetch.help.list"))
    parser.add_argument("--all-of", metavar="FAMILY", default="", help=say("fetch.help.all_of"))
    for name in ("yes", "newest", "check"):
        parser.add_argument(f"--{name}", action="store_true", help=say(f"fetch.help.{name}"))
    return parser


def _print_list(say: Speaker, settings: Settings) -> None:
    """One line for each model: key, whether it is here, size, licence, gate."""
    width = max(len(item.key) for item in LISTED)
    for item in LISTED:
        is_here = is_on_disk(item, settings.models_folder)
        state = say("fetch.here" if is_here else "fetch.missing")
        words = [state.ljust(len(say("fetch.missing"))), amount(item.bytes_on_disk)]
        words += [item.licence.name, *([say("models.gated")] if item.is_gated else [])]
        print(f"{item.key:<{width}}  {' · '.join(words)}")
    print(say("fetch.folder", folder=cache_folder(settings.models_folder)))


def _fetch(say: Speaker, item: Entry, settings: Settings, asked: argparse.Namespace) -> int:
    folder = settings.models_folder
    try:
        if settings.offline:
            raise fault("offline_set", item)
        is_wanted_anew = asked.newest or asked.check
        if not is_wanted_anew and is_on_disk(item, folder):
            print(say("fetch.is_here", model=item.title))
            return DONE
        plan = make_plan(item, folder, newest=asked.newest)
        print(_facts(say, plan, folder))
        if not asked.yes and not _is_agreed(say):
            print(say("fetch.declined", model=item.title))
            return DECLINED
        _download(plan, folder, checks=asked.check)
    except PersonError as error:
        print(say(error.key, **error.values), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\n" + say("mistake.hub.stopped", model=item.title), file=sys.stderr)
        return INTERRUPTED
    print(say("fetch.is_here", model=item.title))
    return DONE


def _facts(say: Speaker, plan: Plan, folder: str) -> str:
    """What somebody should know before agreeing, a line for each."""
    item, disk, memory = plan.item, free_bytes(cache_folder(folder)), available_bytes()
    size = amount(plan.bytes_total)
    if plan.bytes_missing != plan.bytes_total:
        size = say("models.offer.rest", missing=amount(plan.bytes_missing), total=size)
    version = say("models.offer.version", commit=plan.commit[:COMMIT_LETTERS])
    rows = {
        "size": size,
        "licence": f"{item.licence.name}  {item.licence.url}",
        "gate": f"{say('models.offer.gated')} {page_of(item)}"
        if plan.is_gated
        else say("models.offer.open"),
        "from": f"{page_of(item)}  {version}",
    }
    if disk is not None:
        rows["disk"] = amount(disk)
    if item.least_memory_bytes and memory is not None:
        needed = amount(item.least_memory_bytes)
        rows["memory"] = say("models.offer.needs", needed=needed, free=amount(memory))
    lines = [f"  {say(f'models.offer.{name}')}: {words}" for name, words in rows.items()]
    return "\n".join([item.title, *lines])


def _is_agreed(say: Speaker) -> bool:
    try:
        return input(say("fetch.ask") + " ").strip().lower() in say("fetch.yes_words").split()
    except EOFError:
        print(say("fetch.no_terminal"))
        return False


def _download(plan: Plan, folder: str, *, checks: bool) -> None:
    item = plan.item
    with tqdm(total=plan.bytes_total, unit="B", unit_scale=True, desc=item.key) as bar:

        def report(done: int, _total: int) -> None:
            # What was here before the first word did not come over the line.
            if bar.n == 0 and bar.initial == 0:
                bar.initial = done
            bar.update(done - bar.n)

        download(plan, report, threading.Event(), folder, checks=checks)
    keep(item, folder, is_agreed=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
