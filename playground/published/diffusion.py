"""Published models that draw from words, and the checker that looks at what they drew.

Sizes on the disk are those of the weights that are fetched, in 16 bits where the repository has
them; the offer before a download shows the hub's own. On a device they are those of float32 up to
a billion weights and a half, of 16 bits above. The least memory is that of 16 bits, and of one
picture's activations.
"""

from __future__ import annotations

from playground.entries import Drawing, Entry, Licence, Publication

APACHE = Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")
OPEN_RAIL = Licence(
    "CreativeML OpenRAIL-M", "https://huggingface.co/spaces/CompVis/stable-diffusion-license"
)
OPEN_RAIL_PLUS = Licence(
    "CreativeML OpenRAIL++-M",
    "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md",
)
# The code of LCM is MIT; the model it was made from is under OpenRAIL-M.
LCM_TERMS = Licence("MIT / OpenRAIL-M", "https://huggingface.co/SimianLuo/LCM_Dreamshaper_v7")
SANA_TERMS = Licence(
    "NVIDIA and Gemma terms",
    "https://huggingface.co/Efficient-Large-Model/Sana_Sprint_0.6B_1024px_diffusers",
)

LATENT_PAPER = Publication("Rombach et al. 2022", "https://arxiv.org/abs/2112.10752")
LCM_PAPER = Publication("Luo et al. 2023", "https://arxiv.org/abs/2310.04378")
TURBO_PAPER = Publication("Sauer et al. 2023", "https://arxiv.org/abs/2311.17042")
SDXL_PAPER = Publication("Podell et al. 2023", "https://arxiv.org/abs/2307.01952")
SD_3_PAPER = Publication("Esser et al. 2024", "https://arxiv.org/abs/2403.03206")
KLEIN_PAPER = Publication(
    "Black Forest Labs 2026",
    "https://bfl.ai/blog/flux2-klein-towards-interactive-visual-intelligence",
)
Z_IMAGE_PAPER = Publication("Z-Image Team 2025", "https://arxiv.org/abs/2511.22699")
SPRINT_PAPER = Publication("Chen et al. 2025", "https://arxiv.org/abs/2503.09641")
FILTER_PAPER = Publication("Rando et al. 2022", "https://arxiv.org/abs/2210.04610")

CLIP_TOKENS = 77
SMALL = ((512, 512), (384, 384), (256, 256), (512, 768), (768, 512))
LARGE = ((1024, 1024), (832, 1216), (1216, 832), (768, 768), (512, 512))
# Sides that Sana Sprint was trained on: the library's table of shapes for 1024 px.
SPRINT_SIZES = ((1024, 1024), (832, 1216), (1216, 832))
UNET_SAMPLERS = ("ddim", "euler", "euler-a", "dpm++2m", "unipc")


def _files(*components: str, tokenizers: int = 1) -> tuple[str, ...]:
    """Patterns of a pipeline's small files, and of the weights of these components."""
    places = [f"tokenizer{'' if number == 1 else f'_{number}'}" for number in (1, 2)][:tokenizers]
    return (
        "model_index.json",
        "scheduler/*.json",
        *(f"{place}/*.{ending}" for place in places for ending in ("json", "txt", "jinja")),
        *(f"{name}/*.{ending}" for name in components for ending in ("json", "safetensors")),
    )


ONE_TOWER = _files("text_encoder", "unet", "vae")
TWO_TOWERS = _files("text_encoder", "text_encoder_2", "unet", "vae", tokenizers=2)
TRANSFORMER = _files("text_encoder", "transformer", "vae")
# Of its three text encoders the first two: the third alone has 4.8 billion weights.
SD_3_FILES = _files("text_encoder", "text_encoder_2", "transformer", "vae", tokenizers=2)


def _drawing(
    sizes_hw: tuple[tuple[int, int], ...],
    side_multiple: int,
    *,
    steps: tuple[int, int],
    guidance: tuple[float, float],
    schedulers: tuple[str, ...],
    has_word_maps: bool = True,
    reads_negative: bool = True,
) -> Drawing:
    return Drawing(
        size_hw=sizes_hw[0],
        sizes_hw=sizes_hw,
        side_multiple=side_multiple,
        steps=steps,
        guidance=guidance,
        schedulers=schedulers,
        reads_negative=reads_negative,
        can_edit=True,
        has_word_maps=has_word_maps,
        has_checker=True,
    )


