import pytest
import torch

from playground.models.loading import run_dtype, stored_dtype
from tests.models.tiny_checkpoints import save_open_clip
from tests.models.tiny_clip import save_tiny_clip

HALVES = {"F16": torch.float16, "BF16": torch.bfloat16}


@pytest.mark.parametrize(("name", "dtype"), [*HALVES.items(), ("F32", torch.float32)])
def test_the_files_dtype_is_read(tmp_path, name, dtype):
    save_tiny_clip(tmp_path, dtype=dtype)
    assert stored_dtype(tmp_path) == name
    assert stored_dtype(tmp_path / "nowhere") == ""


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_processor_runs_in_float32(tmp_path, monkeypatch, dtype):
    save_tiny_clip(tmp_path, dtype=dtype)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert run_dtype(tmp_path) == torch.float32


def test_an_accelerator_runs_in_16_bits_and_keeps_the_files_own(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    for name, dtype in HALVES.items():
        save_tiny_clip(tmp_path / name, dtype=dtype)
        assert run_dtype(tmp_path / name) == dtype
    save_tiny_clip(tmp_path / "F32")
    assert run_dtype(tmp_path / "F32") == torch.float16
    save_open_clip(tmp_path / "open")
    assert run_dtype(tmp_path / "open") == torch.float16
