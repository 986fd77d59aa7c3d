"""The port and the folder of one run."""

import os
import socket
import stat

import pytest

from playground.page.own_folder import free_port, own_folder
from playground.settings import SettingError
from tests.conftest import settings_for_tests


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_is_private_and_empty_after_a_killed_run(here):
    first = own_folder(7860)
    (first / "left").mkdir()
    (first / "left" / "picture.webp").write_bytes(b"x")
    again = own_folder(7860)
    assert again == first
    assert list(again.iterdir()) == []
    if os.name == "posix":
        assert stat.S_IMODE(again.stat().st_mode) == 0o700


def test_another_port_keeps_its_folder(here):
    other = own_folder(7861)
    (other / "picture.webp").write_bytes(b"x")
    own_folder(7860)
    assert (other / "picture.webp").exists()


def test_a_planted_link_is_not_followed(here):
    target = here / "target"
    target.mkdir()
    (target / "kept").write_text("x")
    (here / "multimodal-playground-7860").symlink_to(target)
    folder = own_folder(7860)
    assert folder.name != "multimodal-playground-7860"
    assert (target / "kept").exists()


def test_a_taken_port_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingError) as told:
            free_port(settings_for_tests(port=port))
    assert (told.value.key, told.value.values) == ("setting_error.port_taken", {"port": port})


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host", "256.1.1.1"])
def test_a_wrong_host_is_told(host):
    with pytest.raises(SettingError) as told:
        free_port(settings_for_tests(host=host))
    assert told.value.key == "setting_error.host"


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6(host):
    assert free_port(settings_for_tests(host=host)) > 0
