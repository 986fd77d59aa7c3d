import pytest
from transformers import CLIPTokenizer, PreTrainedTokenizerFast

from training.llama_vocabulary import build_vocabulary
from training.vocabulary import build_tokenizer


@pytest.fixture(scope="session")
def tokenizer() -> CLIPTokenizer:
    return build_tokenizer()


@pytest.fixture(scope="session")
def llama_tokenizer() -> PreTrainedTokenizerFast:
    return build_vocabulary()
