import torch

from training.sam_batches import SamBatches
from training.sam_model import CropSam, Prompts, build_sam
from training.sam_start import start_well, whiten_patches


def test_patches_come_out_uncorrelated() -> None:
    torch.manual_seed(0)
    sam = build_sam()
    pixels = SamBatches(100)[0].pixels
    with torch.no_grad():
        whiten_patches(sam, pixels)
        normal = (pixels.float() - sam.pixel_mean) / sam.pixel_std
        tokens = sam.image_encoder.patch_embed(normal).flatten(0, 2)
    covariance = torch.cov(tokens.T)
    spread = covariance.diagonal()
    assert tokens.mean(0).abs().max() < 1e-3
    assert (covariance - torch.diag(spread)).abs().max() < 1e-2
    assert spread.max() < 1.01
    # Without it the mean colour is some thousand times louder than a fine edge.
    assert spread.max() / spread[: len(spread) // 2].min() < 10


def test_the_decoder_looks_where_the_click_is() -> None:
    torch.manual_seed(0)
    sam = build_sam()
    start_well(sam, SamBatches(100)[0].pixels)
    attention = sam.mask_decoder.transformer.layers[0].cross_attn_token_to_image
    prompts = sam.prompt_encoder
    clicks = torch.tensor([[(43.0, 91.0)], [(203.0, 19.0)], [(131.0, 243.0)]])
    with torch.no_grad():
        query = attention.q_proj(prompts((clicks, torch.ones(3, 1)), None, None)[0][:, 0])
        code = prompts.get_dense_pe().flatten(2)[0].T
        scores = query @ attention.k_proj(code).T
    cells = scores.argmax(1)
    found = torch.stack([cells % 32, cells // 32], 1) * 8 + 3.5
    assert (found - clicks[:, 0]).abs().max() <= 8


def test_the_first_weights_do_not_depend_on_when_they_are_made() -> None:
    pixels = SamBatches(100)[0].pixels
    states = []
    for _ in range(2):
        torch.manual_seed(5)
        sam = build_sam()
        start_well(sam, pixels)
        states.append(sam.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_model_still_answers() -> None:
    torch.manual_seed(0)
    sam = build_sam()
    batch = SamBatches(100)[0]
    start_well(sam, batch.pixels)
    crops = CropSam(sam)
    prompts = Prompts(
        torch.zeros(1, dtype=torch.long),
        torch.tensor([[(10.0, 10.0)]]),
        torch.ones(1, 1, dtype=torch.long),
        torch.zeros(0, 4),
    )
    with torch.no_grad():
        looked = crops.look(batch.pixels[:1], batch.origins_xy[:1])
        logits, ious = crops.decode(looked, prompts, None, torch.tensor((False,)))
    assert torch.isfinite(logits).all() and torch.isfinite(ious).all()
