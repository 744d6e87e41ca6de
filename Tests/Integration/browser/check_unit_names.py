"""Names of a unit and a host's process that contain markup: check_unit_names.py URL NODE UNIT COMMAND."""
import sys

from page import eventually, expect, pages

url, node, unit, command = sys.argv[1:]

with pages(url) as new:
    page = new(width=360, height=740).open()
    eventually("the node", lambda: any(row["node"] == node for row in page.rows("nodes")))
    page.tab.locator("#nodes tbody button").first.click()
    panel = page.tab.locator("#detail")

    def texts(table):
        return panel.get_by_role("table", name=table).locator("tbody").all_text_contents()

    eventually("the unit as text", lambda: any(unit in text for text in texts("Units")))
    eventually("the process as text", lambda: any(command in text and unit in text for text in texts("Processes")))
    page.tab.keyboard.press("Escape")
    # What it uses most of the node's cores by.
    eventually("both beside the node", lambda: page.rows("nodes")[0]["busiest"].startswith(f"{command} (unit {unit})"))
    eventually("both in What hurts", lambda: f"{command} (unit {unit})" in page.tab.locator("#hurts").text_content())
    expect(page.tab.evaluate("window.hurt === undefined"), "nothing of it was run")
    expect(page.tab.locator("img, iframe, script:not([src])").count() == 0, "nothing of it became an element")
    width = page.tab.evaluate("document.documentElement.scrollWidth")
    expect(width <= 360, f"the page is as wide as the phone, not {width}")
    page.check_quiet()
