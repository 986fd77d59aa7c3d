"""Attention and hidden parts of every kin of CLIP, on tiny checkpoints."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from playground.models import clip
from playground.models.clip_framing import frame_picture
from playground.models.clip_relevance import (
    look_at_picture,
    look_at_text,
    score_framed,
)
from playground.visitors.errors import PersonError
from tests.models.tiny_checkpoints import CHECKPOINTS
from tests.models.tiny_clip import save_tiny_clip

ANY_SHAPE = "siglip2-naflex"
TEXT = "a red cat"


def picture():
    return np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    root = tmp_path_factory.mktemp("kin")

    def load(name, save):
        save(root / name)
        return clip.join(
            root / name, clip.build("text", root / name), clip.build("vision", root / name)
        )

    return {name: load(name, save) for name, save in CHECKPOINTS.items()}


@pytest.mark.parametrize("name", sorted(CHECKPOINTS))
def test_a_framed_picture_scores_as_the_picture_itself(models, name):
    model = models[name]
    framed, text = frame_picture(model, picture()), clip.embed_texts(model, [TEXT])[0]
    expected = clip.embed_pictures(model, [picture()])[0] @ text
    assert score_framed(model, framed.values[None], text) == pytest.approx([expected], abs=1e-5)
    assert framed.shown.shape == (*framed.values.shape[1:], 3)


@pytest.mark.parametrize("name", sorted(CHECKPOINTS))
def test_looks_at_pictures_are_attention_and_change_nothing_for_others(models, name):
    model = models[name]
    before = state_of(model.vision)
    framed, text = frame_picture(model, picture()), clip.embed_texts(model, [TEXT])[0]
    looks = look_at_picture(model, framed, text)
    check(looks, framed.grid_hw[0] * framed.grid_hw[1])
    scrambled = look_at_picture(model, framed, text, scramble=1)
    assert not np.allclose(scrambled.attentions, looks.attentions)
    again = look_at_picture(model, framed, text)
    assert np.array_equal(again.attentions, looks.attentions)
    assert state_of(model.vision) == before


@pytest.mark.parametrize("name", sorted(CHECKPOINTS))
def test_looks_at_texts_have_a_part_for_each_piece(models, name):
    model = models[name]
    before = state_of(model.text)
    vector = clip.embed_texts(model, ["something else"])[0]
    looks = look_at_text(model, TEXT, vector)
    check(looks, clip.count_tokens(model, TEXT).kept)
    assert state_of(model.text) == before


def check(looks, parts):
    assert looks.attentions.shape == looks.gradients.shape
    assert looks.attentions.sum(-1) == pytest.approx(np.ones(looks.attentions.shape[:-1]), abs=1e-4)
    assert np.abs(looks.gradients).max() > 0
    for heat in (looks.rollout(), looks.gradient_rollout()):
        assert heat.shape == (parts,)
        assert np.isfinite(heat).all() and (heat >= 0).all()


def state_of(module):
    """Which tensors it holds, how it computes attention, and who listens to it."""
    hooks = [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules()]
    tensors = [(id(tensor), tensor.sum().item()) for tensor in module.parameters()]
    return tensors, module.config._attn_implementation, sum(hooks), module.training


def test_attention_is_what_the_library_itself_tells(tmp_path):
    save_tiny_clip(tmp_path)
    model = clip.join(tmp_path, clip.build("text", tmp_path), clip.build("vision", tmp_path))
    framed = frame_picture(model, picture())
    looks = look_at_picture(model, framed, np.eye(model.width, dtype=np.float32)[0])
    library = clip.build("vision", tmp_path)
    library.set_attn_implementation("eager")
    told = library(pixel_values=torch.from_numpy(framed.values[None]), output_attentions=True)
    assert looks.attentions == pytest.approx(torch.cat(told.attentions).detach().numpy(), abs=1e-6)


def test_gradients_say_how_the_score_moves(tmp_path):
    """Attention that is moved along its gradient moves the score as the gradient says."""
    save_tiny_clip(tmp_path)
    model = clip.join(tmp_path, clip.build("text", tmp_path), clip.build("vision", tmp_path))
    framed, text = frame_picture(model, picture()), clip.embed_texts(model, [TEXT])[0]
    looks = look_at_picture(model, framed, text)
    step = 1e-3
    nudge = torch.from_numpy(step * np.sign(looks.gradients[-1:]))
    attention = [part for part in model.vision.modules() if type(part).__name__ == "CLIPAttention"][
        -1
    ]
    before = score_framed(model, framed.values[None], text)[0]
    original = attention.forward

    def nudged(hidden_states, **options):
        heads, width = attention.num_heads, attention.head_dim
        values = attention.v_proj(hidden_states).view(1, -1, heads, width).transpose(1, 2)
        output, weights = original(hidden_states, **options)
        moved = (nudge @ values).transpose(1, 2).reshape(1, -1, heads * width)
        return output + moved @ attention.out_proj.weight.T, weights

    attention.forward = nudged
    after = score_framed(model, framed.values[None], text)[0]
    attention.forward = original
    expected = step * np.abs(looks.gradients[-1]).sum() / 1000
    assert after - before == pytest.approx(expected, rel=0.05)


def test_hidden_patches_get_the_mean_colour_and_the_rest_stays(models):
    framed = frame_picture(models["openai-clip"], picture())
    patches = framed.grid_hw[0] * framed.grid_hw[1]
    hidden = framed.hidden(np.eye(patches, dtype=bool))
    assert hidden.shape == (patches, *framed.values.shape)
    colour = framed.values.mean(axis=(1, 2))
    assert hidden[0, :, 0, 0] == pytest.approx(colour, abs=1e-5)
    changed = (hidden != framed.values).any(axis=1)
    # Each patch is hidden once, and they cover the picture without overlapping.
    assert (changed.sum(axis=0) <= 1).all()
    assert changed.sum() == pytest.approx(framed.values[0].size, abs=2)
    assert np.array_equal(framed.hidden(np.zeros((1, patches), bool))[0], framed.values)


def test_a_plain_picture_has_finite_maps(models):
    model = models["openai-clip"]
    framed = frame_picture(model, np.zeros((20, 20, 3), np.uint8))
    looks = look_at_picture(model, framed, clip.embed_texts(model, [TEXT])[0])
    assert np.isfinite(looks.gradient_rollout()).all()


def test_a_picture_of_any_shape_keeps_its_shape(models):
    wide = np.concatenate([picture(), picture()], axis=1)
    framed = frame_picture(models[ANY_SHAPE], wide)
    rows, columns = framed.grid_hw
    assert columns > rows and framed.shown.shape[:2] == framed.values.shape[1:]
    whole = Image.fromarray(wide).resize(framed.shown.shape[1::-1], Image.Resampling.BILINEAR)
    assert np.abs(framed.shown.astype(int) - np.asarray(whole)).mean() < 4


def test_a_model_that_takes_pictures_in_its_own_way_says_that_it_has_no_map(models):
    model = models["openai-clip"]
    odd = replace(model, image_processor=lambda **_: {"pixel_values": np.zeros((1, 4, 4))})
    with pytest.raises(PersonError, match="no_map"):
        frame_picture(odd, picture())
