"""Real torch, real files: what is mapped stays mapped, what moves comes back the same."""

import gc
import logging
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from playground.cache import Cache, Model, Part
from playground.cache.mover import TorchMover, answers, has_accelerator

WIDTH = 64


class Small(nn.Module):
    """Tied weights, a buffer that is saved and one that is not."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, WIDTH)
        self.inner = nn.Linear(WIDTH, WIDTH)
        self.head = nn.Linear(WIDTH, 50, bias=False)
        self.head.weight = self.embed.weight
        self.register_buffer("scale", torch.ones(WIDTH))
        self.register_buffer("places", torch.arange(20).expand((1, -1)), persistent=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        places = self.places[:, : tokens.shape[1]].unsqueeze(-1)
        return self.head(self.inner(self.embed(tokens) * self.scale + places))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "model.safetensors"
    tensors = {name: value for name, value in Small().state_dict().items() if name != "head.weight"}
    save_file({name: value.contiguous() for name, value in tensors.items()}, path)
    return path


def build(path: Path) -> Small:
    """As transformers does: parameters are made on meta and then *are* the views of the file."""
    with torch.device("meta"):
        model = Small()
    state = load_file(path)
    model.load_state_dict({**state, "head.weight": state["embed.weight"]}, assign=True)
    model.head.weight = model.embed.weight
    model.places = torch.arange(20).expand((1, -1))
    return model.eval()


def mapped_files(model: nn.Module) -> set[str]:
    """Files that the parameters lie in, read from the kernel's map of this process."""
    ranges = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        place, _, _, _, _, *name = line.split(maxsplit=5)
        begin, end = (int(each, 16) for each in place.split("-"))
        ranges.append((begin, end, name[0] if name else ""))
    found = set()
    for tensor in (*model.parameters(), model.scale):
        address = tensor.data_ptr()
        found |= {name for begin, end, name in ranges if begin <= address < end}
    return found


def cache_of(path: Path, *, copy_on_host: bool) -> Cache:
    return Cache(
        [Part("small", lambda report: build(path), work_bytes=0)],
        budget={"cpu": 1 << 30},
        mover=TorchMover(copy_on_host=copy_on_host),
    )


TOKENS = torch.tensor([[1, 2, 3, 4]])


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc here")
@pytest.mark.parametrize("copy_on_host", [False, True])
def test_home_is_the_mapped_file_and_eviction_points_back_at_it(
    checkpoint: Path, copy_on_host: bool
) -> None:
    cache = cache_of(checkpoint, copy_on_host=copy_on_host)
    with cache.lease("small") as model:
        is_mapped = str(checkpoint) in mapped_files(model)
        assert is_mapped is not copy_on_host
    before = {name: value.data_ptr() for name, value in model.named_parameters()}
    assert cache.evict("small")
    assert mapped_files(model) == {str(checkpoint)}
    after = {name: value.data_ptr() for name, value in model.named_parameters()}
    assert (before == after) is not copy_on_host


def test_fifty_swaps_change_no_output(checkpoint: Path) -> None:
    cache = cache_of(checkpoint, copy_on_host=True)
    homes = []
    with torch.inference_mode():
        first = cache.run("small", lambda model: model(TOKENS))
        for _ in range(50):
            with cache.lease("small") as model:
                assert model.head.weight is model.embed.weight
                assert torch.equal(model(TOKENS), first)
                assert model.embed.weight.data_ptr() not in homes
            assert cache.evict("small")
            assert torch.equal(model(TOKENS), first)
            homes = [model.embed.weight.data_ptr()]
    assert cache.rows()[0].uses == 51


def test_sizes_are_exact_and_shared_storage_counts_once(checkpoint: Path) -> None:
    mover = TorchMover()
    home = mover.home(build(checkpoint))
    embed, inner, scale, places = 50 * WIDTH * 4, (WIDTH + 1) * WIDTH * 4, WIDTH * 4, 20 * 8
    assert mover.size(home) == embed + inner + scale + places


def test_overlapping_views_stay_overlapping_on_the_device() -> None:
    whole = torch.arange(12.0)
    module = nn.Module()
    module.register_buffer("left", whole[:8])
    module.register_buffer("right", whole[4:])
    module.register_buffer("across", whole[2:10].view(2, 4).t(), persistent=False)
    module.register_buffer("empty", torch.empty(0))
    module.register_buffer("number", torch.tensor(7))
    mover = TorchMover(copy_on_host=True)
    home = mover.home(module)
    assert mover.size(home) == 12 * 4 + 8
    mover.into(home, "cpu", lambda done, total: None)
    assert module.left.data_ptr() != whole.data_ptr()
    module.left[4] = -1
    assert module.right[0] == -1
    assert module.across[2, 0] == -1
    assert whole[4] == 4
    assert module.number == 7
    mover.out(home)
    mover.out(home)
    assert module.left.data_ptr() == whole.data_ptr()


