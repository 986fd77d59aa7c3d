import pytest
from transformers import CLIPTokenizer

from training.vocabulary import build_tokenizer


@pytest.fixture(scope="session")
def tokenizer() -> CLIPTokenizer:
    return build_tokenizer()
