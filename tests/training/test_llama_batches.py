import torch
from transformers import PreTrainedTokenizerFast

from training.llama_batches import ROW_TOKENS, TextBatches
from training.packing import PADDING, PREFIX


def test_rows_hold_a_description_and_answers(llama_tokenizer: PreTrainedTokenizerFast) -> None:
    batch = TextBatches(llama_tokenizer, 12)[3]
    assert batch.ids.shape == (12, ROW_TOKENS)
    told = [row for row in range(12) if PREFIX in batch.segments[row]]
    assert len(told) >= 6
    for row in told:
        prefix = batch.ids[row][batch.segments[row] == PREFIX]
        assert prefix[0] == llama_tokenizer.bos_token_id
        first = llama_tokenizer.decode(batch.ids[row][batch.segments[row] == 1])
        assert first.startswith("\n") and first.endswith("</s>")
    assert (batch.weights[batch.segments == PADDING] == 0).all()
    again = TextBatches(llama_tokenizer, 12)[3]
    assert torch.equal(batch.ids, again.ids)
