"""The samplers: the library's classes, made from a model's own configuration, one for each picture.

A latent with noise is always `signal * picture + noise * dice`; each class has its own law for the
two numbers. Knowing them is enough to start in the middle, to put a known part back, to tell how
much noise there is, and to foresee what will come of it.
"""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

Law = Callable[[Any, int], tuple[float, float]]


@dataclass(frozen=True)
class Sampler:
    """One sampler that is offered.

    Attributes:
        class_name: Class of diffusers.
        law: `law(sampler, index)` gives the shares of signal and noise before a step.
        options: What is set beside the model's own configuration.
    """

    class_name: str
    law: Law
    options: Mapping[str, Any] = field(default_factory=dict)


def _by_cumulative(sampler: Any, index: int) -> tuple[float, float]:
    """Ho et al. 2020 (arXiv:2006.11239), equation 4."""
    kept = float(sampler.alphas_cumprod[int(sampler.timesteps[index])])
    return math.sqrt(kept), math.sqrt(1 - kept)


def _by_sigma(sampler: Any, index: int) -> tuple[float, float]:
    """Karras et al. 2022 (arXiv:2206.00364), equation 2 with s(t) = 1."""
    return 1.0, float(sampler.sigmas[index])


def _by_scaled_sigma(sampler: Any, index: int) -> tuple[float, float]:
    """The same with s(t) = 1 / sqrt(1 + sigma^2), which keeps the variance."""
    sigma = float(sampler.sigmas[index])
    signal = 1 / math.sqrt(1 + sigma**2)
    return signal, sigma * signal


def _by_flow(sampler: Any, index: int) -> tuple[float, float]:
    """Liu et al. 2022 (arXiv:2209.03003), equation 1."""
    sigma = float(sampler.sigmas[index])
    return 1 - sigma, sigma


def _by_angle(sampler: Any, index: int) -> tuple[float, float]:
    """Lu & Song 2024 (arXiv:2410.11081), section 4.1 ("TrigFlow")."""
    angle = float(sampler.timesteps[index])
    return math.cos(angle), math.sin(angle)


SAMPLERS: Mapping[str, Sampler] = {
    "ddim": Sampler("DDIMScheduler", _by_cumulative),
    "euler": Sampler("EulerDiscreteScheduler", _by_sigma),
    "euler-a": Sampler("EulerAncestralDiscreteScheduler", _by_sigma),
    "dpm++2m": Sampler("DPMSolverMultistepScheduler", _by_scaled_sigma),
    "unipc": Sampler("UniPCMultistepScheduler", _by_scaled_sigma),
    # Its Runge-Kutta steps change tensors that a copy would share; Stable Diffusion skips them too.
    "pndm": Sampler("PNDMScheduler", _by_cumulative, {"skip_prk_steps": True}),
    "lcm": Sampler("LCMScheduler", _by_cumulative),
    "flow-euler": Sampler("FlowMatchEulerDiscreteScheduler", _by_flow),
    "scm": Sampler("SCMScheduler", _by_angle),
}


