"""The losses of mini-blip2's two stages, and the helper heads that are thrown away."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from transformers import Blip2ForConditionalGeneration

from training.backgrounds import BACKGROUNDS
from training.batches import NO_CONCEPT
from training.blip2_batches import Captions, Reading, SceneBatch
from training.blip2_model import WIDTH, MatchHeads, look_and_read, match, region_patches
from training.clip_model import contrastive_loss
from training.concepts import CONCEPTS
from training.llama_model import fused, packed_loss

_HIGHEST_SCALE = math.log(100.0)
_NO_CONCEPT_WEIGHT = 0.3
_MOST = 6
# A line of many classes needs a higher rate than a transformer: as good as that.
_QUICK = 6.0
_NAME_SCALE = 20.0


class SceneReader(nn.Module):
    """Asks the query states for concepts: is it there, how many, where, how large.

    The language model will ask the same, but tells what it needs with one word an answer; this
    helper says it for twelve concepts of each picture at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.concepts = nn.Embedding(len(CONCEPTS), WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, 6, batch_first=True)
        self.norm = nn.LayerNorm(WIDTH)
        self.mixed = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.GELU(), nn.LayerNorm(2 * WIDTH))
        self.count = nn.Linear(2 * WIDTH, _MOST + 1)
        self.box = nn.Linear(2 * WIDTH, 3)

    def forward(self, states: torch.Tensor, reading: Reading) -> torch.Tensor:
        """Compute how badly the answers can be read from the query states.

        Args:
            states: (B, Q, D).
            reading: The true answers.

        Returns:
            Scalar, 0 or more.
        """
        asked = self.concepts(reading.concepts)
        found, _ = self.attention(asked, states, states, need_weights=False)
        mixed = self.mixed(self.norm(asked + found))
        counts = self.count(mixed).float()
        there, single = reading.counts > 0, reading.counts == 1
        # Nine of twelve are not there; what is there counts as much as all that is not.
        loss = F.cross_entropy(counts[there], reading.counts[there])
        loss = loss + F.cross_entropy(counts[~there], reading.counts[~there])
        boxes = self.box(mixed).float().sigmoid()
        return loss + 4 * (boxes[single] - reading.boxes[single]).abs().mean()


