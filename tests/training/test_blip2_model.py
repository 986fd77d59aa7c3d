import pytest
import torch
import torch.nn.functional as F
from transformers import CLIPModel, PreTrainedTokenizerFast

from tests.sources import ROOT
from training.blip2_batches import Captions
from training.blip2_model import (
    QUERIES,
    SIDE_PX,
    MatchHeads,
    aim_queries,
    build_blip2,
    build_processor,
    look_and_read,
    match,
    region_patches,
    stage_one_visible,
    take_vision,
)
from training.llama_model import build_llama
from training.painting import paint_picture
from training.sampling import Split, sample_scene

PAD = 0


@pytest.fixture(scope="module")
def parts(llama_tokenizer: PreTrainedTokenizerFast):  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    model = build_blip2(llama_tokenizer, build_llama(llama_tokenizer)).eval()
    return model, MatchHeads(model.config).eval()


def captions(*rows: list[int]) -> Captions:
    ids = torch.tensor(rows)
    decoded = ids.clone()
    decoded[:, 0] = 3
    return Captions(ids, decoded, torch.eye(len(rows), dtype=torch.bool))


def test_each_query_has_a_square_of_its_own() -> None:
    regions = region_patches()
    assert sorted(regions.flatten().tolist()) == list(range(64))
    assert regions[0].tolist() == [0, 1, 8, 9] and regions[5].tolist() == [18, 19, 26, 27]


def test_who_sees_whom_in_stage_one() -> None:
    decoded, plain = torch.tensor([[3, 7, PAD]]), torch.tensor([[1, 7, PAD]])
    seen = stage_one_visible((decoded, plain), PAD)[0, 0]
    queries, first, second = slice(0, QUERIES), QUERIES, QUERIES + 3
    assert seen[queries, queries].all() and not seen[queries, QUERIES:].any()
    assert seen[first + 1, queries].all()
    assert seen[first + 1, first : first + 3].tolist() == [True, True, False]
    assert not seen[first, first + 1]
    assert not seen[second, queries].any()
    assert seen[second, second : second + 3].tolist() == [True, True, False]
    assert not seen[second, first] and seen.any(1).all()


@torch.no_grad()
def test_one_pass_is_worth_separate_ones(parts) -> None:  # type: ignore[no-untyped-def]
    model, heads = parts
    seen = torch.randn(2, 65, 192)
    told = captions([1, 9, 10, 11], [1, 12, 13, PAD])
    queries, decoded, plain, looks = look_and_read(model, heads, seen, (told,), PAD)
    alone = model.qformer(
        query_embeds=model.query_tokens.expand(2, -1, -1), encoder_hidden_states=seen
    ).last_hidden_state
    assert torch.allclose(queries, alone, atol=1e-4)
    assert looks.shape == (4, 2, 6, QUERIES, 64)
    text = model.qformer(
        query_embeds=heads.embeddings(input_ids=told.ids[1:, :3]), query_length=0
    ).last_hidden_state
    assert torch.allclose(plain[0][1:, :3], text, atol=1e-4)
    # A decoded text does not know what comes later.
    later = captions([1, 9, 10, 99], [1, 12, 13, PAD])
    again = look_and_read(model, heads, seen, (later,), PAD)[1]
    assert torch.allclose(decoded[0][:, :3], again[0][:, :3], atol=1e-4)


@torch.no_grad()
def test_padding_does_not_change_a_judgement(parts) -> None:  # type: ignore[no-untyped-def]
    model, heads = parts
    seen = torch.randn(1, 65, 192)
    short, long = torch.tensor([[1, 9, 10]]), torch.tensor([[1, 9, 10, PAD, PAD]])
    one, other = (match(model, heads, seen, ids, PAD) for ids in (short, long))
    assert one.shape == (1, 2) and torch.allclose(one, other, atol=1e-4)


@torch.no_grad()
def test_the_tower_starts_with_what_mini_clip_sees(
    llama_tokenizer: PreTrainedTokenizerFast,
) -> None:
    torch.manual_seed(0)
    model = build_blip2(llama_tokenizer, build_llama(llama_tokenizer)).eval()
    clip = CLIPModel.from_pretrained(
        ROOT / "assets/models/mini-clip", dtype=torch.float32
    ).vision_model.eval()
    scenes = [paint_picture(sample_scene(n, Split.VALIDATION), SIDE_PX) for n in range(12)]
    images = build_processor(llama_tokenizer).image_processor
    pixels = images(scenes, return_tensors="pt").pixel_values
    take_vision(model, clip, pixels)
    mine = model.vision_model(pixel_values=pixels).last_hidden_state[:, 1:]
    other = clip.post_layernorm(clip(pixel_values=pixels).last_hidden_state[:, 1:])
    assert mine.mean((0, 1)).abs().max() < 1e-3
    other = other - other.mean((0, 1))
    assert F.cosine_similarity(mine, other, dim=-1).mean() > 0.85
    # Queries that are aimed look at their own squares and stay different from one another.
    places = torch.randn(64, 192)
    own = aim_queries(model, torch.cat([places[:1], places])[None] * 3, places)
    assert own > 0.6 and model.query_tokens.std() > 0.9
