from __future__ import annotations

import copy

import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor2_0

from playground.models import diffusion_maps
from playground.models.diffusion_maps import Recorder, install
from tests.models.mini_drawer import mini_parts


def tiny_unet() -> UNet2DConditionModel:
    torch.manual_seed(0)
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        attention_head_dim=4,
        cross_attention_dim=12,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    ).eval()


def inputs(size_hw=(8, 8), rows=3):
    return (
        torch.randn(rows, 4, *size_hw),
        torch.tensor([1, 500, 900][:rows]),
        torch.randn(rows, 7, 12),
    )


@torch.inference_mode()
@pytest.mark.parametrize("size_hw", [(8, 8), (6, 10), (34, 68)])
def test_what_is_computed_stays_what_the_library_computes(size_hw):
    module = tiny_unet()
    given = inputs(size_hw)
    expected = module(*given).sample
    recorder = install(module)
    with recorder.listening([0, 2], size_hw):
        torch.testing.assert_close(module(*given).sample, expected, atol=1e-5, rtol=1e-5)
    maps = recorder.maps()
    height, width = size_hw
    times = -(-max(size_hw) // diffusion_maps.MOST_SIDE)
    assert [found.shape for found in maps] == [(7, -(-height // times), -(-width // times))] * 2
    for found in maps:
        assert torch.from_numpy(found).float().sum(0).allclose(torch.ones(1), atol=0.01)
        assert found.std() > 0
    assert recorder.maps() == []


@torch.inference_mode()
def test_rows_are_told_apart_and_nobody_is_heard_unasked():
    module = tiny_unet()
    recorder = install(module)
    given = inputs()
    module(*given)
    assert recorder.maps() == []
    with recorder.listening([2], (8, 8)):
        module(*given)
    [alone] = recorder.maps()
    with recorder.listening([0, 1, 2], (8, 8)):
        module(*given)
    together = recorder.maps()
    assert abs(together[2] - alone).max() < 1e-3
    assert abs(together[0] - alone).max() > 1e-3


@torch.inference_mode()
def test_a_bound_on_what_is_held_changes_nothing(monkeypatch):
    query, key = torch.randn(3, 2, 16, 4), torch.randn(3, 2, 5, 4)
    found = []
    for most in (1, 10**9):
        monkeypatch.setattr(diffusion_maps, "MOST_WEIGHTS", most)
        recorder = Recorder()
        with recorder.listening([0, 1, 2], (4, 4)):
            recorder.look(query, key)
        found.append(recorder.maps())
    for one, other in zip(*found, strict=True):
        assert (one == other).all()
    expected = (query[1] @ key[1].mT / 2).softmax(-1).mean(0).T.reshape(5, 4, 4)
    assert torch.from_numpy(found[0][1]).float().allclose(expected, atol=1e-3)


def test_a_pass_that_failed_leaves_nothing():
    recorder = Recorder()
    with pytest.raises(MemoryError), recorder.listening([0], (2, 2)):
        recorder.look(torch.ones(1, 1, 4, 2), torch.ones(1, 1, 3, 2))
        raise MemoryError
    assert recorder.maps() == []


def test_a_second_device_has_a_recorder_of_its_own():
    """The cache copies a part for a second device; the copy's processors tell the copy."""
    part = mini_parts()["denoiser"]
    twin = copy.deepcopy(part)
    assert twin.recorder is not part.recorder
    found = [
        processor._recorder
        for processor in twin.module.attn_processors.values()
        if not isinstance(processor, AttnProcessor2_0)
    ]
    assert found and all(recorder is twin.recorder for recorder in found)