class Blip2WithHelpers(nn.Module):
    """mini-blip2, its retrieval heads, and the heads that teach it faster.

    Args:
        blip: The model.
        image_mean: (3,) float, mean that the image processor subtracts, in 0..1.
        image_std: (3,) float, deviation that it divides by, in 0..1.
        names: (languages, concepts, L) int64, tokens of the names of all concepts, padded.
        pad: Token that fills.
        fast: Whether to compile the language model.
    """

    mean: torch.Tensor
    std: torch.Tensor
    regions: torch.Tensor
    names: torch.Tensor

    def __init__(
        self,
        blip: Blip2ForConditionalGeneration,
        image_mean: list[float],
        image_std: list[float],
        names: torch.Tensor,
        pad: int,
        *,
        fast: bool = False,
    ) -> None:
        super().__init__()
        self.blip = blip
        self.heads = MatchHeads(blip.config)
        self.reader = SceneReader()
        regions = region_patches()
        self.patch_head = nn.Linear(WIDTH, NO_CONCEPT + 1 + 3)
        self.place_head = nn.Linear(WIDTH, regions.numel())
        self.region_head = nn.Linear(WIDTH, regions.shape[1] * (NO_CONCEPT + 1 + 3))
        with torch.no_grad():
            self.region_head.weight.div_(_QUICK)
        self.background_head = nn.Linear(WIDTH, len(BACKGROUNDS))
        self.word_head = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.LayerNorm(WIDTH))
        self.match_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self._pad = pad
        self.register_buffer("regions", regions, persistent=False)
        self.register_buffer("names", names, persistent=False)
        body = blip.language_model.model
        # In a tuple, so that no compiled twin is registered as a part of the model. The other
        # parts are called in too many shapes: compiling them takes longer than it saves.
        self._body = (fused(body) if fast else body,)
        shape = (1, 3, 1, 1)
        self.register_buffer("mean", torch.tensor(image_mean).view(shape), persistent=False)
        self.register_buffer("std", torch.tensor(image_std).view(shape), persistent=False)

    def see(self, batch: SceneBatch) -> torch.Tensor:
        """Run the vision tower.

        Args:
            batch: On the device of the model.

        Returns:
            (B, P + 1, D).
        """
        pixels = (batch.pixels.float() / 255 - self.mean) / self.std
        states: torch.Tensor = self.blip.vision_model(pixel_values=pixels).last_hidden_state
        return states

    def eyes(self, batch: SceneBatch, seen: torch.Tensor) -> dict[str, torch.Tensor]:
        """Helpers for the vision tower: what covers each patch, how it lies, where the patch is.

        Without them, after a start from mini-clip and a short training, a linear map on the last
        layer found the place of only one patch in five.

        Args:
            batch: The truth.
            seen: (B, P + 1, D) what the vision tower says.

        Returns:
            The losses by name.
        """
        patches = seen[:, 1:]
        place = torch.arange(patches.shape[1], device=seen.device).repeat(len(seen))
        return {
            "patches": _patch_loss(self.patch_head(patches), batch, slice(None)),
            "places": F.cross_entropy(self.place_head(patches).float().flatten(0, 1), place),
        }

    def region_loss(self, batch: SceneBatch, queries: torch.Tensor) -> torch.Tensor:
        """Helper: each query knows the patches of its own square.

        Args:
            batch: The truth.
            queries: (B, Q, D).

        Returns:
            Scalar, 0 or more.
        """
        known = _QUICK * self.region_head(queries).unflatten(-1, (self.regions.shape[1], -1))
        return _patch_loss(known.flatten(1, 2), batch, self.regions.flatten())

    def _guide(self, looks: torch.Tensor) -> torch.Tensor:
        """Helper: half of the heads of each query look at its own square."""
        guided = looks[:, :, : looks.shape[2] // 2].float()
        own = torch.zeros(guided.shape[-2:], device=looks.device).scatter_(1, self.regions, 1.0)
        return -(guided * own).sum(-1).clamp(min=1e-5).log().mean()

    def stage_one(self, batch: SceneBatch, seen: torch.Tensor) -> dict[str, torch.Tensor]:
        """Representation: contrast, matching and generation, all through the Q-Former.

        Source: Li et al. 2023, "BLIP-2", section 3.1 and figure 2.

        Args:
            batch: On the device of the model.
            seen: (B, P + 1, D) what the vision tower says.

        Returns:
            The losses by name; ``read`` is the helper's.
        """
        # One language a step: twice the text would cost more than it teaches.
        languages = ((batch.english, batch.chinese)[batch.number % 2],)
        queries, decoded, plain, looks = look_and_read(
            self.blip, self.heads, seen, languages, self._pad
        )
        images = F.normalize(self.heads.vision_projection(queries).float(), dim=-1)
        scale = self.match_scale.clamp(max=_HIGHEST_SCALE).exp()
        contrast, tables = [], []
        for caption, states in zip(languages, plain, strict=True):
            texts = F.normalize(self.heads.text_projection(states[:, 0]).float(), dim=-1)
            table = torch.einsum("iqd,jd->ijq", images, texts).amax(-1)
            contrast.append(contrastive_loss(scale * table, caption.fits))
            tables.append((scale * table).detach())
        words = [
            self._generation(caption, states)
            for caption, states in zip(languages, decoded, strict=True)
        ]
        return {
            "itc": torch.stack(contrast).mean(),
            "itm": self._matching(seen, languages, tables),
            "itg": torch.stack(words).mean(),
            "read": self.read(batch, queries),
            "guide": self._guide(looks),
        }

    def stage_two(self, batch: SceneBatch, seen: torch.Tensor) -> dict[str, torch.Tensor]:
        """Generation: the queries stand before the text of the language model.

        Source: Li et al. 2023, "BLIP-2", section 3.2 and figure 3.

        Args:
            batch: On the device of the model.
            seen: (B, P + 1, D) what the vision tower says.

        Returns:
            The losses by name; ``read`` is the helper's, ``text`` is mini-llama's own.
        """
        blip = self.blip
        queries = blip.qformer(
            query_embeds=blip.query_tokens.expand(len(seen), -1, -1),
            encoder_hidden_states=seen,
        ).last_hidden_state
        prefix = blip.language_projection(queries)
        talk = packed_loss(blip.language_model, self._body[0], batch.talk, prefix)
        named = self.name_loss(batch, prefix)
        losses = {"talk": talk, "names": named, "read": self.read(batch, queries)}
        if batch.text is not None:
            losses["text"] = packed_loss(blip.language_model, self._body[0], batch.text)
        return losses

    def name_loss(self, batch: SceneBatch, prefix: torch.Tensor) -> torch.Tensor:
        """Helper: what stands for a thing lies near the words for it, in both languages.

        A language model that finds a word again in a text then finds it in a picture as well.

        Args:
            batch: The truth.
            prefix: (B, Q, D) query states in the space of the language model's embeddings.

        Returns:
            Scalar, 0 or more.
        """
        words = self.blip.language_model.get_input_embeddings()(self.names).detach().float()
        there = (self.names != self._pad).float().unsqueeze(-1)
        words = F.normalize((words * there).sum(2) / there.sum(2), dim=-1)
        # The lowest number of the square: any concept is below NO_CONCEPT.
        shown = batch.patch_concepts[:, self.regions].amin(-1)
        things = shown != NO_CONCEPT
        found = F.normalize(prefix[things].float(), dim=-1)
        logits = _NAME_SCALE * torch.einsum("nd,lcd->lnc", found, words)
        truth = shown[things].expand(len(words), -1)
        return F.cross_entropy(logits.flatten(0, 1), truth.flatten())

    def read(self, batch: SceneBatch, queries: torch.Tensor) -> torch.Tensor:
        """Helper: what can be read off the query states.

        Args:
            batch: The truth.
            queries: (B, Q, D).

        Returns:
            Scalar, 0 or more.
        """
        behind = self.background_head(queries.mean(1)).float()
        behind_loss = F.cross_entropy(behind, batch.background)
        return self.reader(queries, batch.reading) + behind_loss + self.region_loss(batch, queries)

    def _generation(self, caption: Captions, states: torch.Tensor) -> torch.Tensor:
        words = self.word_head(states[:, :-1]) @ self.heads.embeddings.word_embeddings.weight.T
        return F.cross_entropy(
            words.float().flatten(0, 1), caption.decoded[:, 1:].flatten(), ignore_index=self._pad
        )

    def _matching(
        self, seen: torch.Tensor, languages: tuple[Captions, ...], tables: list[torch.Tensor]
    ) -> torch.Tensor:
        """Half of the scenes: the true caption, a hard wrong caption, a hard wrong picture."""
        pictures, texts, fits = [], [], []
        for number, (caption, table) in enumerate(zip(languages, tables, strict=True)):
            own = torch.arange(number, len(seen), 2 * len(languages), device=seen.device)
            wrong_text = _hard(table[own], caption.fits[own])
            wrong_picture = _hard(table.T[own], caption.fits.T[own])
            pictures += [own, own, wrong_picture]
            texts += [caption.ids[own], caption.ids[wrong_text], caption.ids[own]]
            fits += [torch.ones_like(own), torch.zeros_like(own), torch.zeros_like(own)]
        judged = match(
            self.blip,
            self.heads,
            seen[torch.cat(pictures)],
            torch.cat(texts),
            self._pad,
        )
        return F.cross_entropy(judged, torch.cat(fits))


def _patch_loss(
    logits: torch.Tensor, batch: SceneBatch, order: slice | torch.Tensor
) -> torch.Tensor:
    weight = torch.ones(NO_CONCEPT + 1, device=logits.device)
    weight[NO_CONCEPT] = _NO_CONCEPT_WEIGHT
    truth, boxes = batch.patch_concepts[:, order], batch.patch_boxes[:, order]
    named = logits[..., : NO_CONCEPT + 1].float()
    loss = F.cross_entropy(named.flatten(0, 1), truth.flatten(), weight)
    there = truth != NO_CONCEPT
    return loss + 4 * (logits[..., NO_CONCEPT + 1 :].float() - boxes)[there].abs().mean()


def _hard(table: torch.Tensor, fits: torch.Tensor) -> torch.Tensor:
    """Draw one that does not fit for each row: half the time a similar one, half any.

    Source: Li et al. 2021, "ALBEF", section 3.2 (hard negatives by contrastive similarity).
    """
    similar = table.masked_fill(fits, -torch.inf).softmax(1).nan_to_num()
    any_other = (~fits).float() / (~fits).sum(1, keepdim=True).clamp(min=1)
    return torch.multinomial(similar + any_other + 1e-9, 1)[:, 0]
