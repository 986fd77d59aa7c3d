"""Published models that put pictures and words into one space.

Sizes are those of float32 weights in the library's classes, counted without loading them. Where a
repository holds pickled weights only, the entry names another one with the same weights as
safetensors.
"""

from __future__ import annotations

from playground.entries import Entry, Licence, Publication

LIBRARY_FILES = ("*.json", "merges.txt", "model.safetensors")
# Without `config.json`: beside OpenCLIP's files that is some other library's.
OPEN_CLIP_FILES = (
    "open_clip_config.json",
    "open_clip*.safetensors",
    "preprocessor_config.json",
    "special_tokens_map.json",
    "tokenizer*.json",
    "vocab.json",
    "merges.txt",
)
APACHE = Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")
MIT_OF_CARD = Licence("MIT", "https://opensource.org/license/mit")
CLIP_PAPER = Publication("Radford et al. 2021", "https://arxiv.org/abs/2103.00020")
OPEN_CLIP_PAPER = Publication("Cherti et al. 2023", "https://arxiv.org/abs/2212.07143")
BOTH = ("en", "zh-Hant")


def _clip(
    key: str,
    title: str,
    source: str,
    *,
    licence: Licence,
    paper: Publication,
    bytes_on_disk: int,
    bytes_on_device: int,
    least_memory_bytes: int,
    class_name: str = "CLIPModel",
    files: tuple[str, ...] = LIBRARY_FILES,
    languages: tuple[str, ...] = ("en",),
    context_tokens: int = 77,
    revision: str | None = None,
    branch: str = "main",
) -> Entry:
    return Entry(
        key=key,
        title=title,
        family="clip",
        parts=(f"{key}/text", f"{key}/vision"),
        source=source,
        revision=revision,
        branch=branch,
        class_name=class_name,
        licence=licence,
        is_gated=False,
        bytes_on_disk=bytes_on_disk,
        bytes_on_device=bytes_on_device,
        least_memory_bytes=least_memory_bytes,
        languages=languages,
        paper=paper,
        is_built_in=False,
        note_key=f"model.{key}.note",
        context_tokens=context_tokens,
        files=files,
    )


PUBLISHED_CLIP: tuple[Entry, ...] = (
    # `openai/clip-vit-base-patch32` holds pickled weights only; this one, by the author of
    # OpenCLIP, holds the same weights as safetensors.
    _clip(
        "clip-b32",
        "CLIP B/32 (OpenAI)",
        "timm/vit_base_patch32_clip_224.openai",
        revision="ab5b8ef490e86faa07d3523926b842c765de1de5",
        files=OPEN_CLIP_FILES,
        licence=APACHE,
        paper=CLIP_PAPER,
        bytes_on_disk=605_143_284,
        bytes_on_device=605_110_264,
        least_memory_bytes=1_200_000_000,
    ),
    _clip(
        "clip-l14",
        "CLIP L/14 (OpenAI)",
        "openai/clip-vit-large-patch14",
        licence=Licence("MIT (code)", "https://github.com/openai/CLIP/blob/main/LICENSE"),
        paper=CLIP_PAPER,
        bytes_on_disk=1_710_537_716,
        bytes_on_device=1_710_468_720,
        least_memory_bytes=2_600_000_000,
    ),
    _clip(
        "open-clip-b32",
        "OpenCLIP B/32 (LAION-2B)",
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        licence=MIT_OF_CARD,
        paper=OPEN_CLIP_PAPER,
        bytes_on_disk=605_156_676,
        bytes_on_device=605_110_264,
        least_memory_bytes=1_200_000_000,
    ),
    _clip(
        "open-clip-h14",
        "OpenCLIP H/14 (LAION-2B)",
        "laion/CLIP-ViT-H-14-laion2B-s32B-b79K",
        licence=MIT_OF_CARD,
        paper=OPEN_CLIP_PAPER,
        bytes_on_disk=3_944_549_372,
        bytes_on_device=3_944_440_432,
        least_memory_bytes=5_400_000_000,
    ),
    _clip(
        "open-clip-b32-datacomp",
        "OpenCLIP B/32 (DataComp-1B)",
        "laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K",
        files=OPEN_CLIP_FILES,
        licence=MIT_OF_CARD,
        paper=Publication("Gadre et al. 2023", "https://arxiv.org/abs/2304.14108"),
        bytes_on_disk=605_143_284,
        bytes_on_device=605_110_264,
        least_memory_bytes=1_200_000_000,
    ),
    _clip(
        "siglip2-b16",
        "SigLIP 2 B/16",
        "google/siglip2-base-patch16-224",
        class_name="SiglipModel",
        files=("*.json", "model.safetensors"),
        licence=APACHE,
        paper=Publication("Tschannen et al. 2025", "https://arxiv.org/abs/2502.14786"),
        bytes_on_disk=1_500_800_904,
        bytes_on_device=1_500_753_952,
        least_memory_bytes=2_400_000_000,
        languages=BOTH,
        context_tokens=64,
    ),
    _clip(
        "metaclip2-b32",
        "MetaCLIP 2 B/32",
        "facebook/metaclip-2-worldwide-b32",
        class_name="MetaClip2Model",
        files=("*.json", "model*.safetensors"),
        licence=Licence("CC-BY-NC-4.0", "https://creativecommons.org/licenses/by-nc/4.0/"),
        paper=Publication("Chuang et al. 2025", "https://arxiv.org/abs/2507.22062"),
        bytes_on_disk=2_350_506_084,
        bytes_on_device=2_350_458_872,
        least_memory_bytes=3_200_000_000,
        languages=BOTH,
    ),
    # Safetensors only in the pull request of the hub's own converter.
    _clip(
        "chinese-clip-b16",
        "Chinese-CLIP B/16",
        "OFA-Sys/chinese-clip-vit-base-patch16",
        branch="refs/pr/1",
        class_name="ChineseCLIPModel",
        files=("*.json", "vocab.txt", "model.safetensors"),
        licence=Licence(
            "MIT (code)", "https://github.com/OFA-Sys/Chinese-CLIP/blob/master/MIT-LICENSE.txt"
        ),
        paper=Publication("Yang et al. 2022", "https://arxiv.org/abs/2211.01335"),
        bytes_on_disk=753_100_172,
        bytes_on_device=753_061_424,
        least_memory_bytes=1_400_000_000,
        languages=("zh-Hant",),
        context_tokens=52,
    ),
)
