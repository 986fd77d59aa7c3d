"""What whoever runs the playground may set, from the environment or the command line.

Every setting is one row of ``SETTINGS``; its environment name is ``PLAYGROUND_<NAME>``
and its option ``--<name>``. An option wins over the environment.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Value = str | int | float | bool
PREFIX = "PLAYGROUND_"
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True)
class Setting:
    """One row of the list: its default gives the type, ``low`` and ``high`` bound a number."""

    name: str
    default: Value
    low: float | None = None
    high: float | None = None

    @property
    def help_key(self) -> str:
        """The language key of the sentence that explains it."""
        return f"setting.{self.name}"

    @property
    def environment_name(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.name.upper()


SETTINGS: tuple[Setting, ...] = (
    Setting("host", "127.0.0.1"),
    Setting("port", 7860, 0, 65535),
    Setting("root_path", ""),
    Setting("allowed_hosts", ""),
    Setting("frame_ancestors", ""),
    Setting("most_visitors", 40, 1, 1000),
    Setting("device_budget_gb", 0.0, 0, 1000),
    Setting("models_folder", ""),
    Setting("scienceqa_folder", ""),
    Setting("collections", ""),
    Setting("download", ""),
    Setting("operator_code", ""),
    Setting("safety", True),
    Setting("offline", False),
    Setting("warm_up", True),
)


@dataclass(frozen=True)
class Settings:
    """The settings of one run. ``device_budget_gb`` 0 means: measured from the device."""

    host: str
    port: int
    root_path: str
    allowed_hosts: str
    frame_ancestors: str
    most_visitors: int
    device_budget_gb: float
    models_folder: str
    scienceqa_folder: str
    collections: str
    download: str
    operator_code: str
    safety: bool
    offline: bool
    warm_up: bool

    @property
    def host_names(self) -> tuple[str, ...]:
        """``allowed_hosts`` as separate names."""
        return tuple(name.strip() for name in self.allowed_hosts.split(",") if name.strip())

    @property
    def download_names(self) -> tuple[str, ...]:
        """``download`` as separate names."""
        return tuple(name.strip() for name in self.download.split(",") if name.strip())

    @property
    def collection_names(self) -> tuple[str, ...]:
        """``collections`` as separate files."""
        names = self.collections.split(os.pathsep)
        return tuple(name.strip() for name in names if name.strip())

    @property
    def is_loopback_only(self) -> bool:
        """Whether only this very machine can reach the server."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


class SettingError(ValueError):
    """A setting that cannot be used. ``key`` and ``values`` make the sentence."""

    def __init__(self, key: str, **values: Value) -> None:
        super().__init__(f"{key} {values}")
        self.key = key
        self.values = values


def parse(setting: Setting, text: str) -> Value:
    """Turn what was typed into a value of the setting's type.

    Args:
        setting: the row that says the type and the bounds.
        text: what stands in the environment or on the command line.

    Returns:
        A str, int, float or bool, as the default is.

    Raises:
        SettingError: the text is no such value, or lies outside the bounds.
    """
    default, text = setting.default, text.strip()
    if isinstance(default, bool):
        if text.lower() not in TRUE_WORDS | FALSE_WORDS:
            raise SettingError("setting_error.flag", name=setting.name, value=text)
        return text.lower() in TRUE_WORDS
    if isinstance(default, str):
        return text
    try:
        number = type(default)(text)
    except ValueError:
        raise SettingError("setting_error.number", name=setting.name, value=text) from None
    low, high = setting.low or 0, setting.high or math.inf
    if not low <= number <= high:
        raise SettingError("setting_error.range", name=setting.name, low=low, high=high)
    return number


def read_settings(
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    *,
    help_of: Mapping[str, str] | None = None,
) -> Settings:
    """Read every setting: its default, then the environment, then the command line.

    Args:
        arguments: the command line without the program's name.
        environment: defaults to that of this process.
        help_of: sentences by ``help_key``, for ``--help``.

    Returns:
        The settings of this run.

    Raises:
        SettingError: a value cannot be used.
    """
    environment = os.environ if environment is None else environment
    typed = vars(command_line(help_of or {}).parse_args(list(arguments)))
    values: dict[str, Value] = {}
    for setting in SETTINGS:
        text = typed.get(setting.name)
        if text is None:
            text = environment.get(setting.environment_name)
        values[setting.name] = setting.default if text is None else parse(setting, text)
    return Settings(**values)  # type: ignore[arg-type]


def command_line(help_of: Mapping[str, str]) -> argparse.ArgumentParser:
    """The options of ``python app.py``, one for each setting."""
    parser = argparse.ArgumentParser(
        prog="python app.py", description=help_of.get("setting.about"), allow_abbrev=False
    )
    for setting in SETTINGS:
        sentence = help_of.get(setting.help_key, "").replace("%", "%%")
        parser.add_argument(
            "--" + setting.name.replace("_", "-"),
            metavar=type(setting.default).__name__.upper(),
            help=f"{sentence} [{setting.environment_name}, {setting.default!r}]",
        )
    return parser


def set_environment(settings: Settings) -> None:
    """Tell the libraries, before any of them is imported, to send nothing and to ask nobody.

    Models are fetched by our own code only; the libraries read local files whatever this says.
    ``HF_HUB_OFFLINE`` and ``TRANSFORMERS_OFFLINE`` of the environment are left as they are.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if settings.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ["TRANSFORMERS_OFFLINE"] = "1"
    for name in ("GRADIO_WATCH_DIRS", "GRADIO_VIBE_MODE", "GRADIO_SHARE", "GRADIO_ALLOWED_PATHS"):
        os.environ.pop(name, None)
