"""Somebody in front of a browser: signs in, and notices whatever a page should never do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Response

from tests.browser.district import PASSWORD, District
from tests.waiting import PATIENCE_S

DESK = {"width": 1440, "height": 860}
PHONE = {"width": 390, "height": 844}
CONTROLS = frozenset(
    {
        "button",
        "link",
        "textbox",
        "combobox",
        "listbox",
        "option",
        "radio",
        "radiogroup",
        "checkbox",
        "tab",
        "searchbox",
    }
)
FAINT = """() => {
  const channels = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return colour.startsWith('color(') ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = (colour) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = colour.slice(0, 3).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const words = texts.currentNode.textContent.trim();
    const holder = texts.currentNode.parentElement;
    const style = getComputedStyle(holder);
    const unseen = !holder.getBoundingClientRect().width || style.visibility === 'hidden' || style.fontSize === '0px';
    if (words === '' || unseen || holder.closest('.picture, .login-story, :disabled')) continue;
    const grounds = [];
    let opacity = 1;
    for (let one = holder; one !== null; one = one.parentElement) {
      opacity *= Number(getComputedStyle(one).opacity);
      grounds.unshift(channels(getComputedStyle(one).backgroundColor));
    }
    const ground = grounds.reduce((below, colour) => over(colour, below), [255, 255, 255, 1]);
    const [r, g, b, a] = channels(style.color);
    const [dark, light] = [luminance(over([r, g, b, a * opacity], ground)), luminance(ground)].sort((x, y) => x - y);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < (large ? 3 : 4.5)) found.add(`${words.slice(0, 30)}: ${contrast.toFixed(2)}`);
  }
  return [...found];
}"""
WIDER = """() => [...document.querySelectorAll('.header *, main, main *')]
  .filter((one) => one.textContent.trim() !== '' && !one.closest('.city-map, nav, .figures, .reel, .table-frame'))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => `${one.tagName} ${one.textContent.trim().slice(0, 30)}`)"""
LABELS = {"zh-CN": ("用户名", "密码", "登录"), "en": ("Name", "Password", "Sign in")}


@contextmanager
def signed_in(
    browser: Browser,
    district: District,
    name: str,
    *,
    language: str = "zh-CN",
    viewport: dict[str, int] | None = None,
    touch: bool = False,
    place: tuple[float, float] | None = None,
    may_fail: str | None = None,
    offline_too: bool = False,
) -> Iterator[Page]:
    """A page of a person who is signed in. Fails at the end where the page threw or asked another host."""
    with visiting(
        browser,
        district,
        language=language,
        viewport=viewport,
        touch=touch,
        place=place,
        may_fail=may_fail,
        offline_too=offline_too,
    ) as page:
        page.goto(district.url)
        sign_in(page, name, language)
        yield page


def sign_in(page: Page, name: str, language: str = "zh-CN") -> None:
    """Fill in the sign-in page that stands there, and wait for what comes behind it."""
    who, secret, enter = LABELS[language]
    page.get_by_label(who, exact=True).fill(name)
    page.get_by_label(secret, exact=True).fill(PASSWORD)
    page.get_by_role("button", name=enter, exact=True).click()
    page.locator(".header").wait_for()


@contextmanager
def visiting(
    browser: Browser,
    district: District,
    *,
    language: str = "zh-CN",
    viewport: dict[str, int] | None = None,
    touch: bool = False,
    place: tuple[float, float] | None = None,
    may_fail: str | None = None,
    offline_too: bool = False,
    zone: str = "Asia/Shanghai",
) -> Iterator[Page]:
    """An empty page of somebody whom nobody knows. Fails at the end where the page threw, asked another host, or the
    server failed at another address than one that ends like `may_fail`. offline_too: the browser may keep the page;
    zone: that of its clock."""
    context = browser.new_context(
        viewport=viewport or DESK,  # type: ignore[arg-type]
        locale=language,
        has_touch=touch,
        is_mobile=touch,
        reduced_motion="reduce",
        service_workers="allow" if offline_too else "block",
        timezone_id=zone,
        permissions=[] if place is None else ["geolocation"],
        geolocation=None if place is None else {"latitude": place[0], "longitude": place[1]},
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"the page threw: {error}"))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    page.on("request", lambda request: faults.extend(_foreign(request.url, district.url)))
    page.on("response", lambda answer: faults.extend(_broken(answer, may_fail)))
    try:
        yield page
    finally:
        context.close()
    assert not faults, faults


def look(page: Page, folder: Path, name: str) -> None:
    """A screenshot for a person to look at, once the pictures in view have come; every control must have a name."""
    page.wait_for_function(
        "() => [...document.images].every(one => one.naturalWidth || one.getBoundingClientRect().top > innerHeight)"
    )
    page.screenshot(path=folder / f"{name}.png")
    assert unnamed_controls(page) == []


def unnamed_controls(page: Page) -> list[str]:
    """What a screen reader would announce without saying what it is, by Chromium's own accessibility tree."""
    session = page.context.new_cdp_session(page)
    tree = session.send("Accessibility.getFullAXTree")
    session.detach()
    return [
        str(node["role"]["value"])
        for node in tree["nodes"]
        if not node["ignored"]
        and node["role"]["value"] in CONTROLS
        and not str(node.get("name", {}).get("value", "")).strip()
    ]


def faint_texts(page: Page) -> list[str]:
    """Texts that are too pale to read on what they stand on: less than 4.5 : 1, 3 : 1 where they are large.

    As WCAG 2.2 has it in 1.4.3. Texts on pictures are left out, and so is what cannot be used now.
    """
    found: list[str] = page.evaluate(FAINT)
    return found


def wider_than_the_screen(page: Page) -> list[str]:
    """What stands out of the screen at its right, where nothing can scroll it into sight."""
    found: list[str] = page.evaluate(WIDER)
    return found


def map_is_drawn(page: Page) -> None:
    """Wait until the map's first layers are there."""
    page.locator(".city-map[data-ready=true]").wait_for()


def _foreign(url: str, own: str) -> list[str]:
    parts = urlsplit(url)
    own_page = parts.scheme in ("blob", "data") or parts.netloc == urlsplit(own).netloc
    return [] if own_page else [f"asked {url}"]


def _broken(answer: Response, may_fail: str | None) -> list[str]:
    forgiven = may_fail is not None and answer.url.endswith(may_fail)
    return [f"{answer.status} from {answer.url}"] if answer.status >= 500 and not forgiven else []
