"""Published models that cut things out of pictures: Segment Anything and its kin.

Sizes are those of float32 weights in the library's classes, counted without loading them; memory
is that and one picture's activations at 1024 px on a processor.
"""

from __future__ import annotations

from playground.entries import Entry, Licence, Publication

# Of SAM 2 there are the authors' own files beside: pickled weights and a recipe.
FILES = ("*.json", "model.safetensors")
APACHE = Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")
SAM_PAPER = Publication("Kirillov et al. 2023", "https://arxiv.org/abs/2304.02643")
SAM_2_PAPER = Publication("Ravi et al. 2024", "https://arxiv.org/abs/2408.00714")
EDGETAM_PAPER = Publication("Zhou et al. 2025", "https://arxiv.org/abs/2501.07256")


def _sam(
    key: str,
    title: str,
    source: str,
    *,
    bytes_on_disk: int,
    bytes_on_device: int,
    least_memory_bytes: int,
    class_name: str = "SamModel",
    also_named: tuple[str, ...] = (),
    paper: Publication = SAM_PAPER,
) -> Entry:
    return Entry(
        key=key,
        title=title,
        family="sam",
        parts=(f"{key}/encoder", f"{key}/decoder"),
        source=source,
        revision=None,
        class_name=class_name,
        also_named=also_named,
        licence=APACHE,
        is_gated=False,
        bytes_on_disk=bytes_on_disk,
        bytes_on_device=bytes_on_device,
        least_memory_bytes=least_memory_bytes,
        languages=(),
        paper=paper,
        is_built_in=False,
        note_key=f"model.{key}.note",
        context_tokens=0,
        files=FILES,
    )


def _sam_2(
    size: str, title: str, *, bytes_on_disk: int, bytes_on_device: int, least_memory_bytes: int
) -> Entry:
    # The repositories hold the video model, of which the picture model is a part.
    return _sam(
        f"sam2.1-hiera-{size}",
        title,
        f"facebook/sam2.1-hiera-{size}",
        class_name="Sam2Model",
        also_named=("Sam2VideoModel",),
        paper=SAM_2_PAPER,
        bytes_on_disk=bytes_on_disk,
        bytes_on_device=bytes_on_device,
        least_memory_bytes=least_memory_bytes,
    )


PUBLISHED_SAM: tuple[Entry, ...] = (
    _sam_2(
        "tiny",
        "SAM 2.1 tiny",
        bytes_on_disk=155_906_920,
        bytes_on_device=125_764_932,
        least_memory_bytes=1_100_000_000,
    ),
    _sam_2(
        "small",
        "SAM 2.1 small",
        bytes_on_disk=184_304_136,
        bytes_on_device=154_156_356,
        least_memory_bytes=1_200_000_000,
    ),
    _sam_2(
        "base-plus",
        "SAM 2.1 base+",
        bytes_on_disk=323_512_000,
        bytes_on_device=293_315_652,
        least_memory_bytes=1_400_000_000,
    ),
    _sam_2(
        "large",
        "SAM 2.1 large",
        bytes_on_disk=897_896_272,
        bytes_on_device=867_701_508,
        least_memory_bytes=2_000_000_000,
    ),
    _sam(
        "sam-vit-b",
        "SAM ViT-B (2023)",
        "facebook/sam-vit-base",
        bytes_on_disk=374_979_376,
        bytes_on_device=374_942_912,
        least_memory_bytes=3_400_000_000,
    ),
    _sam(
        "sam-vit-l",
        "SAM ViT-L (2023)",
        "facebook/sam-vit-large",
        bytes_on_disk=1_249_428_032,
        bytes_on_device=1_249_372_352,
        least_memory_bytes=5_200_000_000,
    ),
    _sam(
        "sam-vit-h",
        "SAM ViT-H (2023)",
        "facebook/sam-vit-huge",
        bytes_on_disk=2_564_432_184,
        bytes_on_device=2_564_363_456,
        least_memory_bytes=6_500_000_000,
    ),
    _sam(
        "edgetam",
        "EdgeTAM",
        "yonigozlan/EdgeTAM-hf",
        class_name="EdgeTamModel",
        also_named=("EdgeTamVideoModel",),
        paper=EDGETAM_PAPER,
        bytes_on_disk=55_979_152,
        bytes_on_device=36_673_428,
        least_memory_bytes=900_000_000,
    ),
)
