"""A collector that is killed and restarted: check_lost.py URL PID. Prints `killed` when the test has to start it again."""
import os, signal, sys

from page import eventually, expect, pages

url, pid = sys.argv[1], int(sys.argv[2])

with pages(url) as new:
    page = new()
    page.take_clock()
    page.open()
    eventually("a node", lambda: page.rows("nodes"))
    banner = page.tab.locator("#lost")
    expect(not banner.is_visible(), "nothing is lost yet")

    def is_grey():
        return "grayscale(1)" in page.tab.evaluate("getComputedStyle(document.querySelector('main')).filter")

    # A hanging collector sends nothing and closes no connection.
    os.kill(pid, signal.SIGSTOP)
    eventually("a collector that stands still", lambda: open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] == "T")
    page.stop_clock()
    page.tab.clock.run_for(3000)
    if not banner.is_visible():
        # Its last event was still under way, and came in these three seconds.
        page.tab.clock.run_for(3000)
    expect(banner.is_visible() and "lost since" in banner.inner_text(), "silence shows within three seconds of the last event")
    eventually("grey values", is_grey)
    os.kill(pid, signal.SIGCONT)
    page.start_clock()
    eventually("that it is back", lambda: not banner.is_visible() and not is_grey())

    page.stop_clock()
    os.kill(pid, signal.SIGKILL)
    eventually("that it is gone, at once", lambda: banner.is_visible() and is_grey())
    expect(page.rows("nodes"), "the last values stay")
    page.start_clock()
    print("killed", flush=True)
    eventually("the next one", lambda: not banner.is_visible() and not is_grey(), within=240)
    eventually("its node", lambda: page.rows("nodes") and page.rows("nodes")[0]["state"] == "connected", within=240)
    page.check_quiet(allowed=["net::ERR_"])
