"""The only file of the cache that touches torch, and only when a model is first needed.

The home copy of a checkpoint is the memory-mapped file itself: the parameters that
``from_pretrained`` returns are views of it. Going to a device replaces ``p.data`` by a copy there;
coming back points ``p.data`` at the view again. Weights are only read, so nothing is copied back,
and an idle model costs no memory but page cache.
"""

from __future__ import annotations

import copy
import ctypes
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground.cache import host_memory
from playground.cache.parts import Report

if TYPE_CHECKING:
    import torch

_GIGABYTE = 1 << 30
_DEVICE_SHARE = 0.94
_DEVICE_CONTEXT_BYTES = int(0.6 * _GIGABYTE)
_HOST_SHARE = 0.6  # the rest is for pictures, activations, the page server and other programs
_TOUCH_BYTES = 64 << 20
_PAGE_BYTES = 4096
_MADV_WILLNEED = 3

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Block:
    """Host bytes that go as one: a tensor, or several that share storage."""

    bytes_view: torch.Tensor
    tensors: list[tuple[torch.Tensor, torch.Tensor, int]]
    """The tensor of the object, its home view, and where it begins in the block, in bytes."""


@dataclass(eq=False)
class Home:
    """An object and where its tensors lie in host memory."""

    obj: Any
    blocks: list[_Block]
    size_bytes: int
    is_away: bool = False


