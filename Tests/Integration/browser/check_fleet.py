"""The page with more containers of crowd.py than the stream sends: check_fleet.py URL NODES CONTAINERS."""
import sys

from page import eventually, expect, pages

url, nodes, containers = sys.argv[1], *map(int, sys.argv[2:])
BOUND = 2000
total = nodes * containers
count = lambda page: page.tab.locator("#count").inner_text()

with pages(url) as new:
    page = new().open()
    part = f"{BOUND:,} of {total:,} shown: filter to see others"
    eventually("the bound is shown and said", lambda: count(page) == part, within=240)
    facts = page.tab.locator("#totals").inner_text()
    expect(f"{total:,}" in facts, f"the totals count all: {facts}")

    # Each container of one node can be found, also those that use least.
    last = f"c{containers - 1}-of-{nodes - 1}"
    page.fill("tools", find=f"of-{nodes - 1} node-{nodes - 1}")
    eventually("all of one node's", lambda: count(page) == f"{containers:,} of {total:,}")
    page.fill("tools", find=last)
    eventually("one of them", lambda: page.names() == [last])
    page.fill("tools", find="of-")
    eventually("more that fit than are sent", lambda: count(page) == f"{BOUND:,} of {total:,} that fit shown: filter for fewer")
    page.fill("tools", find="nobody has this name")
    eventually("none", lambda: count(page) == f"0 of {total:,}")
    page.fill("tools", find="")
    eventually("the bound again", lambda: count(page) == part)

    # The order is the collector's, over all of them.
    page.heading("Name").click()
    first = f"c0-of-0"
    eventually("the first by name", lambda: page.names() and page.names()[0] == first)
    page.tab.locator("#containers button", has_text=first).first.click()
    page.tab.locator("#detail").wait_for()
    eventually("its details", lambda: page.tab.locator("#detail svg").count() > 0)
    expect(len(page.requests) < 60, f"nobody is asked again and again: {len(page.requests)} requests")
    page.check_quiet()
