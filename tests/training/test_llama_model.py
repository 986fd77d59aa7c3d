import torch
from transformers import PreTrainedTokenizerFast

from training.llama_model import build_llama, continuations, packed_loss
from training.packing import Span, encode, pack


def test_it_learns_two_texts_and_writes_them(llama_tokenizer: PreTrainedTokenizerFast) -> None:
    torch.manual_seed(0)
    llama = build_llama(llama_tokenizer)
    texts = [
        (Span("Question: where? Answer:", 0.0), Span(" top left", 1.0)),
        (Span("問題：幾隻？答案：", 0.0), Span("兩隻貓", 1.0)),
    ]
    rows = encode(llama_tokenizer, texts, start=True, end=True)
    packed = pack([(None, rows)], sum(len(row.ids) for row in rows), llama_tokenizer.pad_token_id)
    optimizer = torch.optim.AdamW(llama.parameters(), 3e-3)
    for _ in range(30):
        loss = packed_loss(llama, llama.model, packed)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.1
    prompts = [text[0].text for text in texts]
    # Together, one is padded on the left.
    assert continuations(llama.eval(), llama_tokenizer, prompts) == ["top left", "兩隻貓"]


def test_one_table_serves_input_and_output(llama_tokenizer: PreTrainedTokenizerFast) -> None:
    llama = build_llama(llama_tokenizer)
    assert llama.lm_head.weight is llama.model.embed_tokens.weight
    assert sum(p.numel() for p in llama.parameters()) < 4_000_000
