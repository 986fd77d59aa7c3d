"""Limits of containers, old and new, and of the machine."""

from pathlib import Path

import pytest

from playground.cache.host_memory import available_bytes, limit_bytes

GIGABYTE = 1 << 30


@pytest.fixture
def system(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "meminfo").write_text(
        f"MemTotal:       {16 * GIGABYTE // 1024} kB\nMemAvailable: {9 * GIGABYTE // 1024} kB\n"
    )
    (tmp_path / "own").write_text("0::/app/worker\n")
    (tmp_path / "cgroup").mkdir()
    return {
        "meminfo": tmp_path / "meminfo",
        "own_cgroup": tmp_path / "own",
        "cgroup": tmp_path / "cgroup",
    }


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text + "\n")


def test_without_a_group_the_machine_is_the_limit(system: dict[str, Path]) -> None:
    assert limit_bytes(**system) == 16 * GIGABYTE
    assert available_bytes(**system) == 9 * GIGABYTE


def test_the_limit_of_the_own_group_or_of_one_above_holds(system: dict[str, Path]) -> None:
    write(system["cgroup"] / "app/worker", memory__max="max", memory__current="5")
    assert limit_bytes(**system) == 16 * GIGABYTE
    write(
        system["cgroup"] / "app",
        memory__max=str(4 * GIGABYTE),
        memory__current=str(3 * GIGABYTE),
        memory__stat=f"anon 5\ninactive_file {GIGABYTE}\nactive_file {GIGABYTE // 2}",
    )
    assert limit_bytes(**system) == 4 * GIGABYTE
    assert available_bytes(**system) == 4 * GIGABYTE - 3 * GIGABYTE + 3 * GIGABYTE // 2


def test_old_groups(system: dict[str, Path]) -> None:
    system["own_cgroup"].write_text("9:memory:/docker/1\n3:cpu,cpuacct:/docker/1\n")
    write(
        system["cgroup"] / "memory/docker/1",
        memory__limit_in_bytes=str(2 * GIGABYTE),
        memory__usage_in_bytes=str(GIGABYTE),
    )
    assert limit_bytes(**system) == 2 * GIGABYTE
    assert available_bytes(**system) == GIGABYTE
    write(system["cgroup"] / "memory/docker/1", memory__limit_in_bytes=str((1 << 63) - 4096))
    assert limit_bytes(**system) == 16 * GIGABYTE


def test_where_the_system_tells_nothing_there_is_still_a_limit(tmp_path: Path) -> None:
    nowhere = {name: tmp_path / name for name in ("cgroup", "own_cgroup", "meminfo")}
    assert limit_bytes(**nowhere) > 0
    assert available_bytes(**nowhere) is None


def test_this_machine() -> None:
    assert limit_bytes() > 100 << 20
