"""A container that is killed for memory as soon as it begins, again and again: check_killed.py URL, for one called eater."""
import re, sys, time

from page import eventually, expect, pages

with pages(sys.argv[1]) as new:
    page = new().open()
    card = lambda title: page.tab.locator("#hurts section", has_text=title).inner_text()
    times = lambda: int((re.search(r"eater\s+(\d+) ×", card("Killed for memory")) or [0, 0])[1])
    eventually("its kills, counted", lambda: times() >= 3, within=240)
    # Whoever looks sees it, whether it happens to run at that moment or not.
    before, seen = times(), set()
    for _ in range(40):
        seen.add(page.row("eater")["state"])
        expect(times() >= before, f"never fewer than {before} in: {card('Killed for memory')}")
        expect("eater" in card("Unhealthy, restarting"), f"it is named in: {card('Unhealthy, restarting')}")
        # A span to look over: nothing is waited for.
        time.sleep(0.1)
    expect(seen <= {"exited 137", "running", "restarting"}, f"what it is said to be: {seen}")
    happened = page.tab.locator("#events tr", has_text="eater").all_inner_texts()
    expect(any("oom" in text for text in happened) and any("exit 137" in text for text in happened), f"what happened: {happened}")
    kills = sum("oom" in text for text in happened)
    expect(kills >= 3, f"each kill is a row of its own, also where a tick has two: {happened}")
    page.tab.locator("#containers button", has_text="eater").first.click()
    sentences = page.tab.locator("#detail .troubles")
    eventually("what is wrong with it", lambda: "Processes of it were killed for want of memory." in sentences.inner_text())
    page.check_quiet()
