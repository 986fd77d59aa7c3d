"""Maps with a known answer: networks small enough to follow with a pencil."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from playground.explain.relevance import (
    gradient_rollout,
    occlusion_heat,
    occlusion_windows,
    rollout,
)


def shares(*shape, seed=0):
    weights = np.random.default_rng(seed).random(shape)
    return weights / weights.sum(-1, keepdims=True)


def test_rollout_of_one_layer_is_half_attention_and_half_the_token_itself():
    attention = np.array([[[[0.0, 1.0], [0.5, 0.5]]]])
    assert rollout(attention) == pytest.approx(np.array([[0.5, 0.5], [0.25, 0.75]]))


def test_rollout_multiplies_later_layers_from_the_left():
    first, second = shares(2, 1, 3, 3)
    mixed = [0.5 * weights[0] + 0.5 * np.eye(3) for weights in (first, second)]
    assert rollout(np.stack([first, second])) == pytest.approx(mixed[1] @ mixed[0])


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 6))
def test_rollout_hands_on_everything_and_nothing_more(layers, heads, tokens):
    flow = rollout(shares(layers, heads, tokens, tokens))
    assert flow.sum(axis=1) == pytest.approx(np.ones(tokens))
    assert (flow >= 0).all()


def test_gradients_point_out_the_one_token_that_matters():
    """One attention layer reads values of which only token 2 holds what the score counts."""
    torch.manual_seed(0)
    attention = torch.softmax(torch.zeros(1, 1, 4, 4), dim=-1).requires_grad_()
    values = torch.zeros(1, 1, 4, 1)
    values[..., 2, 0] = 1.0
    score = (attention @ values)[0, 0, 0, 0]
    (gradient,) = torch.autograd.grad(score, attention)
    heat = gradient_rollout(attention.detach().numpy(), gradient.numpy())[0]
    assert heat[1:] == pytest.approx([0.0, 0.25, 0.0])
    # Rollout sees the same attention and cannot tell the tokens apart.
    plain = rollout(attention.detach().numpy())[0, 1:]
    assert np.ptp(plain) == pytest.approx(0.0)


def test_what_lowers_the_score_is_no_heat():
    weights = np.full((1, 1, 2, 2), 0.5)
    assert gradient_rollout(weights, -np.ones((1, 1, 2, 2))) == pytest.approx(np.eye(2))


def test_gradient_rollout_follows_a_path_through_two_layers():
    """Token 0 reads token 1 in the second layer, which read token 2 in the first."""
    weights = np.zeros((2, 1, 3, 3))
    weights[0, 0, 1, 2] = weights[1, 0, 0, 1] = 1.0
    assert gradient_rollout(weights, np.ones_like(weights))[0] == pytest.approx([1.0, 1.0, 1.0])


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 5), st.integers(4, 90))
def test_windows_cover_every_patch_and_are_few(rows, columns, side, most):
    windows = occlusion_windows((rows, columns), side=side, most=most)
    assert windows.shape == (len(windows), rows * columns)
    assert len(windows) <= most
    assert windows.any(axis=0).all()


def test_occlusion_finds_the_patch_that_a_score_reads():
    """The score is what stands in one patch: only squares that hide it cost anything."""
    windows = occlusion_windows((5, 5), side=2, most=81)
    drops = windows[:, 12].astype(float)
    heat = occlusion_heat(drops, windows)
    assert heat.argmax() == 12
    assert heat[12] == 1.0
    assert heat[0] == 0.0


def test_a_score_that_rises_is_no_heat():
    windows = occlusion_windows((2, 2), side=1, most=4)
    assert occlusion_heat(-np.ones(4), windows).tolist() == [0, 0, 0, 0]
