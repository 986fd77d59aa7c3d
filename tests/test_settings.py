"""Settings: from the environment, from the command line, and what is no setting."""

from dataclasses import fields

import pytest

from playground.sentences import read_sentences
from playground.settings import SETTINGS, SettingError, Settings, command_line, read_settings


def test_the_list_and_the_class_agree():
    assert [setting.name for setting in SETTINGS] == [field.name for field in fields(Settings)]


def test_defaults_keep_the_server_to_this_machine():
    settings = read_settings([], {})
    assert (settings.host, settings.port, settings.offline) == ("127.0.0.1", 7860, False)
    assert settings.is_loopback_only


def test_an_option_wins_over_the_environment():
    environment = {"PLAYGROUND_PORT": "7001", "PLAYGROUND_MOST_VISITORS": "30"}
    settings = read_settings(["--port", "7002"], environment)
    assert (settings.port, settings.most_visitors) == (7002, 30)


@pytest.mark.parametrize(
    ("word", "value"), [("yes", True), ("TRUE", True), ("0", False), ("", False)]
)
def test_flags(word, value):
    assert read_settings([], {"PLAYGROUND_OFFLINE": word}).offline is value


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("PORT", "eighty", "setting_error.number"),
        ("PORT", "70000", "setting_error.range"),
        ("PORT", "-1", "setting_error.range"),
        ("PORT", "7860.5", "setting_error.number"),
        ("DEVICE_BUDGET_GB", "nan", "setting_error.range"),
        ("DEVICE_BUDGET_GB", "inf", "setting_error.range"),
        ("MOST_VISITORS", "0", "setting_error.range"),
        ("WARM_UP", "perhaps", "setting_error.flag"),
    ],
)
def test_what_is_no_setting_is_told_in_a_sentence(name, text, key):
    with pytest.raises(SettingError) as told:
        read_settings([], {f"PLAYGROUND_{name}": text})
    assert told.value.key == key
    for language in ("en", "zh-Hant"):
        assert read_sentences(language)[key].format(**told.value.values)


def test_help_explains_every_setting():
    english = read_sentences("en")
    shown = " ".join(command_line(english).format_help().split())
    for setting in SETTINGS:
        assert setting.environment_name in shown
        assert english[setting.help_key] in shown


def test_names_of_the_server_are_split():
    settings = read_settings(["--allowed-hosts", "a.example, b.example,"], {})
    assert settings.host_names == ("a.example", "b.example")
    assert not read_settings(["--host", "0.0.0.0"], {}).is_loopback_only
