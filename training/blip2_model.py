"""mini-blip2's sizes, the weights it takes from mini-clip, and how its parts are called."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from transformers import (
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2ForImageTextRetrieval,
    Blip2Processor,
    BlipImageProcessor,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from training.blip2_batches import Captions
from training.concepts import CONCEPTS
from training.llama_vocabulary import IMAGE
from training.packing import additive

SIDE_PX = 96
PATCH_PX = 12
WIDTH = 192
QUERIES = 16
_VISION_LAYERS = 6
_QFORMER_LAYERS = 4
_HEADS = 6
_MATCH_WIDTH = 128
_LONGEST_TEXT = 64
_FIRST_AIM, _CONTENT_GAIN, _QUIET = 0.7, 1.28, 0.3


def build_blip2(
    tokenizer: PreTrainedTokenizerFast, llama: LlamaForCausalLM
) -> Blip2ForConditionalGeneration:
    """Build a mini-blip2 around a language model.

    Args:
        tokenizer: Of the language model; the Q-Former reads with it as well.
        llama: The language model; its weights are copied.

    Returns:
        The unmodified ``Blip2ForConditionalGeneration``, float32.
    """
    vision = {
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": _VISION_LAYERS,
        "num_attention_heads": _HEADS,
        "image_size": SIDE_PX,
        "patch_size": PATCH_PX,
        "layer_norm_eps": 1e-5,
        "initializer_range": 0.02,
    }
    qformer = {
        "vocab_size": len(tokenizer),
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": _QFORMER_LAYERS,
        "num_attention_heads": _HEADS,
        "max_position_embeddings": _LONGEST_TEXT,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "layer_norm_eps": 1e-6,
        # BERT's 0.02 is for a width of 768.
        "initializer_range": 0.05,
        "pad_token_id": tokenizer.pad_token_id,
        # Few layers: each of them looks at the picture (every second in the paper).
        "cross_attention_frequency": 1,
        "use_qformer_text_input": True,
    }
    text = llama.config.to_dict()
    # Where it was loaded from is nobody's business.
    text.pop("_name_or_path", None)
    config = Blip2Config(
        vision_config=vision,
        qformer_config=qformer,
        text_config=text,
        num_query_tokens=QUERIES,
        image_text_hidden_size=_MATCH_WIDTH,
        image_token_index=tokenizer.convert_tokens_to_ids(IMAGE),
    )
    # The fused attention's backward pass is slower than plain matmuls on the CPU.
    model = Blip2ForConditionalGeneration._from_config(config, attn_implementation="eager")
    # Equal queries would stay equal for ever.
    nn.init.normal_(model.query_tokens, std=0.02)
    model.language_model.load_state_dict(llama.state_dict())
    return model


def build_processor(tokenizer: PreTrainedTokenizerFast) -> Blip2Processor:
    """Build the processor that belongs to mini-blip2.

    Args:
        tokenizer: Of the language model.

    Returns:
        Resizes pictures to 96 px, normalises as CLIP does, puts the query places before the text.
    """
    images = BlipImageProcessor(size={"height": SIDE_PX, "width": SIDE_PX})
    return Blip2Processor(images, tokenizer, num_query_tokens=QUERIES)


@torch.no_grad()
def take_vision(model: Blip2ForConditionalGeneration, clip: Any, pixels: torch.Tensor) -> None:
    """Start from the vision tower of mini-clip, as BLIP-2 starts from that of a CLIP.

    BLIP-2's tower has no normalisation before its first layer. What CLIP's does is put into the
    patch embedding, with one typical deviation for all patches; training mends the rest.

    Source: Li et al. 2023, "BLIP-2", section 3.4 (frozen ViT of CLIP).

    Args:
        model: Receives the weights.
        clip: mini-clip's tower, of the same width, depth and patch size.
        pixels: (N, 3, side, side) float32, normalised pictures that tell the typical deviation.
    """
    tower, norm = model.vision_model, clip.pre_layrnorm
    _take_embeddings(tower.embeddings, clip.embeddings, norm, pixels)
    for mine, other in zip(tower.encoder.layers, clip.encoder.layers, strict=True):
        attention = other.self_attn
        parts = (attention.q_proj, attention.k_proj, attention.v_proj)
        mine.self_attn.qkv.weight.copy_(torch.cat([part.weight for part in parts]))
        mine.self_attn.qkv.bias.copy_(torch.cat([part.bias for part in parts]))
        mine.self_attn.projection.load_state_dict(attention.out_proj.state_dict())
        mine.layer_norm1.load_state_dict(other.layer_norm1.state_dict())
        mine.layer_norm2.load_state_dict(other.layer_norm2.state_dict())
        mine.mlp.load_state_dict(other.mlp.state_dict())
    tower.post_layernorm.load_state_dict(clip.post_layernorm.state_dict())
    # What all patches share would make all queries alike, since they mix it in at every layer.
    seen = tower(pixel_values=pixels).last_hidden_state
    tower.post_layernorm.bias.sub_(seen[:, 1:].mean((0, 1)))


def _take_embeddings(mine: Any, other: Any, norm: nn.LayerNorm, pixels: torch.Tensor) -> None:
    weight, places = other.patch_embedding.weight, other.position_embedding.weight
    seen = F.conv2d(pixels, weight, stride=PATCH_PX).flatten(2).transpose(1, 2) + places[1:]
    scale = norm.weight / seen.std(-1).median()
    mine.patch_embedding.weight.copy_((weight - weight.mean(0)) * scale.view(-1, 1, 1, 1))
    mine.patch_embedding.bias.zero_()
    centred = places - places.mean(-1, keepdim=True)
    mine.position_embedding.copy_((centred * scale + norm.bias)[None])
    first = norm(other.class_embedding + places[0])
    mine.class_embedding.copy_((first - mine.position_embedding[0, 0]).view(1, 1, -1))


@torch.no_grad()
def aim_queries(
    model: Blip2ForConditionalGeneration, seen: torch.Tensor, place_weight: torch.Tensor
) -> float:
    """Let each query begin with a look at a square of its own.

    From random weights the queries of so small a Q-Former become all alike before they learn to
    look anywhere (BLIP-2's starts from BERT). A query begins as the mean of what tells the places
    of its square from the others; half of the heads compare it with the patches as it is.

    Args:
        model: Its query tokens and cross-attentions are set.
        seen: (B, P + 1, D) what the vision tower says about some pictures.
        place_weight: (P, D), rows of a linear map that finds the place of a patch.

    Returns:
        Part of the attention that falls on the own square at first, 0..1.
    """
    regions, patches = region_patches().to(seen.device), seen[:, 1:]
    mean = patches.mean((0, 1))
    places = place_weight - place_weight.mean(0)
    tokens = places[regions].mean(1)
    tokens = (tokens - tokens.mean(-1, keepdim=True)) / tokens.std(-1, keepdim=True)
    model.query_tokens.copy_(tokens[None])
    size = WIDTH // _HEADS
    directions = torch.linalg.svd(places.float(), full_matrices=False).Vh[:size]
    scores = tokens @ directions.T @ directions @ (patches - mean).transpose(1, 2)
    gain, own = 1.0, 0.0
    while own < _FIRST_AIM and gain < 100:
        gain *= 1.2
        looks = (gain * scores / size**0.5).softmax(-1)
        own = float(looks.gather(2, regions.expand(len(looks), -1, -1)).sum(-1).mean())
    for layer in model.qformer.encoder.layer:
        attention = layer.crossattention.attention
        for part in (attention.query, attention.key):
            guided = (gain**0.5 * directions).repeat(_HEADS // 2, 1)
            part.weight[: len(guided)] = guided
        nn.init.orthogonal_(attention.value.weight, _CONTENT_GAIN)
        nn.init.orthogonal_(layer.crossattention.output.dense.weight, _CONTENT_GAIN)
        attention.key.bias.copy_(-attention.key.weight @ mean)
        attention.value.bias.copy_(-attention.value.weight @ mean)
        # What is seen passes through at first; the rest of the layer joins in as it learns.
        for part in (layer.attention.output, layer.output_query, layer.output):
            part.dense.weight.mul_(_QUIET)
    return own


class MatchHeads(nn.Module):
    """What ``Blip2ForImageTextRetrieval`` has besides the parts that both classes share.

    Args:
        config: Of the model.
    """

    def __init__(self, config: Blip2Config) -> None:
        super().__init__()
        whole = Blip2ForImageTextRetrieval._from_config(config)
        self.embeddings = whole.embeddings
        self.vision_projection = whole.vision_projection
        self.text_projection = whole.text_projection
        self.itm_head = whole.itm_head


def name_tokens(tokenizer: PreTrainedTokenizerFast) -> torch.Tensor:
    """Write the first name of each concept as it stands within a text.

    Args:
        tokenizer: Of the language model.

    Returns:
        (languages, concepts, L) int64, padded on the right.
    """
    names = [f" {concept.names_en[0]}" for concept in CONCEPTS]
    names += [concept.names_zh[0] for concept in CONCEPTS]
    ids = tokenizer(
        names, add_special_tokens=False, padding=True, padding_side="right", return_tensors="pt"
    ).input_ids
    return ids.view(2, len(CONCEPTS), -1)


def region_patches() -> torch.Tensor:
    """Share the patches out among the queries: a square of them for each.

    Returns:
        (Q, P / Q) int64, numbers of the patches that each query should know best.
    """
    side, per_side = SIDE_PX // PATCH_PX, int(QUERIES**0.5)
    part = side // per_side
    grid = torch.arange(side * side).view(per_side, part, per_side, part)
    return grid.permute(0, 2, 1, 3).reshape(QUERIES, part * part)


def stage_one_visible(captions: tuple[torch.Tensor, ...], pad: int) -> torch.Tensor:
    """Mask of the first stage for queries and several texts in one row.

    Queries see queries. A text that begins with ``<dec>`` sees the queries and what is before it
    in itself (image-grounded generation); one that begins with ``<s>`` sees only itself
    (contrastive). So one pass serves both objectives, and the queries never see a text.

    Source: Li et al. 2023, "BLIP-2", section 3.1 and figure 2 (right).

    Args:
        captions: Pairs (B, L) int64: decoded, plain, decoded, plain, ...
        pad: Token that fills.

    Returns:
        (B, 1, Q + N L, Q + N L) bool, true where the row's token sees the column's.
    """
    rows, length = captions[0].shape
    texts = [torch.full_like(ids, n).masked_fill(ids == pad, -1) for n, ids in enumerate(captions)]
    queries = captions[0].new_full((rows, QUERIES), len(captions))
    owner = torch.cat([queries, *texts], 1)
    mine, other = owner[:, :, None], owner[:, None, :]
    size = QUERIES + len(captions) * length
    earlier = torch.ones(size, size, dtype=torch.bool, device=owner.device).tril()
    decoding = (mine >= 0) & (mine < len(captions)) & (mine % 2 == 0)
    same = (mine == other) & (mine >= 0)
    allowed = torch.where(decoding, (same & earlier) | (other == len(captions)), same)
    return (allowed | torch.eye(size, dtype=torch.bool, device=owner.device))[:, None]


def look_and_read(
    model: Blip2ForConditionalGeneration,
    heads: MatchHeads,
    seen: torch.Tensor,
    captions: tuple[Captions, ...],
    pad: int,
) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor], torch.Tensor]:
    """Run queries and captions through the Q-Former with the mask of the first stage.

    Args:
        model: Gives the query tokens.
        heads: Give the text embeddings.
        seen: (B, P + 1, D) what the vision tower says.
        captions: One for each language.
        pad: Token that fills.

    Returns:
        Query states (B, Q, D); for each language the states of the decoded text (B, L, D), and
        those of the plain text (B, L, D); and where the queries look, (layers, B, heads, Q, P).
    """
    texts = tuple(ids for caption in captions for ids in (caption.decoded, caption.ids))
    length = texts[0].shape[1]
    places = torch.arange(length, device=seen.device).repeat(len(texts))[None]
    embedded = heads.embeddings(
        input_ids=torch.cat(texts, 1),
        position_ids=places,
        query_embeds=model.query_tokens.expand(len(seen), -1, -1),
    )
    mask = additive(stage_one_visible(texts, pad), _mask_type(seen))
    output = model.qformer(
        query_embeds=embedded,
        query_length=QUERIES,
        attention_mask=mask,
        encoder_hidden_states=seen,
        output_attentions=True,
    )
    states = output.last_hidden_state
    parts = states[:, QUERIES:].split(length, 1)
    # Without the class token.
    looks = torch.stack(output.cross_attentions)[..., 1:]
    return states[:, :QUERIES], list(parts[0::2]), list(parts[1::2]), looks


def match(
    model: Blip2ForConditionalGeneration,
    heads: MatchHeads,
    seen: torch.Tensor,
    ids: torch.Tensor,
    pad: int,
) -> torch.Tensor:
    """Judge whether texts fit pictures: queries and text see each other.

    Source: Li et al. 2023, "BLIP-2", section 3.1 (image-text matching).

    Args:
        model: Gives the query tokens.
        heads: Give the text embeddings and the head.
        seen: (N, P + 1, D) what the vision tower says.
        ids: (N, L) int64, padded on the right.
        pad: Token that fills.

    Returns:
        (N, 2) float32 logits: does not fit, fits.
    """
    queries = model.query_tokens.expand(len(seen), -1, -1)
    embedded = heads.embeddings(input_ids=ids, query_embeds=queries)
    there = torch.cat([ids.new_ones(len(ids), QUERIES), ids != pad], 1).bool()
    states = model.qformer(
        query_embeds=embedded,
        query_length=QUERIES,
        attention_mask=additive(there[:, None, None], _mask_type(seen)),
        encoder_hidden_states=seen,
    ).last_hidden_state
    return heads.itm_head(states[:, :QUERIES]).float().mean(1)


def _mask_type(like: torch.Tensor) -> torch.dtype:
    fast = torch.is_autocast_enabled(like.device.type)
    return torch.bfloat16 if fast else torch.float32
