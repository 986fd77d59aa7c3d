"""A model that draws, for tests that need no weights."""

from playground.entries import Drawing, Entry, Licence, Publication

FACTS = {
    "size_hw": (64, 64),
    "sizes_hw": ((64, 64), (48, 80), (80, 48)),
    "side_multiple": 8,
    "steps": (20, 50),
    "guidance": (4.0, 12.0),
    "schedulers": ("ddim", "euler"),
    "reads_negative": True,
    "can_edit": True,
    "has_word_maps": True,
    "has_checker": False,
}


def drawing_entry(key: str = "toy", *, is_built_in: bool = True, **facts) -> Entry:
    return Entry(
        key=key,
        title=f"Toy {key}",
        family="diffusion",
        parts=(f"{key}/words", f"{key}/denoiser", f"{key}/pixels"),
        source=key,
        revision=None,
        class_name="StableDiffusionPipeline",
        licence=Licence("Apache-2.0", ""),
        is_gated=False,
        bytes_on_disk=1,
        bytes_on_device=1,
        languages=("en",),
        paper=Publication("Nobody 2022", ""),
        is_built_in=is_built_in,
        note_key="",
        context_tokens=32,
        drawing=Drawing(**{**FACTS, **facts}),
    )
