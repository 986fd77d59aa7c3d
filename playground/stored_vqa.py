"""Makes the run that the mode "Measure" opens on: the built-in model over the shipped questions.

`python -m playground.stored_vqa`, after mini-blip2 or the questions have changed.
"""

from __future__ import annotations

from playground.catalog import CATALOG, of_family
from playground.collection import read_collection
from playground.page.chat_service import FAMILY, ChatService
from playground.page.languages import LANGUAGES, Languages
from playground.page.launching import make_context
from playground.page.measure_asking import WRITTEN, Wanted
from playground.page.measuring import Measuring
from playground.search import Asker
from playground.settings import read_settings
from playground.vqa.shipped import EMOJI, SHIPPED
from playground.vqa.stored import stored_file, write_stored


def main() -> None:
    """Asks every built-in model all shipped questions in every language that it reads."""
    ctx = make_context(read_settings(), Languages.read())
    measuring = Measuring(ChatService(ctx, read_collection()))
    for item in of_family(FAMILY, CATALOG):
        if not item.is_built_in:
            continue
        fingerprint = measuring.service.fingerprints.of(item)
        for language in LANGUAGES:
            if language in item.languages:
                wanted = Wanted(item, EMOJI, language, 0, WRITTEN)
                measured = measuring.measure(wanted, Asker(), lambda _so_far: None)
                write_stored(measured.result, fingerprint, stored_file(item.key, language, SHIPPED))


if __name__ == "__main__":
    main()
