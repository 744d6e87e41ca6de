"""Names that contain markup: check_names.py URL NODE PROJECT COMMAND, for a container called quoted."""
import sys

from page import eventually, expect, pages

url, node, project, command = sys.argv[1:]

with pages(url) as new:
    page = new(width=360, height=740).open("#group=project")
    eventually("the project as text", lambda: f"{project} · 1" in page.names())
    eventually("the node as text", lambda: any(row["node"] == node for row in page.rows("nodes")))
    page.tab.locator("#containers button", has_text="quoted").first.click()
    panel = page.tab.locator("#detail")
    eventually("the process as text", lambda: command in panel.locator("table").inner_text())
    expect(project in panel.inner_text() and node in panel.inner_text(), "project and node as text in the panel")
    page.tab.keyboard.press("Escape")
    page.tab.locator("#nodes tbody button").first.click()
    eventually("the node's name as the title", lambda: panel.locator("h2").text_content() == node)
    page.tab.keyboard.press("Escape")
    expect(page.tab.evaluate("window.hurt === undefined"), "nothing of it was run")
    expect(page.tab.locator("img, iframe, script:not([src])").count() == 0, "nothing of it became an element")
    width = page.tab.evaluate("document.documentElement.scrollWidth")
    expect(width <= 360, f"the page is as wide as the phone, not {width}")
    page.check_quiet()