class TorchMover:
    """Moves the tensors of modules between host memory and a device.

    Args:
        copy_on_host: what "loading" means where the device is host memory itself. False: the
            mapped file is read in and used in place. True: it is copied, for files that may
            change under the map (network folders).
    """

    def __init__(self, *, copy_on_host: bool = False) -> None:
        self._copy_on_host = copy_on_host
        self._host_copy_bytes = 0

    def devices(self) -> dict[str, int]:
        """Bytes to use on each accelerator that answers; the host where there is none.

        Makes no device context: that costs memory and belongs to the first load.
        """
        import torch

        if torch.cuda.is_available():
            names = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
            found = {
                name: _budget(torch.cuda.get_device_properties(name).total_memory)
                for name in names
                if answers(name)
            }
            if found:
                return found
        if torch.backends.mps.is_available():
            return {"mps": _budget(torch.mps.recommended_max_memory())}
        return {"cpu": int(host_memory.limit_bytes() * _HOST_SHARE)}

    def construct(self, build: Callable[[], Any]) -> Any:
        """Builds; loaders patch the default dtype and can leave it wrong for everybody."""
        import torch

        before = torch.get_default_dtype()
        try:
            return build()
        finally:
            after = torch.get_default_dtype()
            if after is not before:
                torch.set_default_dtype(before)
                _log.warning("a build left the default dtype at %s; put back %s", after, before)

    def home(self, obj: Any) -> Home:
        """Notes where parameters and buffers lie, buffers that are not saved included."""
        tensors: dict[int, torch.Tensor] = {}
        for module in _modules(obj):
            for tensor in (*module.parameters(), *module.buffers()):
                tensors.setdefault(id(tensor), tensor)
        blocks = list(_blocks(tensors.values()))
        return Home(obj, blocks, sum(block.bytes_view.numel() for block in blocks))

    def twin(self, home: Home) -> Home:
        """A deep copy of everything but the host tensors, which both share."""
        memo: dict[int, Any] = {}
        for block in home.blocks:
            for tensor, view, _ in block.tensors:
                memo[id(tensor)] = _same_kind(tensor, view)
        return self.home(copy.deepcopy(home.obj, memo))

    def object_of(self, home: Home) -> Any:
        """The object itself."""
        return home.obj

    def size(self, home: Home) -> int:
        """Bytes of all tensors, shared storage once."""
        return home.size_bytes

    def into(self, home: Home, device: str, report: Report) -> None:
        """Copies all tensors, then points the object at them: all or none."""
        if device == "cpu" and not self._copy_on_host:
            _read_in(home, report)
            return
        copies: list[torch.Tensor] = []
        try:
            self._copy_blocks(home, device, report, copies)
        except BaseException:
            # The traceback of the failure must not keep half a model on the device.
            copies.clear()
            raise
        for block, copied in zip(home.blocks, copies, strict=True):
            for tensor, view, start_bytes in block.tensors:
                tensor.data = _placed(view, copied, start_bytes)
        home.is_away = True
        if device == "cpu":
            self._host_copy_bytes += home.size_bytes

    def _copy_blocks(
        self, home: Home, device: str, report: Report, copies: list[torch.Tensor]
    ) -> None:
        done_bytes = 0
        _advise(home.blocks)
        for block in home.blocks:
            copies.append(block.bytes_view.to(device, non_blocking=True, copy=True))
            done_bytes += block.bytes_view.numel()
            report(done_bytes, home.size_bytes)
        self.synchronise(device)

    def out(self, home: Home) -> None:
        """Points the object at its host tensors; the copies are freed with their last user."""
        for block in home.blocks:
            for tensor, view, _ in block.tensors:
                tensor.data = view
        if home.is_away and self._copy_on_host:
            self._host_copy_bytes -= home.size_bytes
        home.is_away = False

    def room(self, device: str) -> int | None:
        """Bytes held by this process or still free on the device."""
        import torch

        if device.startswith("cuda"):
            free_bytes, _ = torch.cuda.mem_get_info(device)
            return free_bytes + torch.cuda.memory_reserved(device)
        if device == "cpu":
            free = host_memory.available_bytes()
            return None if free is None else free + self._host_copy_bytes
        return None

    def trim(self, device: str) -> None:
        """Empties the caching allocator."""
        import torch

        if device.startswith("cuda"):
            torch.cuda.empty_cache()
        elif device == "mps":
            torch.mps.empty_cache()

    def synchronise(self, device: str) -> None:
        """Waits for the stream of this thread, so that freed blocks are not in flight."""
        if device == "cpu":
            return
        import torch

        if device.startswith("cuda"):
            torch.cuda.current_stream(device).synchronize()
        elif device == "mps":
            torch.mps.synchronize()

    def watch_peak(self, device: str) -> Callable[[], int] | None:
        """Peak of allocated bytes over what is allocated now; CUDA alone keeps such a record."""
        if not device.startswith("cuda"):
            return None
        import torch

        torch.cuda.reset_peak_memory_stats(device)
        before_bytes = torch.cuda.memory_allocated(device)
        return lambda: max(0, torch.cuda.max_memory_allocated(device) - before_bytes)

    def is_out_of_memory(self, error: BaseException) -> bool:
        """CUDA has a type for it; MPS and the host allocator only a message."""
        import torch

        if isinstance(error, torch.OutOfMemoryError | MemoryError):
            return True
        text = str(error)
        return isinstance(error, RuntimeError) and (
            "out of memory" in text or "can't allocate memory" in text
        )

    def is_lost(self, device: str, error: BaseException) -> bool:
        """The error's words differ from fault to fault; whether the device answers does not."""
        return device != "cpu" and isinstance(error, RuntimeError) and not answers(device)


def answers(device: str) -> bool:
    """Tells whether a device still computes.

    After some faults (a card that fell off the bus, an address that is not there) CUDA fails every
    later call of the process; of other accelerators nothing like it is known. Where no context was
    made yet, none is made to find out.

    Args:
        device: Name as torch has it, such as "cuda:0".
    """
    import torch

    if not device.startswith("cuda") or not torch.cuda.is_initialized():
        return True
    try:
        torch.cuda.synchronize(device)
    except RuntimeError:
        return False
    return True


def has_accelerator() -> bool:
    """Tells whether models are to be built for an accelerator: there is one that answers."""
    import torch

    if not torch.accelerator.is_available():
        return False
    names = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return not names or any(answers(name) for name in names)


def _budget(total_bytes: int) -> int:
    """Share of a device beside its context and the work space of its libraries."""
    return max(0, int(total_bytes * _DEVICE_SHARE) - _DEVICE_CONTEXT_BYTES)