def test_channels_last_and_half_precision_keep_their_layout() -> None:
    module = nn.Conv2d(3, 8, 3).to(torch.bfloat16).to(memory_format=torch.channels_last)
    mover = TorchMover(copy_on_host=True)
    home = mover.home(module)
    strides, values = module.weight.stride(), module.weight.detach().clone()
    mover.into(home, "cpu", lambda done, total: None)
    assert module.weight.stride() == strides
    assert module.weight.dtype is torch.bfloat16
    assert torch.equal(module.weight, values)


def test_a_copy_that_fails_half_way_changes_nothing() -> None:
    module = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
    mover = TorchMover(copy_on_host=True)
    home = mover.home(module)
    before = [tensor.data_ptr() for tensor in module.parameters()]

    def fail(done: int, total: int) -> None:
        if done > total / 2:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        mover.into(home, "cpu", fail)
    assert [tensor.data_ptr() for tensor in module.parameters()] == before
    gc.collect()


def test_a_twin_shares_the_host_tensors_and_moves_by_itself(checkpoint: Path) -> None:
    mover = TorchMover(copy_on_host=True)
    home = mover.home(build(checkpoint))
    twin = mover.twin(home)
    one, other = mover.object_of(home), mover.object_of(twin)
    assert one is not other
    assert other.head.weight is other.embed.weight
    assert one.embed.weight.data_ptr() == other.embed.weight.data_ptr()
    assert mover.size(twin) == mover.size(home)
    mover.into(twin, "cpu", lambda done, total: None)
    assert one.embed.weight.data_ptr() != other.embed.weight.data_ptr()
    with torch.inference_mode():
        assert torch.equal(one(TOKENS), other(TOKENS))


def test_progress_is_told_in_bytes(checkpoint: Path) -> None:
    for copy_on_host in (False, True):
        mover = TorchMover(copy_on_host=copy_on_host)
        home = mover.home(build(checkpoint))
        told: list[tuple[int, int]] = []
        mover.into(home, "cpu", lambda done, total, told=told: told.append((done, total)))
        assert told[-1] == (mover.size(home), mover.size(home))
        assert told == sorted(told)


def test_parts_may_be_records_pipelines_or_no_tensors_at_all() -> None:
    class Pipeline:
        def __init__(self) -> None:
            self.components = {"unet": nn.Linear(4, 4, bias=False), "scheduler": object()}

    mover = TorchMover()
    layer = nn.Linear(4, 4, bias=False)
    assert mover.size(mover.home(Pipeline())) == 64
    assert mover.size(mover.home({"model": layer, "tokenizer": "words"})) == 64
    assert mover.size(mover.home((layer, layer))) == 64
    assert mover.size(mover.home("words")) == 0


def test_a_build_that_leaves_the_default_dtype_wrong_is_put_right(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def careless(report) -> nn.Module:
        torch.set_default_dtype(torch.float64)
        return nn.Linear(2, 2)

    def failing(report) -> nn.Module:
        torch.set_default_dtype(torch.float16)
        raise OSError("broken")

    cache = Cache([Part("careless", careless), Part("failing", failing)], budget={"cpu": 1 << 30})
    with caplog.at_level(logging.WARNING):
        cache.load("careless")
    assert "default dtype" in caplog.text
    assert torch.get_default_dtype() is torch.float32
    with pytest.raises(OSError, match="broken"):
        cache.load("failing")
    assert torch.get_default_dtype() is torch.float32


def test_two_builds_in_two_threads_leave_the_default_dtype_alone(tmp_path: Path) -> None:
    import threading

    wrong: list[torch.dtype] = []
    stop = threading.Event()

    def patched(report) -> nn.Module:
        # What from_pretrained does: sets the process-wide default while it makes the modules.
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.bfloat16)
        try:
            return nn.Sequential(*(nn.Linear(32, 32) for _ in range(30)))
        finally:
            torch.set_default_dtype(before)

    parts = [Part(f"p{number}", patched) for number in range(6)]
    cache = Cache([*parts, Part("probe", lambda report: nn.Linear(1, 1))], budget={"cpu": 1 << 30})
    cache.load("probe")

    def look() -> None:
        while not stop.is_set():
            dtype = cache.run("probe", lambda model: torch.zeros(1).dtype)
            if dtype is not torch.float32:
                wrong.append(dtype)

    threads = [threading.Thread(target=cache.load, args=(part.key,)) for part in parts]
    probe = threading.Thread(target=look)
    for thread in (probe, *threads):
        thread.start()
    for thread in threads:
        thread.join(60)
    stop.set()
    probe.join(60)
    assert wrong == []
    assert torch.get_default_dtype() is torch.float32


