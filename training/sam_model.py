"""mini-sam: the package's own Sam, small, and the training forward over its unmodified parts."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from segment_anything.modeling import Sam
from torch import nn
from transformers import (
    SamConfig,
    SamImageProcessor,
    SamMaskDecoderConfig,
    SamModel,
    SamProcessor,
    SamPromptEncoderConfig,
    SamVisionConfig,
)

from playground.models.sam_weights import build_package_sam, package_names

SIDE_PX, PATCH_PX = 256, 8
GRID = SIDE_PX // PATCH_PX
# A window of the encoder's local attention, in tokens; crops start at multiples of it.
WINDOW = 8
MASK_PX = PATCH_PX // 4
_WIDTH, _LAYERS, _HEADS, _GLOBAL = 160, 6, 5, (2, 5)
_CHANNELS = 128
_IOU_DEPTH = 3
# Standard deviations of the random frequencies, in cycles per half frame, slowest and fastest.
_FREQUENCIES = (0.7, 5.0)


def build_config() -> SamConfig:
    """Describe mini-sam.

    Returns:
        The configuration that both libraries build it from.
    """
    vision = SamVisionConfig(
        hidden_size=_WIDTH,
        output_channels=_CHANNELS,
        num_hidden_layers=_LAYERS,
        num_attention_heads=_HEADS,
        image_size=SIDE_PX,
        patch_size=PATCH_PX,
        window_size=WINDOW,
        global_attn_indexes=list(_GLOBAL),
        use_rel_pos=False,
        num_pos_feats=_CHANNELS // 2,
        mlp_dim=4 * _WIDTH,
    )
    prompts = SamPromptEncoderConfig(
        hidden_size=_CHANNELS, image_size=SIDE_PX, patch_size=PATCH_PX, mask_input_channels=16
    )
    decoder = SamMaskDecoderConfig(
        hidden_size=_CHANNELS,
        mlp_dim=512,
        num_attention_heads=4,
        iou_head_depth=_IOU_DEPTH,
        iou_head_hidden_dim=_CHANNELS,
        # The package's decoder layers use PyTorch's default here, not 1e-6.
        layer_norm_eps=1e-5,
    )
    return SamConfig(
        vision_config=vision.to_dict(),
        prompt_encoder_config=prompts.to_dict(),
        mask_decoder_config=decoder.to_dict(),
    )


def build_sam(config: SamConfig | None = None) -> Sam:
    """Build mini-sam in the package's class, with new weights.

    Args:
        config: Another shape than mini-sam's, for tests.

    Returns:
        The model; its matrix of random frequencies is rounded to what float16 can store, so that
        the stored model is the trained one.
    """
    sam = build_package_sam((config or build_config()).to_dict())
    nn.init.trunc_normal_(sam.image_encoder.pos_embed, std=0.02)
    frequencies = sam.prompt_encoder.pe_layer
    name = "positional_encoding_gaussian_matrix"
    matrix = getattr(frequencies, name)
    # With the package's one scale a click is a blot of 20 px in a frame of 256.
    slow, fast = _FREQUENCIES
    matrix = matrix * slow * (fast / slow) ** torch.rand(matrix.shape[1])
    # Not learned, so not in a checkpoint: it comes back from the seed.
    frequencies.register_buffer(name, matrix.half().float(), persistent=False)
    return sam


def to_transformers(sam: Sam, config: SamConfig) -> SamModel:
    """Copy the weights into transformers' class.

    Args:
        sam: The package's model.
        config: Its configuration.

    Returns:
        The same model in evaluation mode.
    """
    model = SamModel(config)
    state = dict(sam.state_dict())
    layer = sam.prompt_encoder.pe_layer
    state["prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"] = (
        layer.positional_encoding_gaussian_matrix
    )
    depth = config.mask_decoder_config.iou_head_depth
    names = package_names(model.state_dict(), depth)
    model.load_state_dict({ours: state[theirs] for ours, theirs in names.items()}, strict=False)
    model.tie_weights()
    return model.eval()


def build_processor() -> SamProcessor:
    """Make the processor that feeds pictures and prompts to the transformers class.

    Returns:
        Longest side to 256 px, padded at the right and at the bottom.
    """
    square = {"height": SIDE_PX, "width": SIDE_PX}
    mask = SIDE_PX // MASK_PX
    return SamProcessor(
        SamImageProcessor(
            size={"longest_edge": SIDE_PX},
            pad_size=square,
            mask_size={"longest_edge": mask},
            mask_pad_size={"height": mask, "width": mask},
        )
    )


@dataclass(frozen=True)
class Looked:
    """What the encoder saw of a batch of crops.

    Attributes:
        features: (B, C, h, w) float.
        position: (B, C, h, w) float, the positional code of each cell in the whole frame.
        origins_xy: (B, 2) int64, left and top of each crop in the whole frame, in tokens.
    """

    features: torch.Tensor
    position: torch.Tensor
    origins_xy: torch.Tensor


@dataclass(frozen=True)
class Prompts:
    """Prompts that started with a click, then prompts that started with a box.

    Both kinds have the same number of tokens in each round: n clicks and one padding token, or
    n - 1 clicks and two corners.

    Attributes:
        rows: (N,) int64, which picture each prompt belongs to, clicks first.
        points_xy: (N, n, 2) float32, in pixels of the whole frame; of a box prompt the first is
            not a click and is not read.
        labels: (N, n) int64, 1 for a click inside, 0 for one outside.
        boxes_xyxy: (M, 4) float32, boxes of the last M prompts.
    """

    rows: torch.Tensor
    points_xy: torch.Tensor
    labels: torch.Tensor
    boxes_xyxy: torch.Tensor

    def with_clicks(self, points_xy: torch.Tensor, labels: torch.Tensor) -> "Prompts":
        """Add one click to each prompt.

        Args:
            points_xy: (N, 2) float32.
            labels: (N,) int64.

        Returns:
            Prompts with n + 1 points.
        """
        return Prompts(
            self.rows,
            torch.cat([self.points_xy, points_xy[:, None]], 1),
            torch.cat([self.labels, labels[:, None]], 1),
            self.boxes_xyxy,
        )


class CropSam(nn.Module):
    """Runs the parts of a Sam on square crops of the frame, as if the rest were not there.

    A crop starts at a multiple of the window, takes its own piece of the learned positions and of
    the decoder's positional code, and its clicks keep their place in the whole frame. So the same
    weights learn from quick crops and from whole pictures.

    Args:
        sam: The model that learns.
    """

    def __init__(self, sam: Sam) -> None:
        super().__init__()
        self.sam = sam

    def look(self, pixels: torch.Tensor, origins_xy: torch.Tensor) -> Looked:
        """Encode crops.

        Args:
            pixels: (B, 3, side, side) uint8 or float, RGB 0..255; the side is a multiple of the
                window, at most 256.
            origins_xy: (B, 2) int64, left and top of each crop in tokens.

        Returns:
            The features and their places.
        """
        encoder = self.sam.image_encoder
        x = (pixels.float() - self.sam.pixel_mean) / self.sam.pixel_std
        tokens = encoder.patch_embed(x)
        size = tokens.shape[1]
        tokens = tokens + _pieces(encoder.pos_embed, origins_xy, size)
        for block in encoder.blocks:
            tokens = block(tokens)
        features = encoder.neck(tokens.permute(0, 3, 1, 2))
        with torch.autocast(features.device.type, enabled=False):
            code = self.sam.prompt_encoder.get_dense_pe().permute(0, 2, 3, 1)
        return Looked(features, _pieces(code, origins_xy, size).permute(0, 3, 1, 2), origins_xy)

    def decode(
        self, looked: Looked, prompts: Prompts, logits: torch.Tensor | None, forget: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Predict all four masks of each prompt.

        Args:
            looked: The encoded crops.
            prompts: N prompts.
            logits: (N, 1, 4h, 4w) float, masks of the round before, or ``None``.
            forget: (N,) bool, prompts that are answered as if there were no mask before.

        Returns:
            Logits (N, 4, 4h, 4w) and predicted IoU (N, 4): the single mask, then three candidates.
        """
        decoder = self.sam.mask_decoder
        sparse = self._sparse(prompts)
        own = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
        tokens = torch.cat([own.expand(len(sparse), -1, -1), sparse], 1)
        source = looked.features[prompts.rows] + self._dense(logits, forget)
        position = looked.position[prompts.rows]
        if torch.is_autocast_enabled(source.device.type):
            # Or the sums of the decoder would be float32, and be cast again before each product.
            half = torch.get_autocast_dtype(source.device.type)
            source, position = source.to(half), position.to(half)
        states, source = decoder.transformer(source, position, tokens)
        heads = torch.stack(
            [mlp(states[:, 1 + i]) for i, mlp in enumerate(decoder.output_hypernetworks_mlps)], 1
        )
        masks = _mask_products(decoder.output_upscaling, source, heads, looked.features.shape[-1])
        return masks.float(), decoder.iou_prediction_head(states[:, 0]).float()

    def _sparse(self, prompts: Prompts) -> torch.Tensor:
        encoder = self.sam.prompt_encoder
        clicked = len(prompts.rows) - len(prompts.boxes_xyxy)
        points, labels = prompts.points_xy, prompts.labels
        # In bfloat16 a place of 200.5 px would be one of 200 or 201.
        with torch.autocast(points.device.type, enabled=False):
            parts = [encoder((points[:clicked], labels[:clicked]), None, None)[0]]
            if len(prompts.boxes_xyxy):
                later = (points[clicked:, 1:], labels[clicked:, 1:])
                parts.append(encoder(later, prompts.boxes_xyxy, None)[0])
        return torch.cat(parts)

    def _dense(self, logits: torch.Tensor | None, forget: torch.Tensor) -> torch.Tensor:
        encoder = self.sam.prompt_encoder
        nothing = encoder.no_mask_embed.weight.reshape(1, -1, 1, 1)
        if logits is None:
            return nothing
        given = _mask_code(encoder.mask_downscaling, logits)
        return torch.where(forget.view(-1, 1, 1, 1), nothing.to(given.dtype), given)


