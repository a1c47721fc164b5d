# Copyright (c) 2026 The distrain maintainers
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report in a real browser: it loads nothing, runs nothing, fits every width, and can be read by everyone.

The pictures are in artifacts/report/.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.report.conftest import ROOT, Seen

PICTURES = ROOT / "artifacts" / "report"
NAMES = [f"{kind}{what}" for kind in ("", "large-", "empty-", "evil-") for what in ("job", "cluster")]
SECTIONS = {
    "job": "timeline curves events hosts parity plan matrix check settings sources".split(),
    "cluster": "matrix check plan findings hosts parity jobs sources".split(),
}
LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"), (320, "light")]
# WCAG AA for text of this size.
LEAST_CONTRAST = 4.5
LOW_CONTRAST = (Path(__file__).parent / "low_contrast.js").read_text()
UNNAMED = """() => [...document.querySelectorAll('svg')]
  .filter(one => !one.closest('[role=img][aria-label], [aria-hidden=true]')).map(one => one.outerHTML)"""
HEADLESS_TABLES = """() => [...document.querySelectorAll('table')]
  .filter(one => !one.caption || !one.querySelector('thead th[scope]') || !one.querySelector('tbody th[scope]'))
  .map(one => one.outerHTML)"""
CUT = """() => [...document.querySelectorAll('body *')].filter(one => !one.closest('.scroll, .message, .unseen, svg')
  && one.getBoundingClientRect().right > innerWidth + .5).map(one => one.outerHTML.slice(0, 200))"""


@contextmanager
def seen(browser: Browser, path: Path, width: int = 1280, scheme: Any = "light") -> Iterator[Seen]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    found = Seen(page, [], [])
    page.on("request", lambda request: found.requests.append(request.url))
    page.on("console", lambda message: found.complaints.append(message.text))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.on("dialog", lambda dialog: found.complaints.append(dialog.message))
    page.goto(path.as_uri())
    yield found
    context.close()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_and_keeps_to_itself(
    browser: Browser, pages: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    with seen(browser, pages[name], width, scheme) as found:
        PICTURES.mkdir(parents=True, exist_ok=True)
        found.page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
        assert found.complaints == []
        assert found.requests == [pages[name].as_uri()]
        assert found.page.evaluate("document.scrollingElement.scrollWidth") <= width
        assert found.page.evaluate(CUT) == []
        for section in SECTIONS[name.rpartition("-")[2]]:
            assert found.page.locator(f"section#{section}").is_visible()
        assert found.page.evaluate(LOW_CONTRAST, LEAST_CONTRAST) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_screen_reader_gets_everything(browser: Browser, pages: dict[str, Path], name: str) -> None:
    with seen(browser, pages[name]) as found:
        assert found.page.evaluate(UNNAMED) == []
        assert found.page.evaluate(HEADLESS_TABLES) == []
        assert found.page.locator(".scroll:not([tabindex='0'][aria-label])").count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_in_a_page(browser: Browser, pages: dict[str, Path], name: str) -> None:
    with seen(browser, pages[name]) as found:
        assert found.page.evaluate("document.scripts.length + document.images.length") == 0
        add = "document.body.append(Object.assign(document.createElement('img'), {src: 'http://192.0.2.1/x'}))"
        found.page.evaluate(add)
        found.page.wait_for_timeout(100)
        assert "Content Security Policy" in found.complaints[0]


def test_on_paper_it_is_light_and_whole(browser: Browser, pages: dict[str, Path]) -> None:
    with seen(browser, pages["job"], scheme="dark") as found:
        found.page.emulate_media(media="print", color_scheme="dark")
        assert found.page.locator("nav").is_hidden()
        assert found.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert found.page.evaluate(LOW_CONTRAST, LEAST_CONTRAST) == []
        assert found.page.pdf(path=PICTURES / "job.pdf", format="A4", prefer_css_page_size=True)
