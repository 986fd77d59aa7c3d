"""Published models that answer about pictures: BLIP-2, its kin, and small ones of today.

Sizes on the disk are those of the classes' weights in the dtype of the repository; on a device
those of float32 up to a billion weights and a half, of 16 bits above. How many bits are really
used, `playground.models.precision` chooses from what is free; the least memory is that of 8.
"""

from __future__ import annotations

from playground.entries import Entry, Licence, Publication

APACHE = Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")
BSD = Licence("BSD-3-Clause", "https://opensource.org/license/bsd-3-clause")
MIT = Licence("MIT", "https://opensource.org/license/mit")
LLAMA = Licence("LLaMA terms", "https://huggingface.co/Salesforce/instructblip-vicuna-7b")
BLIP_PAPER = Publication("Li et al. 2022", "https://arxiv.org/abs/2201.12086")
BLIP_2_PAPER = Publication("Li et al. 2023", "https://arxiv.org/abs/2301.12597")
INSTRUCTBLIP_PAPER = Publication("Dai et al. 2023", "https://arxiv.org/abs/2305.06500")
VILT_PAPER = Publication("Kim et al. 2021", "https://arxiv.org/abs/2102.03334")
SMOLVLM_PAPER = Publication("Marafioti et al. 2025", "https://arxiv.org/abs/2504.05299")
QWEN_PAPER = Publication("Bai et al. 2025", "https://arxiv.org/abs/2511.21631")

WORD_LIST = ("*.json", "vocab.txt", "model.safetensors")
SHARDS = ("*.json", "merges.txt", "model*.safetensors")
READER = ("qformer_tokenizer/*.json", "qformer_tokenizer/*.txt")
WITH_READER = ("*.json", "model*.safetensors", *READER)
EYES_AND_LANGUAGE = ("eyes", "language")
QUERIES = 32


def _chat(
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
    context_tokens: int,
    parts: tuple[str, ...] = EYES_AND_LANGUAGE,
    languages: tuple[str, ...] = ("en",),
    queries: int = 0,
    branch: str = "main",
) -> Entry:
    return Entry(
        key=key,
        title=title,
        family="blip2",
        parts=tuple(f"{key}/{part}" for part in parts),
        source=source,
        revision=None,
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
        queries=queries,
    )


