"""Scrambled weights: shuffled as said, without a copy of any tensor."""

import copy
from itertools import chain

import numpy as np
import torch

from playground.models.scrambling import scramble_weights


class Stack(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(6, 6)
        sizes = ((6, 10), (10, 6))
        self.layers = torch.nn.ModuleList(torch.nn.Linear(*size) for size in sizes)

    def forward(self, values):
        values = self.first(values)
        for layer in self.layers:
            values = layer(values)
        return values


def scrambled(module, seed=1):
    shared = {id(tensor): tensor for tensor in chain(module.parameters(), module.buffers())}
    own = copy.deepcopy(module, shared)
    scramble_weights(own, seed)
    return own


def test_it_computes_what_shuffled_matrices_would():
    torch.manual_seed(0)
    module = Stack()
    values = torch.randn(3, 6)
    own = scrambled(module)
    generator = torch.Generator().manual_seed(1)
    expected = copy.deepcopy(module)
    for layer in reversed(expected.layers):
        rows, columns = (torch.randperm(size, generator=generator) for size in layer.weight.shape)
        layer.weight.data = layer.weight.data[rows][:, columns]
    assert torch.allclose(own(values), expected(values), atol=1e-6)
    assert not torch.allclose(own(values), module(values), atol=1e-2)


def test_no_tensor_is_copied_and_the_model_itself_stays():
    module = Stack()
    values = torch.randn(2, 6)
    before = module(values)
    own = scrambled(module)
    pairs = zip(own.parameters(), module.parameters(), strict=True)
    assert all(mine is theirs for mine, theirs in pairs)
    assert torch.equal(module(values), before)


def test_the_same_seed_scrambles_alike_and_gradients_flow():
    module, values = Stack(), torch.randn(2, 6, requires_grad=True)
    first, again, other = (scrambled(module, seed)(values) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.allclose(first, other)
    (gradient,) = torch.autograd.grad(first.sum(), values)
    assert np.isfinite(gradient.numpy()).all() and gradient.abs().sum() > 0
