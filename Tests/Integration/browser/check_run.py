"""A run from its start to its files, by the page alone: check_run.py URL NAME DOWNLOADED"""
import re, sys

from page import eventually, expect, pages

url, name, downloaded = sys.argv[1:]

with pages(url) as new:
    page = new()
    page.take_clock()
    page.open()
    eventually("a node", lambda: page.rows("nodes"))
    page.fill("start", name="../outside")
    page.tab.get_by_role("button", name="Start recording").click()
    eventually("what is wrong with the name", lambda: "outside" in page.said())
    page.fill("start", name=name, interval="100ms", note="50% & 1+1 “quoted”", labels="variant=a, load=50%")
    page.tab.get_by_role("button", name="Start recording").click()
    facts = page.tab.locator("#run-facts")
    eventually("recording", lambda: "recording" in facts.inner_text() and name in facts.inner_text())
    page.fill("mark", label="load on / 100%")
    page.tab.get_by_role("button", name="Set mark").click()
    eventually("the mark's tick", lambda: "at tick" in page.said())
    # All of it, but for a tick that a busy machine had no time for.
    eventually("how complete it is so far", lambda: re.search(r"\b(100|[1-9]\d?\.\d\d) %", facts.inner_text()))
    # The answer counts for a few seconds, of the page's.
    page.stop_clock()
    page.tab.locator("#stop").click()
    eventually("the question back", lambda: page.tab.locator("#stop").inner_text() == "Really stop?")
    page.tab.locator("#stop").click()
    page.start_clock()
    eventually("the verdict", lambda: re.match(rf"Stopped {re.escape(name)}: (in)?complete", page.said()))
    run = page.tab.locator("#runs details", has_text=name)
    run.locator("summary").click()
    with page.tab.expect_download() as download:
        run.get_by_role("link", name="host.csv").click()
    download.value.save_as(downloaded)
    eventually("the form again", lambda: page.tab.locator("#start").is_visible())
    # Chromium writes the status of a refusal into the console.
    page.check_quiet(allowed=["status of 400"])