PUBLISHED_BLIP2: tuple[Entry, ...] = (
    _chat(
        "vilt-vqa",
        "ViLT (2021)",
        "dandelin/vilt-b32-finetuned-vqa",
        "ViltForQuestionAnswering",
        # Safetensors only in the pull request of the hub's own converter.
        branch="refs/pr/9",
        parts=("model",),
        licence=APACHE,
        paper=VILT_PAPER,
        files=WORD_LIST,
        bytes_on_disk=470_380_000,
        bytes_on_device=470_354_788,
        least_memory_bytes=700_000_000,
        context_tokens=40,
    ),
    _chat(
        "blip-vqa-base",
        "BLIP VQA base",
        "Salesforce/blip-vqa-base",
        "BlipForQuestionAnswering",
        licence=BSD,
        paper=BLIP_PAPER,
        files=WORD_LIST,
        # The word embeddings stand in the file twice.
        bytes_on_disk=1_538_910_000,
        bytes_on_device=1_444_928_752,
        least_memory_bytes=1_000_000_000,
        context_tokens=512,
    ),
    _chat(
        "blip-captioning-base",
        "BLIP captioning base",
        "Salesforce/blip-image-captioning-base",
        "BlipForConditionalGeneration",
        licence=BSD,
        paper=BLIP_PAPER,
        files=WORD_LIST,
        bytes_on_disk=989_840_000,
        bytes_on_device=895_890_672,
        least_memory_bytes=800_000_000,
        context_tokens=512,
    ),
    _chat(
        "blip-captioning-large",
        "BLIP captioning large",
        "Salesforce/blip-image-captioning-large",
        "BlipForConditionalGeneration",
        licence=BSD,
        paper=BLIP_PAPER,
        files=WORD_LIST,
        bytes_on_disk=1_879_130_000,
        bytes_on_device=1_785_166_064,
        least_memory_bytes=1_100_000_000,
        context_tokens=512,
    ),
    _chat(
        "blip2-opt-2.7b",
        "BLIP-2 OPT 2.7B",
        "Salesforce/blip2-opt-2.7b",
        "Blip2ForConditionalGeneration",
        licence=MIT,
        paper=BLIP_2_PAPER,
        files=SHARDS,
        bytes_on_disk=14_979_210_000,
        bytes_on_device=7_489_523_712,
        least_memory_bytes=5_100_000_000,
        context_tokens=2048,
        queries=QUERIES,
    ),
    _chat(
        "blip2-flan-t5-xl",
        "BLIP-2 FLAN-T5 XL",
        "Salesforce/blip2-flan-t5-xl",
        "Blip2ForConditionalGeneration",
        licence=MIT,
        paper=BLIP_2_PAPER,
        files=SHARDS,
        bytes_on_disk=15_769_950_000,
        bytes_on_device=7_884_889_088,
        least_memory_bytes=5_300_000_000,
        context_tokens=512,
        queries=QUERIES,
    ),
    _chat(
        "blip2-itm-vit-g",
        "BLIP-2 matching",
        "Salesforce/blip2-itm-vit-g",
        "Blip2ForImageTextRetrieval",
        parts=("eyes", "match"),
        licence=MIT,
        paper=BLIP_2_PAPER,
        files=WORD_LIST,
        bytes_on_disk=4_688_230_000,
        bytes_on_device=4_688_133_128,
        least_memory_bytes=2_000_000_000,
        context_tokens=512,
        queries=QUERIES,
    ),
    _chat(
        "instructblip-flan-t5-xl",
        "InstructBLIP FLAN-T5 XL",
        "Salesforce/instructblip-flan-t5-xl",
        "InstructBlipForConditionalGeneration",
        licence=MIT,
        paper=INSTRUCTBLIP_PAPER,
        files=WITH_READER,
        bytes_on_disk=16_092_040_000,
        bytes_on_device=8_045_933_920,
        least_memory_bytes=5_400_000_000,
        context_tokens=512,
        queries=QUERIES,
    ),
    _chat(
        "instructblip-vicuna-7b",
        "InstructBLIP Vicuna 7B",
        "Salesforce/instructblip-vicuna-7b",
        "InstructBlipForConditionalGeneration",
        licence=LLAMA,
        paper=INSTRUCTBLIP_PAPER,
        files=WITH_READER,
        bytes_on_disk=31_652_980_000,
        bytes_on_device=15_826_425_856,
        least_memory_bytes=10_100_000_000,
        context_tokens=2048,
        queries=QUERIES,
    ),
    _chat(
        "smolvlm2-256m",
        "SmolVLM2 256M",
        "HuggingFaceTB/SmolVLM2-256M-Video-Instruct",
        "SmolVLMForConditionalGeneration",
        licence=APACHE,
        paper=SMOLVLM_PAPER,
        files=SHARDS,
        bytes_on_disk=1_026_000_000,
        bytes_on_device=1_025_939_968,
        least_memory_bytes=900_000_000,
        context_tokens=8192,
    ),
    _chat(
        "smolvlm2-500m",
        "SmolVLM2 500M",
        "HuggingFaceTB/SmolVLM2-500M-Video-Instruct",
        "SmolVLMForConditionalGeneration",
        licence=APACHE,
        paper=SMOLVLM_PAPER,
        files=SHARDS,
        bytes_on_disk=2_029_990_000,
        bytes_on_device=2_029_929_472,
        least_memory_bytes=1_200_000_000,
        context_tokens=8192,
    ),
    _chat(
        "smolvlm2-2.2b",
        "SmolVLM2 2.2B",
        "HuggingFaceTB/SmolVLM2-2.2B-Instruct",
        "SmolVLMForConditionalGeneration",
        licence=APACHE,
        paper=SMOLVLM_PAPER,
        files=SHARDS,
        bytes_on_disk=8_987_220_000,
        bytes_on_device=4_493_570_016,
        least_memory_bytes=3_300_000_000,
        context_tokens=8192,
    ),
    _chat(
        "qwen3-vl-2b",
        "Qwen3-VL 2B",
        "Qwen/Qwen3-VL-2B-Instruct",
        "Qwen3VLForConditionalGeneration",
        licence=APACHE,
        paper=QWEN_PAPER,
        files=("*.json", "*.jinja", "merges.txt", "model*.safetensors"),
        languages=("en", "zh-Hant"),
        bytes_on_disk=4_255_150_000,
        bytes_on_device=4_255_064_704,
        least_memory_bytes=3_200_000_000,
        context_tokens=262_144,
    ),
)