@dataclass(eq=False)
class Run:
    """A sampler on its way through the steps of one picture.

    Attributes:
        sampler: The library's, which remembers former steps.
        law: As in `Sampler`.
        dice: Where its noise comes from; on the CPU, so that machines and batches do not matter.
        count: Steps from pure noise to the picture.
        has_forgotten: Whether no step was taken since `forget`.
    """

    sampler: Any
    law: Law
    dice: torch.Generator
    count: int
    has_forgotten: bool = False

    def copy(self) -> Run:
        """Returns one that can be stepped without a trace in this one."""
        sampler = copy.copy(self.sampler)
        for name, value in vars(sampler).items():
            if isinstance(value, list):
                setattr(sampler, name, list(value))
        return Run(sampler, self.law, self.dice.clone_state(), self.count, self.has_forgotten)

    def shares(self, index: int) -> tuple[float, float]:
        """Returns the shares of signal and noise before a step; (1, 0) after the last."""
        return (1.0, 0.0) if index >= self.count else self.law(self.sampler, index)

    def mixed(self, picture: torch.Tensor, noise: torch.Tensor, index: int) -> torch.Tensor:
        """Puts as much noise on a latent as belongs before a step.

        Args:
            picture: float32 (C, h, w).
            noise: Of the same shape, of deviation 1 in the scale of `picture`.
            index: Number of the step, from 0; `count` leaves no noise.
        """
        signal, share = self.shares(index)
        return signal * picture + share * noise

    def noise_level(self, index: int) -> float:
        """Returns the share of noise before a step, 0 to 1, comparable between samplers."""
        signal, share = self.shares(index)
        # The angle that the last law begins with is a hair beyond a right one.
        return min(1.0, share / (signal + share))

    def time(self, index: int) -> torch.Tensor:
        """Returns the time of a step as the sampler names it."""
        return self.sampler.timesteps[index]

    def heard(self, latent: torch.Tensor, index: int) -> torch.Tensor:
        """Scales a latent as the denoiser wants it."""
        if not hasattr(self.sampler, "scale_model_input"):
            return latent
        scaled: torch.Tensor = self.sampler.scale_model_input(latent, self.time(index))
        return scaled

    def foreseen(self, values: torch.Tensor, latent: torch.Tensor, index: int) -> torch.Tensor:
        """Tells which picture a prediction amounts to.

        Args:
            values: float32 (C, h, w), what the denoiser said, guidance included.
            latent: float32 (C, h, w), before the step.
            index: Number of the step.

        Returns:
            float32 (C, h, w).

        Source: Salimans & Ho 2022 (arXiv:2202.00512), appendix D (noise, picture and velocity);
        Liu et al. 2022 (arXiv:2209.03003), equation 1 (flow).
        """
        signal, noise = self.shares(index)
        if self.law is _by_flow:
            return latent - noise * values
        length = math.hypot(signal, noise)
        signal, noise, latent = signal / length, noise / length, latent / length
        meaning = self.sampler.config.prediction_type
        if meaning == "sample":
            return values
        if meaning == "epsilon":
            return (latent - noise * values) / signal
        return signal * latent - noise * values

    def step(self, values: torch.Tensor, latent: torch.Tensor, index: int) -> torch.Tensor:
        """Takes one step; this run remembers it.

        Args:
            values: float32 (C, h, w), what the denoiser said, guidance included.
            latent: float32 (C, h, w), before the step.
            index: Number of the step.

        Returns:
            float32 (C, h, w), after the step.
        """
        if self.has_forgotten and hasattr(self.sampler, "ets"):
            return self._step_afresh(values, latent, index)
        self.has_forgotten = False
        options = {}
        if "generator" in inspect.signature(self.sampler.step).parameters:
            options["generator"] = self.dice
        stepped: torch.Tensor = self.sampler.step(
            values[None], self.time(index), latent[None], return_dict=False, **options
        )[0]
        return stepped[0]

    def forget(self, dice: torch.Generator) -> None:
        """Forgets former steps, which do not belong to what is in the latent now.

        Args:
            dice: Where its noise comes from now on.
        """
        self.dice = dice
        self.has_forgotten = True
        if hasattr(self.sampler, "model_outputs"):
            self.sampler.model_outputs = [None] * len(self.sampler.model_outputs)
            self.sampler.lower_order_nums = 0
        if hasattr(self.sampler, "last_sample"):
            self.sampler.last_sample = None

    def _step_afresh(self, values: torch.Tensor, latent: torch.Tensor, index: int) -> torch.Tensor:
        """The first step of PNDM after `forget`: Euler's, the next ones remember it.

        Its class counts steps, and takes the first one twice: in a run of S steps the second and
        the third have the same time. Who forgets between the two goes nowhere in the second.
        """
        sampler, self.has_forgotten = self.sampler, False
        sampler.ets, sampler.counter = [], 0
        stepped: torch.Tensor = sampler.step(
            values[None], self.time(index), latent[None], return_dict=False
        )[0][0]
        # As after its second step: the class repeats nothing, and forms the order 2 of Adams.
        sampler.counter, sampler.cur_sample = 2, None
        stays = index + 1 < self.count and bool(self.time(index + 1) == self.time(index))
        return latent if stays else stepped


def own_sampler(scheduler: Any) -> str:
    """Returns the name of the sampler that a model's folder configures.

    Args:
        scheduler: The library's, as the folder configures it.

    Raises:
        KeyError: It is none of `SAMPLERS`.
    """
    for name, row in SAMPLERS.items():
        if row.class_name == type(scheduler).__name__:
            return name
    raise KeyError(type(scheduler).__name__)


def make_sampler(scheduler: Any, name: str) -> Any:
    """Makes a sampler of a model.

    Args:
        scheduler: The library's, as the model's folder configures it.
        name: Key of `SAMPLERS`.

    Returns:
        A sampler of the library, not yet told the number of steps.

    Raises:
        KeyError: There is none of this name.
    """
    import diffusers

    row = SAMPLERS[name]
    made = getattr(diffusers, row.class_name)
    return made.from_config(scheduler.config, **row.options)


def begin_run(sampler: Any, name: str, *, first: int, seed: int) -> Run:
    """Begins a run of a sampler that was told the number of steps.

    Args:
        sampler: From `make_sampler`.
        name: Its key in `SAMPLERS`.
        first: The step that comes first, from 0.
        seed: Of its noise.
    """
    import torch

    law = SAMPLERS[name].law
    if hasattr(sampler, "set_begin_index"):
        sampler.set_begin_index(first)
    if law is _by_sigma:
        # The first of a cosine schedule is so large that the ancestral class takes the root of a
        # number below 0 in 32 bits (with 3 steps), which is the square of nearly none.
        sampler.sigmas = sampler.sigmas.double()
    # The times of the last class end with that of the picture itself.
    count = len(sampler.timesteps) - (1 if law is _by_angle else 0)
    return Run(sampler, law, torch.Generator().manual_seed(seed), count)
