"""The page by keyboard, with a screen reader, and for limited eyesight: check_access.py URL"""
import sys

from page import eventually, expect, pages

url = sys.argv[1]

# WCAG 2, 1.4.3: the contrast of each text with its background; disabled and invisible elements are left out.
CONTRAST = """() => {
    const context = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d', {willReadFrequently: true});
    const rgba = (colour, below) => {
        context.fillStyle = below ?? '#fff';
        context.fillRect(0, 0, 1, 1);
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data];
    };
    const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
    const paper = (element) => {
        const layers = [];
        for (let e = element; e; e = e.parentElement) layers.unshift(getComputedStyle(e).backgroundColor);
        return layers.reduce((below, layer) => `rgb(${rgba(layer, below).slice(0, 3).join(' ')})`, '#fff');
    };
    const faint = [];
    for (const element of document.querySelectorAll('body *')) {
        const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
        const isSeen = element.checkVisibility({visibilityProperty: true, opacityProperty: true});
        if (!text || !isSeen || element.closest('.hidden, option')) continue;
        const below = paper(element);
        const ink = getComputedStyle(element);
        const colour = element.closest('svg') ? ink.fill : ink.color;
        const [light, dark] = [luminance(rgba(colour, below)), luminance(rgba(below))].sort((a, b) => b - a);
        const contrast = (light + 0.05) / (dark + 0.05);
        if (contrast < 4.5) faint.push(`${text.slice(0, 30)}: ${colour} on ${below}: ${contrast.toFixed(2)}`);
    }
    return faint;
}"""
NAMELESS = """() => {
    const isNamed = (e) => e.getAttribute('aria-label') || e.labels?.length || document.getElementById(e.getAttribute('aria-labelledby'))
        || (e.matches('button, a, summary') && /\\p{L}/u.test(e.textContent));
    return [...document.querySelectorAll('button, input, select, a, dialog, table, summary')]
        .filter((e) => e.checkVisibility() && !isNamed(e)).map((e) => e.outerHTML.slice(0, 120));
}"""
MARKS = """[...document.querySelectorAll('main, header, h1, [aria-live], [role=status]')]
    .map((e) => e.localName + (e.getAttribute('role') ?? ''))"""

with pages(url) as new:
    for scheme in ["light", "dark"]:
        page = new(scheme=scheme).open("#open=container:hold")
        panel = page.tab.locator("#detail")
        eventually("processes", lambda: "dd" in panel.inner_text() and panel.locator("svg").count())
        for what, seen in [("in the panel", page.tab.evaluate(CONTRAST)), ("without a name", page.tab.evaluate(NAMELESS))]:
            expect(not seen, f"{scheme}, {what}: {seen}")
        page.tab.keyboard.press("Escape")
        eventually("rows", page.names)
        for what, seen in [("on the page", page.tab.evaluate(CONTRAST)), ("without a name", page.tab.evaluate(NAMELESS))]:
            expect(not seen, f"{scheme}, {what}: {seen}")
        page.check_quiet()
    marks = page.tab.evaluate(MARKS)
    expect([marks.count(mark) for mark in ["main", "h1", "pstatus"]] == [1, 1, 1], f"one main part, one heading, one live region: {marks}")

    page = new().open()
    eventually("rows", lambda: len(page.names()) > 1)
    keys, focused = page.tab.keyboard, lambda: page.tab.evaluate("document.activeElement.textContent")
    keys.press("Tab")
    expect(focused() == "Skip to the containers", f"the first stop leads past the rest, not {focused()}")
    keys.press("Enter")
    keys.press("Tab")
    keys.type("hold")
    eventually("the filter", lambda: page.names() == ["hold"])
    for _ in range(3):
        keys.press("Tab")
    expect(focused() == "Name", f"behind the filters stand the headings, not {focused()}")
    keys.press("Enter")
    eventually("sorted by name", lambda: page.tab.locator("#containers th[aria-sort=ascending]").inner_text().startswith("Name"))
    while focused() != "hold":
        keys.press("Tab")
    outline = page.tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    expect(outline != "none", "the focus is to be seen")
    keys.press("Enter")
    panel = page.tab.locator("#detail")
    eventually("the panel", lambda: panel.is_visible() and panel.locator("h2").inner_text() == "hold")
    keys.press("Escape")
    eventually("back in the table", lambda: not panel.is_visible() and focused() == "hold")
    page.fill("tools", find="")
    eventually("all rows again", lambda: len(page.names()) > 1)
    page.tab.locator("#containers tbody button").first.focus()
    before = focused()
    keys.press("ArrowDown")
    expect(focused() != before and focused() in page.names(), "down goes to the next row")

    phone = new(width=360, height=740).open()
    eventually("rows", phone.names)
    name = "document.querySelector('#containers tbody:not([aria-hidden]) bdi')?.getBoundingClientRect().width"
    eventually("room for a name", lambda: (phone.tab.evaluate(name) or 0) > 20)
    width = phone.tab.evaluate("document.documentElement.scrollWidth")
    expect(width <= 360, f"the page is as wide as the phone, not {width}")
    phone.check_quiet()
    page.check_quiet()