def _mask_products(
    upscaling: Any, source: torch.Tensor, heads: torch.Tensor, size: int
) -> torch.Tensor:
    """What the decoder's upscaling and its product with the heads give, some times faster.

    A transposed convolution whose stride is its width is one matrix for each cell; so the pixels
    are put into their places once, when only the masks are left.

    Args:
        upscaling: ``MaskDecoder.output_upscaling``.
        source: (N, size * size, C) float.
        heads: (N, M, C/8) float.
        size: Side in tokens.

    Returns:
        (N, M, 4 * size, 4 * size) float.
    """
    first, norm, act, second, last = upscaling
    x = act(_channels_norm(_cell_product(source, first), norm))
    x = last(_cell_product(x, second)).flatten(1, 3)
    masks = (x @ heads.transpose(1, 2)).unflatten(1, (size, size, 2, 2, 2, 2))
    count, most = len(source), heads.shape[1]
    # (rows, columns, outer row, outer column, inner row, inner column) to (rows, columns).
    return masks.permute(0, 7, 1, 3, 5, 2, 4, 6).reshape(count, most, 4 * size, 4 * size)


def _cell_product(x: torch.Tensor, convolution: Any) -> torch.Tensor:
    """(..., C) to (..., 4, C'): the four pixels that a cell becomes."""
    weight, bias = convolution.weight, convolution.bias
    matrix = weight.permute(2, 3, 1, 0).reshape(-1, weight.shape[0])
    return F.linear(x, matrix, bias.repeat(4)).unflatten(-1, (4, -1))


