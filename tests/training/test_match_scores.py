import numpy as np
import pytest
import torch
from PIL import Image
from transformers import Blip2ForImageTextRetrieval, PreTrainedTokenizerFast

from training.blip2_model import build_blip2, build_processor
from training.llama_model import build_llama
from training.match_scores import (
    Matcher,
    matching_accuracy,
    one_thing_wrong,
    places_swapped,
    retrieval_recall,
)
from training.sampling import Split
from training.scenes import Language


@pytest.fixture(scope="module")
def matcher(llama_tokenizer: PreTrainedTokenizerFast) -> Matcher:
    torch.manual_seed(0)
    config = build_blip2(llama_tokenizer, build_llama(llama_tokenizer)).config
    model = Blip2ForImageTextRetrieval._from_config(config).eval()
    torch.nn.init.normal_(model.query_tokens)
    return Matcher(model, build_processor(llama_tokenizer))


PICTURES = [np.full((32, 32, 3), shade, np.uint8) for shade in (20, 120, 220)]
TEXTS = ["a cat", "a dog to the left of a car on the beach", "一隻貓"]


def test_judgements_do_not_depend_on_the_company(matcher: Matcher) -> None:
    together = matcher.fits(PICTURES, TEXTS)
    alone = [matcher.fits([p], [t])[0] for p, t in zip(PICTURES, TEXTS, strict=True)]
    assert np.allclose(together, alone, atol=1e-4)
    assert ((together > 0) & (together < 1)).all()


def test_similarities_are_those_of_the_class(matcher: Matcher) -> None:
    table = matcher.similarities(PICTURES, TEXTS)
    inputs = matcher.processor(
        images=[Image.fromarray(p) for p in PICTURES],
        text=TEXTS,
        padding=True,
        padding_side="right",
        return_tensors="pt",
    )
    with torch.no_grad():
        own = matcher.model(**inputs).logits_per_image.numpy()
    assert table.shape == (3, 3) and np.allclose(table, own, atol=1e-4)


class Sure(Matcher):
    """Finds everything fitting, and the diagonal most similar."""

    def __init__(self) -> None:
        pass

    def fits(self, pictures, texts):  # type: ignore[no-untyped-def, override]
        return np.ones(len(texts), np.float32)

    def similarities(self, pictures, texts):  # type: ignore[no-untyped-def, override]
        return np.eye(len(pictures))


def test_scores_know_chance_and_perfection() -> None:
    sure = Sure()
    assert retrieval_recall(sure, Language.EN, Split.VALIDATION, 5) == 1
    assert matching_accuracy(sure, Language.ZH, Split.VALIDATION, 4) == 0.5
    assert one_thing_wrong(sure, Language.EN, Split.VALIDATION, 3) == 0
    assert places_swapped(sure, Language.EN, Split.VALIDATION, 3) == 0
