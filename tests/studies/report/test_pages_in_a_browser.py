"""What a real browser makes of the dashboard and the report; skipped where there is no Chromium."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.processes import Forked, wait_until

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=20000",
    "--window-size=1500,3000",
    "--allow-file-access-from-files",
    "--dump-dom",
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


def browse(address: str, folder: Path) -> str:
    """Return a page's elements after its scripts ran."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True).stdout


@pytest.fixture
def server(small_study: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a dashboard on a copy of the small study."""
    for file in (small_study / "runs").glob("wsnas.db*"):
        shutil.copy(file, tmp_path)
    shutil.copytree(small_study / "runs/nb201-mini/artifacts", tmp_path / "nb201-mini/artifacts")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    storage = f"sqlite:///{tmp_path}/wsnas.db"
    address = f"http://127.0.0.1:{port}/dashboard"
    dashboard = Forked("dashboard", "--storage", storage, "--port", str(port), folder=tmp_path)

    def answers() -> bool:
        assert dashboard.poll() is None, dashboard.error
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return True
        return False

    try:
        wait_until(answers, pause=0.1)
        yield address
    finally:
        dashboard.send_signal(signal.SIGTERM)
        dashboard.wait()


def test_the_dashboard_shows_note_and_plots(server: str, tmp_path: Path) -> None:
    note = browse(f"{server}/studies/1/note", tmp_path)
    for words in ("Answer so far", "s-KdT", "wsnas report --space nb201"):
        assert words in note
    page = browse(f"{server}/studies/1", tmp_path)
    for title in (
        "best recipe, fresh architectures",
        "How good are the architectures that a super-net picks?",
    ):
        assert title in page


def test_a_trials_page_shows_its_pictures_and_the_note_leads_to_the_report(
    server: str, tmp_path: Path
) -> None:
    page = browse(f"{server}/studies/1/trials?numbers=0", tmp_path)
    for name in ("ranking.svg", "curve.svg"):
        assert name in page
    pictures = re.findall(r'<img[^>]*src="(/artifacts/[^"]*)"', page)
    assert len(pictures) == 2
    note = browse(f"{server}/studies/1/note", tmp_path)
    link = re.search(r'href="(/artifacts/[^"]*)"', note)
    assert link is not None
    report = browse(server.removesuffix("/dashboard") + link.group(1), tmp_path)
    assert "How to train this super-net: nb201-mini" in report
    sibling = browse(f"{server}/studies/2/note", tmp_path)
    assert "The second half of" in sibling


@pytest.mark.parametrize("width", [390, 1400])
def test_the_report_fits_its_window(width: int, small_study: Path, tmp_path: Path) -> None:
    report = (small_study / "runs/nb201-mini/report.html").read_text()
    # Windows are at least 500 pixels wide: a frame is as narrow as a phone.
    probe = (
        "<script>const f=document.querySelector('iframe');f.onload=()=>{"
        "const page=f.contentDocument.documentElement;"
        "document.title=page.scrollWidth-page.clientWidth+' too wide'}</script>"
    )
    (tmp_path / "report.html").write_text(report)
    frame = f'<iframe src="report.html" width="{width}" height="2000" frameborder="0"></iframe>'
    (tmp_path / "frame.html").write_text(f"<html><head></head><body>{frame}{probe}</body></html>")
    page = browse(f"file://{tmp_path}/frame.html", tmp_path)
    assert "<title>0 too wide</title>" in page
