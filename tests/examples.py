"""The packages under examples/, installed where a test wants them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def install(example: str, folder: Path) -> Path:
    """Install an example and return what is to be put on the path of imports."""
    source = shutil.copytree(ROOT / "examples" / example, folder / "source")
    where = ("--target", str(folder / "installed"), str(source))
    quiet = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", "install", *quiet, *where], check=True, timeout=120)
    return folder / "installed"
