"""The page with crowd.py's nodes and containers: check_crowd.py URL NODES CONTAINERS. Prints what the page costs the browser."""
import sys, time

from page import eventually, expect, pages

url, nodes, containers = sys.argv[1], *map(int, sys.argv[2:])
SECONDS = 5

with pages(url) as new:
    page = new().open("#sort=name")
    everything = f"{nodes * containers:,}"
    eventually("all containers", lambda: page.tab.locator("#count").inner_text() == everything, within=240)
    expect(len(page.names()) < 60, f"only what is in sight is drawn, not {len(page.names())} rows")

    # The CPU time of the tab's main thread, which doesn't depend on the machine's other work.
    session = page.tab.context.new_cdp_session(page.tab)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    busy = lambda: next(m["value"] for m in session.send("Performance.getMetrics")["metrics"] if m["name"] == "TaskDuration")
    share = 1000
    for _ in range(6):
        before, began = busy(), time.monotonic()
        # A span to measure over: nothing is waited for.
        time.sleep(SECONDS)
        # The least of some: what others do with the processor's caches is no part of it.
        share = min(share, 1000 * (busy() - before) / (time.monotonic() - began))
        if share < 250:
            break
    print(f"main thread: {share:.0f} ms a second")
    expect(share < 250, f"four times this would begin to be felt: {share:.0f} ms a second")

    # There are rows at every scroll position, and the last one is the last container.
    names = sorted((f"c{index}-of-{node}" for node in range(nodes) for index in range(containers)),
                   key=lambda name: [int(part) for part in name[1:].split("-of-")])
    place = lambda name: names.index(name)
    for share in (0.5, 1):
        page.tab.evaluate("share => { const t = document.getElementById('containers').getBoundingClientRect();"
                          " scrollBy(0, t.top + share * t.height - innerHeight + 100); }", share)
        wanted = round(share * len(names)) - 1
        eventually(f"row {wanted}", lambda: names[wanted] in page.names())
        drawn = [place(name) for name in page.names()]
        expect(drawn == list(range(drawn[0], drawn[0] + len(drawn))), f"rows in order: {drawn}")
    page.fill("tools", find="-of-1")
    page.tab.select_option("#tools [name=node]", "node-1")
    eventually("one node's", lambda: page.tab.locator("#count").inner_text() == f"{containers} of {everything}")
    page.tab.get_by_role("button", name=f"Show all {nodes}").click()
    eventually("all nodes", lambda: len(page.rows("nodes")) == nodes)
    page.check_quiet()
