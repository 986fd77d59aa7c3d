import pytest
import torch
import torch.nn.functional as F
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from training.llama_model import build_llama, packed_loss
from training.packing import PADDING, Segment, Span, additive, encode, fill, pack, targets, visible


def segment(*ids: int, weight: float = 1.0) -> Segment:
    return Segment(ids, (weight,) * len(ids))


@pytest.fixture(scope="module")
def llama(llama_tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    torch.manual_seed(0)
    return build_llama(llama_tokenizer).eval()


def test_spans_become_weighted_tokens(llama_tokenizer: PreTrainedTokenizerFast) -> None:
    texts = [(Span("Question: what? Answer:", 0.0), Span(" a cat", 1.0))]
    [made] = encode(llama_tokenizer, texts, start=True, end=True)
    whole = llama_tokenizer("Question: what? Answer: a cat").input_ids
    assert list(made.ids) == [*whole, llama_tokenizer.eos_token_id]
    assert sum(made.weights) == 3 and made.weights[-3:] == (1.0, 1.0, 1.0)


def test_a_row_is_filled_but_never_over() -> None:
    parts = [segment(1, 2, 3), segment(4, 5, 6, 7), segment(8, 9)]
    assert fill(2, parts, 7) == [parts[0], parts[2]]
    assert fill(0, parts, 2) == [parts[2]]


def test_segments_see_the_prefix_and_themselves() -> None:
    packed = pack([(segment(5), [segment(6, 7), segment(8)])], 5, 0)
    assert packed.segments.tolist() == [[0, 1, 1, 2, PADDING]]
    assert packed.positions.tolist() == [[0, 1, 2, 1, 0]]
    seen = visible(packed.segments)[0, 0].int().tolist()
    assert seen == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 0, 0, 1, 0],
        [0, 0, 0, 0, 1],
    ]
    mask = additive(visible(packed.segments), torch.float32)
    assert mask.max() == 0 and mask.min() < -1e30


def test_only_what_counts_is_predicted() -> None:
    row = Segment((5, 6, 7), (0.0, 0.0, 2.0))
    places, tokens, weights = targets(pack([(None, [row, segment(8, 9)])], 6, 0))
    assert places.tolist() == [1, 3] and tokens.tolist() == [7, 9]
    assert weights.tolist() == [2.0, 1.0]


@torch.no_grad()
def test_packed_rows_are_worth_separate_rows(llama: LlamaForCausalLM) -> None:
    prefix, parts = segment(11, 12, 13, weight=0.5), [segment(21, 22), segment(31, 32, 33)]
    packed = float(packed_loss(llama, llama.model, pack([(prefix, parts)], 12, 0)))
    total, weight = 0.0, 0.0
    for row, skipped, counts in (
        ((11, 12, 13), 0, 0.5),
        ((11, 12, 13, 21, 22), 3, 1.0),
        ((11, 12, 13, 31, 32, 33), 3, 1.0),
    ):
        ids = torch.tensor([row])
        logits = llama(input_ids=ids).logits[0, skipped:-1]
        losses = F.cross_entropy(logits, ids[0, skipped + 1 :], reduction="none")
        total += counts * float(losses.sum())
        weight += counts * len(losses)
    assert packed == pytest.approx(total / weight, rel=1e-4)


@torch.no_grad()
def test_embeddings_may_stand_before_the_row(llama: LlamaForCausalLM) -> None:
    shown = llama.get_input_embeddings()(torch.tensor([[41, 42]]))
    hidden = pack([(None, [segment(21, 22)])], 2, 0, hidden_prefix=2)
    written = pack([(segment(41, 42, weight=0.0), [segment(21, 22)])], 4, 0)
    assert float(packed_loss(llama, llama.model, hidden, shown)) == pytest.approx(
        float(packed_loss(llama, llama.model, written)), rel=1e-4
    )
