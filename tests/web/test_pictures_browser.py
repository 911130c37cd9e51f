"""The pictures in a real browser: drawn by Vega under our policy, as wide as there is room, or without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import WebApp
from tests.web.seed import Tenant, seed_tenant
from tests.web.test_browser import Site, complaints, served

__all__ = ["served"]

pytestmark = pytest.mark.browser
#: Pages with their pictures. What lay on people is drawn only where their pace is known.
PAGES = {"/overview?days=90": 3, "/response?days=90": 4, "/funnel": 1, "/owners?days=90": 0, "/owners/71?days=90": 1}


@pytest.fixture(scope="module")
def seeded(seeded: tuple[WebApp, Tenant]) -> tuple[WebApp, Tenant]:
    """An account with leads enough for every picture."""
    web, _ = seeded
    return web, seed_tenant(web.context, account_id="247279316", name="Westlicht", leads=150, seed=5)


def drawn(page: Page, figures: int) -> None:
    # Asked for through locators: a function that Playwright would wait for is evaluated, which the policy refuses.
    expect(page.locator("figure[data-drawn=vega] svg.marks")).to_have_count(figures)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_vega_draws_every_picture_and_the_policy_refuses_nothing(served: Site, scheme: str):
    with served.context(viewport={"width": 1280, "height": 900}, color_scheme=scheme) as context:
        page = context.new_page()
        said = complaints(page)
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective))"
        )
        for path, figures in PAGES.items():
            page.goto(served.url + path)
            assert page.locator("figure[data-vega]").count() >= figures, path
            drawn(page, page.locator("figure[data-vega]").count())
            assert page.locator("figure .drawing > svg").count() == 0
        assert said == []


def test_bars_are_as_many_and_as_high_as_the_table_says(served: Site):
    with served.context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{served.url}/response?days=90")
        drawn(page, 4)
        panel = page.locator("section[aria-labelledby=tried]")
        panel.locator("summary").click()
        counts = [int(text) for text in panel.locator("tbody td.num").all_inner_texts()]
        bars = panel.locator("g.mark-rect.role-mark path")
        assert bars.count() == len(counts) == 10
        heights = [float(box["height"]) for box in (bars.nth(n).bounding_box() for n in range(10)) if box]
        shown = [(count, height) for count, height in zip(counts, heights, strict=False) if count]
        ratio = max(height for _, height in shown) / max(count for count, _ in shown)
        assert len(heights) == 10
        for count, height in zip(counts, heights, strict=True):
            assert height == pytest.approx(count * ratio, abs=1.0)
        # A click on a bar opens its leads.
        tallest = counts.index(max(counts))
        bars.nth(tallest).click()
        page.wait_for_url("**/leads?*wait=*")
        assert re.search(rf"\b{max(counts)} leads?\b", page.locator("#rows caption").inner_text())


def test_what_if_moves_the_numbers_without_a_reload(served: Site):
    with served.context() as context:
        page = context.new_page()
        said = complaints(page)
        page.goto(f"{served.url}/response?days=90")
        page.evaluate("window.stayed = true")
        before = page.locator("#what-if-broken").inner_text()
        sentence = page.locator("#what-if-result .sentence").inner_text()
        assert "agreement of 30\xa0min" in sentence
        page.fill("#w-due", "600")
        expect(page.locator("#what-if-result .sentence")).to_contain_text("agreement of 10 h")
        after = page.locator("#what-if-broken").inner_text()
        assert int(after.split(" ")[0]) < int(before.split(" ")[0])
        page.fill("#w-due", "1")
        expect(page.locator("#what-if-result")).to_contain_text("The goal is not later than")
        assert page.evaluate("window.stayed") is True
        assert said == []


def test_pictures_take_the_room_there_is(served: Site):
    with served.context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{served.url}/response?days=90")
        drawn(page, 4)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            for figure in page.locator("figure .drawing").all():
                room = figure.evaluate("drawing => drawing.clientWidth")
                expect(figure.locator("svg.marks")).to_have_attribute("width", re.compile(rf"^{room}(\.|$)"))


def test_colours_follow_the_reader(served: Site):
    fills = []
    for scheme in ("light", "dark"):
        with served.context(color_scheme=scheme) as context:
            page = context.new_page()
            page.goto(f"{served.url}/response?days=90")
            drawn(page, 4)
            bar = page.locator("section[aria-labelledby=tried] g.mark-rect.role-mark path").first
            fills.append(bar.evaluate("bar => getComputedStyle(bar).fill"))
    assert fills == ["rgb(28, 85, 102)", "rgb(127, 188, 205)"]


def test_without_scripts_the_picture_of_the_server_stands(served: Site):
    with served.context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{served.url}/response?days=90")
        assert page.locator("figure .drawing > svg.marks").count() == 4
        bar = page.locator("section[aria-labelledby=tried] g.mark-rect.role-mark path").first
        assert bar.evaluate("bar => bar.getBoundingClientRect().width") > 5
        page.fill("#w-due", "600")
        page.fill("#w-goal", "5")
        page.click("form[action='/response'] button")
        assert "agreement of 10\xa0h" in page.locator("#what-if-result .sentence").inner_text()


def test_a_picture_reads_from_the_right_where_lines_do(served: Site):
    places = []
    for lang in ("en", "qps"):
        with served.context(viewport={"width": 1280, "height": 900}) as context:
            page = context.new_page()
            page.goto(f"{served.url}/response?days=90&lang={lang}")
            drawn(page, 4)
            bars = page.locator("section[aria-labelledby=tried] g.mark-rect.role-mark path")
            boxes = [bars.nth(n).bounding_box() for n in (0, 9)]
            places.append([box["x"] for box in boxes if box])
    assert places[0][0] < places[0][1]
    assert places[1][0] > places[1][1]
