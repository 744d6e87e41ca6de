"""A collector that dies and comes back: check_lost.py URL PID. Prints `killed` when somebody has to start it again."""
import os, signal, sys, time

from page import eventually, expect, pages

url, pid = sys.argv[1], int(sys.argv[2])

with pages(url) as new:
    page = new().open()
    eventually("a node", lambda: page.rows("nodes"))
    banner = page.tab.locator("#lost")
    expect(not banner.is_visible(), "nothing is lost yet")

    def is_grey():
        return "grayscale(1)" in page.tab.evaluate("getComputedStyle(document.querySelector('main')).filter")

    # One that hangs says nothing, and closes nothing.
    os.kill(pid, signal.SIGSTOP)
    since = time.monotonic()
    eventually("that it is silent", lambda: banner.is_visible() and "lost since" in banner.inner_text() and is_grey())
    took = time.monotonic() - since
    expect(took <= 3.5, f"silence shows within three seconds of the last event, not {took:.1f}")
    os.kill(pid, signal.SIGCONT)
    eventually("that it is back", lambda: not banner.is_visible() and not is_grey())

    os.kill(pid, signal.SIGKILL)
    since = time.monotonic()
    eventually("that it is gone", lambda: banner.is_visible() and is_grey())
    took = time.monotonic() - since
    expect(took <= 3, f"its end shows within three seconds, not {took:.1f}")
    expect(page.rows("nodes"), "the last values stay")
    print("killed", flush=True)
    eventually("the next one", lambda: not banner.is_visible() and not is_grey(), within=40)
    eventually("its node", lambda: page.rows("nodes") and page.rows("nodes")[0]["state"] == "connected", within=40)
    page.check_quiet(allowed=["net::ERR_"])
