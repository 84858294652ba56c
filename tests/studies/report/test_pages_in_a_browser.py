"""What a real browser makes of the dashboard and the report; skipped where there is no Chromium."""

from __future__ import annotations

import html
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

from studies.report.page.html import render
from studies.report.page.overview import render_overview
from tests.processes import Forked, wait_until
from tests.studies.report import factory

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
AXE = Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js"
"""`npm install --no-save axe-core` brings it."""
PAGES = {
    **{
        name: lambda name=name: render(factory.CASES[name]()) for name in ("complete", "sobol", "unconfirmed")
    },
    "overview": lambda: render_overview([factory.complete(), factory.sobol()], links={}, command="make x"),
}
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


def browse(address: str, folder: Path, *flags: str) -> str:
    """Return a page's elements after its scripts ran."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *FLAGS, *flags, f"--user-data-dir={folder / 'profile'}", address]
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


@pytest.mark.skipif(not AXE.exists(), reason="there is no axe-core: npm install --no-save axe-core")
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_everyone_can_read_the_pages(page: str, colours: str, tmp_path: Path) -> None:
    """Contrast, names, order of headings, keyboard: what axe calls serious or critical is not there."""
    # Folded parts are opened, or nothing would look at them; the probe is no part of the page.
    probe = (
        "document.querySelectorAll('details').forEach(one => one.open = true);"
        "axe.run(document).then(found => { document.title = 'axe' + JSON.stringify(found.violations"
        ".map(one => [one.impact, one.id, one.nodes.map(node => node.target + ' ' + node.failureSummary)]))"
        "+ 'axe' + found.passes.length; });"
    )
    source = PAGES[page]().replace("</body>", f"<script>{AXE.read_text()}{probe}</script></body>")
    (tmp_path / "page.html").write_text(source)
    scheme = f"--blink-settings=preferredColorScheme={int(colours == 'light')}"
    seen = browse(f"file://{tmp_path}/page.html", tmp_path, scheme)
    title = re.search(r"<title>axe(.*?)axe(\d+)</title>", seen, re.DOTALL)
    assert title is not None, "axe did not run"
    assert int(title[2]) > 15
    assert html.unescape(title[1]) == "[]"