def test_two_models_share_a_part_and_swap_under_a_small_budget() -> None:
    torch.manual_seed(0)

    def layer(report) -> nn.Module:
        return nn.Linear(16, 16, bias=False)

    size = 16 * 16 * 4
    cache = Cache(
        [
            *(Part(name, layer, work_bytes=0) for name in ("text", "image", "unet")),
            Model("clip", ("text", "image"), lambda text, image: (text, image)),
            Model("draw", ("text", "unet"), lambda text, unet: (text, unet)),
        ],
        budget={"cpu": 2 * size},
        mover=TorchMover(copy_on_host=True),
    )
    ones = torch.ones(1, 16)
    with torch.inference_mode():
        first = [cache.run(key, lambda m: m[1](m[0](ones))) for key in ("clip", "draw")]
        for _ in range(10):
            again = [cache.run(key, lambda m: m[1](m[0](ones))) for key in ("clip", "draw")]
            assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    texts = {key: cache.run(key, lambda model: model[0]) for key in ("clip", "draw")}
    assert texts["clip"] is texts["draw"]
    assert sum(row.bytes_on_device for row in cache.rows() if row.kind == "part") == 2 * size


def test_budgets_come_from_the_device_and_others_use_it_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gigabyte = 1 << 30

    class Properties:
        total_memory = 16 * gigabyte

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: Properties)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (5 * gigabyte, 16 * gigabyte))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 3 * gigabyte)
    mover = TorchMover()
    budgets = mover.devices()
    assert list(budgets) == ["cuda:0", "cuda:1"]
    assert math.isclose(budgets["cuda:0"] / gigabyte, 16 * 0.94 - 0.6, rel_tol=1e-6)
    assert mover.room("cuda:0") == 8 * gigabyte
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 10 * gigabyte)
    assert list(TorchMover().devices()) == ["mps"]
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert list(TorchMover().devices()) == ["cpu"]
    assert (TorchMover().room("cpu") or 1) > 0


@pytest.mark.parametrize(
    ("error", "is_short"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (MemoryError(), True),
        (RuntimeError("shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_counts_as_out_of_memory(error: Exception, is_short: bool) -> None:
    assert TorchMover().is_out_of_memory(error) is is_short


def test_torch_is_not_imported_before_a_model_is_needed() -> None:
    import subprocess
    import sys

    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from playground.cache import Cache, Part;"
            "cache = Cache([Part('a', lambda report: 1)]); cache.rows(); cache.metrics();"
            "print('torch' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "False"


# ---- cards that no longer answer ----


@pytest.fixture
def card(monkeypatch):
    """Two cards that torch says it has; `dead` holds those that no longer answer."""
    dead: set[str] = set()

    def synchronize(device: str) -> None:
        if device in dead:
            raise torch.AcceleratorError("CUDA error: unspecified launch failure")

    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)
    return dead


def test_a_card_is_lost_when_it_no_longer_answers(card):
    mover, error = TorchMover(), RuntimeError("CUDA error: an illegal memory access")
    assert not mover.is_lost("cuda:0", error), "it answers: the error was one call's"
    card.add("cuda:0")
    assert mover.is_lost("cuda:0", error)
    assert not mover.is_lost("cuda:1", error)
    assert not mover.is_lost("cuda:0", ValueError("not a number"))
    assert not mover.is_lost("cpu", error)


def test_models_are_built_for_a_card_as_long_as_one_answers(card):
    assert has_accelerator()
    card.add("cuda:0")
    assert has_accelerator()
    card.add("cuda:1")
    assert not has_accelerator()


def test_no_context_is_made_to_find_out(card, monkeypatch):
    card.add("cuda:0")
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    assert answers("cuda:0")
    assert answers("cpu") and answers("mps")
