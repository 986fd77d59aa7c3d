"""Puts a Chromium and the emoji font on the machine, where they are missing.

Run as `python tests/install_system.py`. Tries, in this order: what is already there, Debian's
packages (as root or through sudo), Playwright's own download. Ends with status 1 if something is
still missing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
FONT_FILE = "NotoColorEmoji.ttf"


def has_playwright_browser() -> bool:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def has_browser() -> bool:
    return any(shutil.which(name) for name in BROWSER_NAMES) or has_playwright_browser()


def has_font() -> bool:
    folders = (Path(folder).expanduser() for folder in FONT_FOLDERS)
    return any(next(folder.rglob(FONT_FILE), None) for folder in folders if folder.exists())


def install_debian(*packages: str) -> None:
    if not shutil.which("apt-get"):
        return
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    subprocess.run([*sudo, "apt-get", "update", "-q"], check=False, env=environment)
    subprocess.run(
        [*sudo, "apt-get", "install", "-y", "-q", *packages], check=False, env=environment
    )


def install_playwright_browser() -> None:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        subprocess.run(command, check=False, timeout=600)
    except subprocess.TimeoutExpired:
        print("Playwright's download took too long; trying the system's packages.")


def main() -> int:
    if not has_browser():
        install_debian("chromium")
    if not has_browser():
        install_playwright_browser()
    if not has_font():
        install_debian("fonts-noto-color-emoji")
    missing = [
        name
        for name, there in (("a Chromium", has_browser()), (FONT_FILE, has_font()))
        if not there
    ]
    for name in missing:
        print(f"Still missing: {name}. Install it by hand, then run the tests again.")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