def _modules(obj: Any) -> Iterator[torch.nn.Module]:
    """Modules of what a build may return: a module, a pipeline, a mapping, a sequence, a record."""
    import torch

    if isinstance(obj, torch.nn.Module):
        yield obj
        return
    if isinstance(obj, Mapping):
        members: Iterable[Any] = obj.values()
    elif isinstance(obj, list | tuple):
        members = obj
    else:
        members = [*getattr(obj, "components", {}).values(), *getattr(obj, "__dict__", {}).values()]
    for member in members:
        if isinstance(member, torch.nn.Module):
            yield member


def _blocks(tensors: Iterable[torch.Tensor]) -> Iterator[_Block]:
    """Groups tensors whose bytes overlap; the rest of a shared storage is not ours to move.

    A safetensors file is one storage, so "same storage" does not mean "shared": the bytes decide.
    """
    spans = sorted(
        (_span(tensor) for tensor in tensors if tensor.numel() > 0), key=lambda span: span[:3]
    )
    group: list[tuple[int, int, int, torch.Tensor]] = []
    group_end = 0
    for span in spans:
        if group and (span[0] != group[0][0] or span[1] >= group_end):
            yield _block(group, group_end)
            group = []
        group_end = max(group_end, span[2]) if group else span[2]
        group.append(span)
    if group:
        yield _block(group, group_end)


def _span(tensor: torch.Tensor) -> tuple[int, int, int, torch.Tensor]:
    """Storage address, first byte and byte after the last one of a strided tensor."""
    start = int(tensor.storage_offset()) * tensor.element_size()
    last = sum((n - 1) * int(step) for n, step in zip(tensor.shape, tensor.stride(), strict=True))
    end = start + (last + 1) * tensor.element_size()
    return tensor.untyped_storage().data_ptr(), start, end, tensor


def _block(group: list[tuple[int, int, int, torch.Tensor]], end_bytes: int) -> _Block:
    import torch

    _, start_bytes, _, first = group[0]
    size = end_bytes - start_bytes
    with torch.no_grad():
        view = torch.empty(0, dtype=torch.uint8)
        view.set_(first.untyped_storage(), start_bytes, (size,), (1,))
    return _Block(
        view, [(tensor, tensor.data, start - start_bytes) for _, start, _, tensor in group]
    )


def _placed(view: torch.Tensor, copied: torch.Tensor, start_bytes: int) -> torch.Tensor:
    """The tensor of the home view's shape and strides inside the copied block."""
    import torch

    placed = torch.empty(0, dtype=view.dtype, device=copied.device)
    offset = start_bytes // view.element_size()
    return placed.set_(copied.untyped_storage(), offset, view.shape, view.stride())


def _same_kind(tensor: torch.Tensor, view: torch.Tensor) -> torch.Tensor:
    import torch

    if isinstance(tensor, torch.nn.Parameter):
        return torch.nn.Parameter(view, requires_grad=tensor.requires_grad)
    return view.detach()


def _read_in(home: Home, report: Report) -> None:
    """Brings mapped pages into memory, so that the first call does not wait for the disk."""
    done_bytes = 0
    _advise(home.blocks)
    for block in home.blocks:
        for start in range(0, block.bytes_view.numel(), _TOUCH_BYTES):
            chunk = block.bytes_view[start : start + _TOUCH_BYTES]
            chunk[::_PAGE_BYTES].max()
            done_bytes += chunk.numel()
            report(done_bytes, home.size_bytes)


def _advise(blocks: list[_Block]) -> None:
    """Asks the kernel to read ahead what is mapped; changes nothing for other memory."""
    if os.name != "posix":
        return
    madvise = getattr(ctypes.CDLL(None), "madvise", None)
    if madvise is None:
        return
    for block in blocks:
        address = block.bytes_view.data_ptr()
        begin = address - address % _PAGE_BYTES
        length = ctypes.c_size_t(address + block.bytes_view.numel() - begin)
        madvise(ctypes.c_void_p(begin), length, _MADV_WILLNEED)
