"""The table of what was used in a run: check_summary.py URL EXPECTED NODE, where the file EXPECTED is what `sonde summary --json` prints of the run called done.

There is a copy of it without all of its host.csv, called cut, one whose columns.csv is no dictionary, called rubbish, and a run in progress, called open."""
import json, sys

from page import eventually, expect, pages

url, expected, node = sys.argv[1:]
(run,) = json.load(open(expected))["runs"]
things = run["things"]


def uses(measure):
    """The things that have the measure, with it."""
    return [(thing, use) for thing in things for use in thing["measures"] if use["measure"] == measure]


with pages(url) as new:
    page = new(width=1280, height=900)
    page.take_clock()
    page.open()

    def entry(name):
        return page.tab.locator("#runs details", has=page.tab.get_by_text(name, exact=True))

    def ask(name, **ends):
        """Opens a run and asks for its table. Returns what is shown of it."""
        details = entry(name)
        if details.get_attribute("open") is None:
            details.locator("summary").click()
        part = details.locator(".summary")
        for end in ["from", "to"]:
            part.locator(f"[name={end}]").fill(ends.get(end, ""))
        part.get_by_role("button", name="Table of what was used").click()
        eventually(f"an answer for {name}", lambda: part.locator("form button").is_enabled())
        return part

    def shown(part):
        return page.rows(part.locator("table").get_attribute("id"))

    eventually("the runs", lambda: entry("done").count() and entry("open").count())
    part = ask("done")
    # Those that used most CPU time come first, and the host has used all of it.
    cpu = uses("cpu_percent")
    rows = eventually("rows", lambda: shown(part))
    expect(len(rows) == min(200, len(cpu)), f"a row for each of {len(cpu)} things, not {len(rows)}")
    totals = sorted((use.get("total", -1) for _, use in cpu), reverse=True)
    by_name = {(thing["kind"], thing.get("node", ""), thing["name"]): use for thing, use in cpu}
    seen = [by_name[row["kind"], row["node"].replace("–", ""), row["name"]] for row in rows]
    expect([use.get("total", -1) for use in seen] == totals[: len(rows)], "sorted by CPU time")
    (host,) = [row for row in rows if row["kind"] == "host"]
    (use,) = [use for thing, use in cpu if thing["kind"] == "host"]
    for column in ["mean", "p50", "p95", "p99", "max"]:
        expect(abs(float(host[column].split()[0].replace(",", "")) - use[column]) <= 0.5, f"{column}: {host[column]} for {use[column]}")
    expect(host["name"] == node and "s" in host["total"], f"the host by its name, as text: {host}")

    # As other tables: a click sorts, another one turns it round.
    head = part.locator("thead button")
    head.get_by_text("Max", exact=True).click()
    highest = max(use["max"] for _, use in cpu)
    expect(abs(float(shown(part)[0]["max"].split()[0].replace(",", "")) - highest) <= 0.5, "the highest first")
    head.get_by_text("Name", exact=True).click()
    names = [row["name"] for row in shown(part)]
    head.get_by_text("Name", exact=True).click()
    turned = [row["name"] for row in shown(part)]
    expect(len(cpu) > 200 or (turned[0], turned[-1]) == (names[-1], names[0]), f"turned round: {names}, {turned}")
    measure, kind = [part.locator("select").nth(place) for place in range(2)]
    kind.select_option("host")
    measure.select_option("memory_bytes")
    expect([row["kind"] for row in shown(part)] == ["host"] and "iB" in shown(part)[0]["mean"], f"memory of the host: {shown(part)}")

    # A part between two marks, and marks that there aren't.
    part = ask("done", **{"from": "load on", "to": "load off"})
    eventually("the part's name", lambda: "load on..load off" in part.inner_text())
    part = ask("done", **{"from": "no mark"})
    eventually("which marks there are", lambda: "There is no table" in part.inner_text() and "“load on”" in part.inner_text())
    expect(not part.locator("table").is_visible(), "no table of another part stays")

    part = ask("cut")
    eventually("what is missing", lambda: "host.csv is cut short" in part.inner_text())
    part = ask("rubbish")
    eventually("why there is none", lambda: "There is no table: " in part.inner_text())
    entry("open").locator("summary").click()
    expect("when the run is stopped" in entry("open").inner_text(), "a run in progress says when it has one")
    expect(entry("open").get_by_role("button").count() == 0, "and can't be asked for it")

    # The list is drawn anew when a run is over; tables that were asked for stay.
    ask("done")
    page.stop_clock()
    page.tab.locator("#stop").click()
    eventually("the question back", lambda: page.tab.locator("#stop").inner_text() == "Really stop?")
    page.tab.locator("#stop").click()
    page.start_clock()
    eventually("the list anew", lambda: entry("open").locator("form").count())
    expect(len(shown(entry("done").locator(".summary"))) > 0, "the table stays")

    expect(page.tab.evaluate("window.hurt === undefined"), "nothing of a name was run")
    expect(page.tab.locator("#runs img, #runs script").count() == 0, "nothing of it became an element")
    page.tab.set_viewport_size({"width": 360, "height": 740})
    width = page.tab.evaluate("document.documentElement.scrollWidth")
    expect(width <= 360, f"the page is as wide as the phone, not {width}")
    # Chromium writes the status of a refusal into the console.
    page.check_quiet(allowed=["status of 4"])