def _channels_norm(x: torch.Tensor, norm: Any) -> torch.Tensor:
    return F.layer_norm(x, x.shape[-1:], norm.weight, norm.bias, norm.eps)


def _mask_code(downscaling: Any, logits: torch.Tensor) -> torch.Tensor:
    """What ``PromptEncoder.mask_downscaling`` gives, as products of cells.

    Args:
        downscaling: The layers.
        logits: (N, 1, 4h, 4w) float.

    Returns:
        (N, C, h, w) float.
    """
    first, norm, act, second, other_norm, other_act, last = downscaling
    size = logits.shape[-1] // 4
    x = logits.reshape(-1, size, 2, 2, size, 2, 2).permute(0, 1, 4, 2, 5, 3, 6).flatten(-2)
    x = act(_channels_norm(F.linear(x, first.weight.flatten(1), first.bias), norm))
    # The weight has its channels before its pixels, the cells have them behind.
    matrix = second.weight.permute(0, 2, 3, 1).flatten(1)
    x = other_act(_channels_norm(F.linear(x.flatten(-3), matrix, second.bias), other_norm))
    return F.linear(x, last.weight.flatten(1), last.bias).permute(0, 3, 1, 2)


def _pieces(table: torch.Tensor, origins_xy: torch.Tensor, size: int) -> torch.Tensor:
    """Cut (B, size, size, C) out of a table (1, GRID, GRID, C)."""
    if size == table.shape[1]:
        return table.expand(len(origins_xy), -1, -1, -1)
    pieces: list[Any] = [
        table[0, top : top + size, left : left + size] for left, top in origins_xy.tolist()
    ]
    return torch.stack(pieces)


def soft_targets(masks: torch.Tensor) -> torch.Tensor:
    """Shrink exact masks to the size of the logits.

    Args:
        masks: (N, H, W) uint8, 0 or 1.

    Returns:
        (N, H/2, W/2) float32, covered part of each cell.
    """
    return F.avg_pool2d(masks.float()[:, None], MASK_PX)[:, 0]