def _draws(
    key: str,
    title: str,
    source: str,
    class_name: str,
    *,
    licence: Licence,
    paper: Publication,
    files: tuple[str, ...],
    bytes_on_disk: int,
    bytes_on_device: int,
    least_memory_bytes: int,
    drawing: Drawing,
    is_gated: bool = False,
    languages: tuple[str, ...] = ("en",),
    context_tokens: int = CLIP_TOKENS,
) -> Entry:
    return Entry(
        key=key,
        title=title,
        family="diffusion",
        parts=tuple(f"{key}/{part}" for part in ("words", "denoiser", "pixels")),
        source=source,
        revision=None,
        class_name=class_name,
        licence=licence,
        is_gated=is_gated,
        bytes_on_disk=bytes_on_disk,
        bytes_on_device=bytes_on_device,
        least_memory_bytes=least_memory_bytes,
        languages=languages,
        paper=paper,
        is_built_in=False,
        note_key=f"model.{key}.note",
        context_tokens=context_tokens,
        files=files,
        drawing=drawing,
    )


PUBLISHED_DIFFUSION: tuple[Entry, ...] = (
    _draws(
        "sd-1.5",
        "Stable Diffusion 1.5",
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        "StableDiffusionPipeline",
        licence=OPEN_RAIL,
        paper=LATENT_PAPER,
        files=ONE_TOWER,
        bytes_on_disk=2_132_470_614,
        bytes_on_device=4_264_941_228,
        least_memory_bytes=3_900_000_000,
        drawing=_drawing(
            SMALL, 64, steps=(30, 100), guidance=(7.5, 15), schedulers=("pndm", *UNET_SAMPLERS)
        ),
    ),
    _draws(
        "lcm-dreamshaper-v7",
        "LCM Dreamshaper v7",
        "SimianLuo/LCM_Dreamshaper_v7",
        "LatentConsistencyModelPipeline",
        licence=LCM_TERMS,
        paper=LCM_PAPER,
        files=ONE_TOWER,
        bytes_on_disk=4_265_269_228,
        bytes_on_device=4_265_269_228,
        least_memory_bytes=3_900_000_000,
        # It is told the guidance as a number: no second prediction to lead away from.
        drawing=_drawing(
            SMALL,
            64,
            steps=(4, 8),
            guidance=(8.5, 14),
            schedulers=("lcm",),
            reads_negative=False,
        ),
    ),
    _draws(
        "sd-turbo",
        "SD-Turbo",
        "stabilityai/sd-turbo",
        "StableDiffusionPipeline",
        licence=Licence(
            "Stability AI terms",
            "https://huggingface.co/stabilityai/sd-turbo/blob/main/LICENSE.md",
        ),
        paper=TURBO_PAPER,
        files=ONE_TOWER,
        bytes_on_disk=2_579_904_854,
        bytes_on_device=5_159_809_708,
        least_memory_bytes=4_400_000_000,
        drawing=_drawing(
            SMALL, 64, steps=(1, 4), guidance=(1, 1), schedulers=("euler",), reads_negative=False
        ),
    ),
    _draws(
        "sdxl",
        "SDXL 1.0",
        "stabilityai/stable-diffusion-xl-base-1.0",
        "StableDiffusionXLPipeline",
        licence=OPEN_RAIL_PLUS,
        paper=SDXL_PAPER,
        files=TWO_TOWERS,
        bytes_on_disk=6_937_675_734,
        bytes_on_device=6_937_675_734,
        least_memory_bytes=12_200_000_000,
        drawing=_drawing(
            LARGE,
            64,
            steps=(30, 100),
            guidance=(5, 15),
            schedulers=("euler", "ddim", "euler-a", "dpm++2m", "unipc"),
        ),
    ),
    _draws(
        "sdxl-turbo",
        "SDXL-Turbo",
        "stabilityai/sdxl-turbo",
        "StableDiffusionXLPipeline",
        licence=Licence(
            "Stability AI terms",
            "https://huggingface.co/stabilityai/sdxl-turbo/blob/main/LICENSE.md",
        ),
        paper=TURBO_PAPER,
        files=TWO_TOWERS,
        bytes_on_disk=6_937_675_734,
        bytes_on_device=6_937_675_734,
        least_memory_bytes=9_200_000_000,
        drawing=_drawing(
            SMALL,
            64,
            steps=(1, 4),
            guidance=(1, 1),
            schedulers=("euler-a", "euler"),
            reads_negative=False,
        ),
    ),
    _draws(
        "sd-3.5-medium",
        "SD 3.5 medium",
        "stabilityai/stable-diffusion-3.5-medium",
        "StableDiffusion3Pipeline",
        licence=Licence(
            "Stability AI Community",
            "https://huggingface.co/stabilityai/stable-diffusion-3.5-medium/blob/main/LICENSE.md",
        ),
        paper=SD_3_PAPER,
        is_gated=True,
        files=SD_3_FILES,
        bytes_on_disk=6_743_587_286,
        bytes_on_device=6_743_587_286,
        least_memory_bytes=11_500_000_000,
        drawing=_drawing(
            LARGE,
            16,
            steps=(28, 60),
            guidance=(4.5, 10),
            schedulers=("flow-euler",),
            has_word_maps=False,
        ),
    ),
    _draws(
        "flux-2-klein-4b",
        "FLUX.2 klein 4B",
        "black-forest-labs/FLUX.2-klein-4B",
        "Flux2KleinPipeline",
        licence=APACHE,
        paper=KLEIN_PAPER,
        files=TRANSFORMER,
        bytes_on_disk=15_964_117_574,
        bytes_on_device=15_964_117_574,
        least_memory_bytes=22_100_000_000,
        context_tokens=512,
        drawing=_drawing(
            LARGE,
            16,
            steps=(4, 8),
            guidance=(1, 1),
            schedulers=("flow-euler",),
            has_word_maps=False,
            reads_negative=False,
        ),
    ),
    _draws(
        "z-image-turbo",
        "Z-Image-Turbo",
        "Tongyi-MAI/Z-Image-Turbo",
        "ZImagePipeline",
        licence=APACHE,
        paper=Z_IMAGE_PAPER,
        files=TRANSFORMER,
        languages=("en", "zh-Hant"),
        # The transformer lies there in 32 bits.
        bytes_on_disk=32_832_210_502,
        bytes_on_device=20_522_393_030,
        least_memory_bytes=27_100_000_000,
        context_tokens=512,
        drawing=_drawing(
            LARGE,
            16,
            steps=(8, 16),
            guidance=(1, 1),
            schedulers=("flow-euler",),
            has_word_maps=False,
            reads_negative=False,
        ),
    ),
    _draws(
        "sana-sprint-600m",
        "Sana Sprint 0.6B",
        "Efficient-Large-Model/Sana_Sprint_0.6B_1024px_diffusers",
        "SanaSprintPipeline",
        licence=SANA_TERMS,
        paper=SPRINT_PAPER,
        files=TRANSFORMER,
        bytes_on_disk=7_040_186_758,
        bytes_on_device=7_040_186_758,
        least_memory_bytes=12_300_000_000,
        context_tokens=300,
        drawing=_drawing(
            SPRINT_SIZES,
            32,
            steps=(2, 4),
            guidance=(4.5, 10),
            schedulers=("scm",),
            has_word_maps=False,
            reads_negative=False,
        ),
    ),
)

SAFETY_CHECKER = Entry(
    key="safety-checker",
    title="Safety checker",
    family="safety",
    parts=("safety-checker/checker",),
    source="CompVis/stable-diffusion-safety-checker",
    revision=None,
    # Safetensors only in the pull request of the hub's own converter.
    branch="refs/pr/41",
    class_name="StableDiffusionSafetyChecker",
    licence=OPEN_RAIL,
    is_gated=False,
    bytes_on_disk=1_215_930_000,
    bytes_on_device=1_215_928_408,
    least_memory_bytes=1_900_000_000,
    languages=(),
    paper=FILTER_PAPER,
    is_built_in=False,
    note_key="model.safety-checker.note",
    context_tokens=0,
    files=("config.json", "preprocessor_config.json", "model.safetensors"),
)
