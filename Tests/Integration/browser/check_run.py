"""A run from its start to its files, by the page alone: check_run.py URL NAME DOWNLOADED"""
import sys

from page import eventually, expect, pages

url, name, downloaded = sys.argv[1:]

with pages(url) as new:
    page = new().open()
    eventually("a node", lambda: page.rows("nodes"))
    page.fill("start", name="../outside")
    page.tab.get_by_role("button", name="Start recording").click()
    eventually("what is wrong with the name", lambda: "outside" in page.said())
    page.fill("start", name=name, interval="100ms", note="50% & 1+1 “quoted”")
    page.tab.get_by_role("button", name="Start recording").click()
    facts = page.tab.locator("#run-facts")
    eventually("recording", lambda: "recording" in facts.inner_text() and name in facts.inner_text())
    page.fill("mark", label="load on / 100%")
    page.tab.get_by_role("button", name="Set mark").click()
    eventually("the mark's tick", lambda: "at tick" in page.said())
    eventually("complete so far", lambda: "100 %" in facts.inner_text())
    page.tab.locator("#stop").click()
    eventually("the question back", lambda: page.tab.locator("#stop").inner_text() == "Really stop?")
    page.tab.locator("#stop").click()
    eventually("the verdict", lambda: page.said().startswith(f"Stopped {name}: complete"), within=30)
    run = page.tab.locator("#runs details", has_text=name)
    run.locator("summary").click()
    with page.tab.expect_download() as download:
        run.get_by_role("link", name="host.csv").click()
    download.value.save_as(downloaded)
    eventually("the form again", lambda: page.tab.locator("#start").is_visible())
    # A refusal is an answer with a status of its own, which Chromium writes into the console.
    page.check_quiet(allowed=["status of 400"])
