"""Every published family through the CLIP tab: tiny checkpoints behind a real cache."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from demos.clip_search import Handlers
from playground.catalog import entry
from playground.explain.similarity import softmax
from playground.hub.store import Store
from playground.index import Indexes
from playground.page.clip_api import ClipApi
from playground.page.clip_asking import ClipAsking
from playground.page.context import Context
from playground.page.events import result_of
from playground.page.languages import Languages
from playground.page.naming import NamingHandlers
from playground.page.own_pictures import PLAYGROUND
from playground.page.reading_advice import AdviceHandlers
from playground.page.sends import Sends
from playground.visitors.pictures import read_picture
from playground.visitors.sessions import Sessions
from playground.visitors.turns import Turns
from tests.models.tiny_checkpoints import CHECKPOINTS
from tests.tiny_world import save_tiny_pictures, tiny_cache, tiny_entry, tiny_settings

# Family of the checkpoint, by the catalogue's key of a published model of that family.
PUBLISHED = {
    "clip-l14": "openai-clip",
    "clip-b32": "open-clip",
    "siglip2-b16": "siglip2",
    "metaclip2-b32": "metaclip2",
    "chinese-clip-b16": "chinese-clip",
}
SIGMOID = "siglip2-b16"


def request_of(language="en"):
    return SimpleNamespace(query_params={"lang": language}, headers={}, session_hash="ada")


ENGLISH, CHINESE = request_of(), request_of("zh-Hant")


@pytest.fixture(scope="module")
def asking(tmp_path_factory) -> ClipAsking:
    folder = tmp_path_factory.mktemp("families")
    items = []
    for key, family in PUBLISHED.items():
        CHECKPOINTS[family](folder / key)
        items.append(
            replace(entry(key), source=key, revision=None, least_memory_bytes=0, prompts_key="")
        )
    items.append(tiny_entry(folder))
    collection = save_tiny_pictures(folder / "pictures")
    settings = tiny_settings(folder)
    cache = tiny_cache(*items, folder=folder)
    ctx = Context(
        cache=cache,
        catalog=tuple(items),
        languages=Languages.read(),
        sessions=Sessions(),
        turns=Turns(),
        settings=settings,
        sends=Sends(),
        store=Store(settings),
    )
    return ClipAsking(ctx, collection, Indexes(collection, cache, models_folder=str(folder)))


def search(asking, model, words="a red cat", request=ENGLISH):
    fields = (words, None, 0.5, "", 0.5, 4, model, PLAYGROUND)
    return list(Handlers(asking).search(*fields, request))[-1]


def picture():
    return read_picture(Image.fromarray(np.full((32, 40, 3), (20, 120, 200), np.uint8)))


def name(asking, model, labels="cat, dog, tree", request=ENGLISH):
    return list(NamingHandlers(asking).name(picture(), labels, "a {}", model, request))[-1]


@pytest.mark.parametrize("model", PUBLISHED)
def test_every_family_is_searched(asking, model):
    grid, status, _, inside = search(asking, model)
    cosines = [item["cosine"] for item in grid["items"]]
    assert len(cosines) == 4 and cosines == sorted(cosines, reverse=True)
    assert entry(model).title in status
    assert inside.count("<tr>") == 5 and '<span class="token">' in inside


@pytest.mark.parametrize("model", PUBLISHED)
def test_every_family_names_a_picture(asking, model):
    bars, *_ = name(asking, model)
    assert bars["labels"] == ["cat", "dog", "tree"]
    naming = result_of(asking.name(ENGLISH, picture().pixels, "cat, dog, tree", "a {}", model)[0])
    shares = naming.probabilities(naming.logit_scale)
    if model == SIGMOID:
        logits = naming.logit_scale * naming.cosines + naming.logit_bias
        assert np.allclose(shares, 1 / (1 + np.exp(-logits)), atol=1e-9)
        assert bars["bias"] == naming.logit_bias
    else:
        assert np.allclose(shares, softmax(naming.logit_scale * naming.cosines, axis=0))
        assert bars["bias"] is None


def test_one_label_says_in_words_that_it_is_judged_by_itself(asking):
    bars, _, _, inside = name(asking, SIGMOID)
    assert "by itself" in bars["words"]["scale_help"] and "by itself" in inside
    others, _, _, other_inside = name(asking, "clip-l14")
    assert "sum to 100" in others["words"]["scale_help"] and "by itself" not in other_inside
    bars, *_ = name(asking, SIGMOID, "貓, 狗", CHINESE)
    assert "各自判斷" in bars["words"]["scale_help"]


def test_a_search_tells_probabilities_only_where_the_model_has_them(asking):
    *_, inside = search(asking, SIGMOID)
    assert "Probability that it fits" in inside and "do not compete" in inside
    fields = ("a cat", None, 0.5, "a dog", 0.5, 4, SIGMOID, PLAYGROUND)
    mixed = list(Handlers(asking).search(*fields, ENGLISH))
    assert "Share of all pictures" in mixed[-1][3]
    *_, inside = search(asking, "clip-l14")
    assert "Share of all pictures" in inside


def test_programs_are_told_how_scores_are_made(asking):
    api = ClipApi(asking)
    for model, scores in ((SIGMOID, "sigmoid"), ("metaclip2-b32", "softmax")):
        told = api.clip_search_classify(picture(), ["cat", "dog"], ["{}"], 0, model, ENGLISH)
        assert told["scores"] == scores
        total = sum(label["probability"] for label in told["labels"])
        assert (abs(total - 1) < 1e-6) == (scores == "softmax")


@pytest.mark.parametrize(
    ("model", "request_", "words", "is_advised"),
    [
        ("clip-l14", ENGLISH, "a cat", False),
        ("clip-l14", ENGLISH, "一隻貓", True),
        ("clip-l14", CHINESE, "", True),
        ("siglip2-b16", CHINESE, "一隻貓 cat", False),
        ("chinese-clip-b16", ENGLISH, "a cat", True),
        ("chinese-clip-b16", CHINESE, "一隻貓", False),
        ("tiny-clip", CHINESE, "一隻貓", False),
    ],
)
def test_a_model_that_cannot_read_is_told_and_another_offered(
    asking, model, request_, words, is_advised
):
    row, sentence, offer = AdviceHandlers(asking).advise(model, words, "", request_)
    assert row["visible"] == is_advised
    assert bool(sentence) == is_advised
    if is_advised:
        assert entry(model).title in sentence and "SigLIP 2" in sentence
        assert "SigLIP 2" in offer["value"]
        chosen = AdviceHandlers(asking).change(model, words, "", request_)
        assert chosen == "siglip2-b16"
    else:
        assert AdviceHandlers(asking).change(model, words, "", request_) == model


def test_templates_follow_the_model_until_somebody_changes_them(asking):
    handlers, say = NamingHandlers(asking), asking.ctx.languages.say
    first = say("clip_search.templates.photo", "en")
    fitted = handlers.fit_templates(first, SIGMOID, ENGLISH)
    assert fitted == say("clip_search.templates.siglip", "en") != first
    assert handlers.fit_templates(fitted, "clip-l14", CHINESE) == first
    read = handlers.fit_templates(first, "chinese-clip-b16", ENGLISH)
    assert read == say("clip_search.templates.photo", "zh-Hant")
    own = handlers.fit_templates("my {} here", SIGMOID, ENGLISH)
    assert own["__type__"] == "update" and "value" not in own
