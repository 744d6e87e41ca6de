"""The page with fleet.py's nodes and containers: check_levels.py URL. What it shows warm or hot is what the stream says, and nothing else."""
import json, sys, urllib.request

from page import eventually, expect, pages

url = sys.argv[1]


def snapshot():
    with urllib.request.urlopen(url + "stream") as stream:
        for line in stream:
            if line.startswith(b"data: "):
                return json.loads(line[len("data: "):])


# A row's name, and by column the level that its cell or its bar shows.
SHOWN = """id => {
    const table = document.getElementById(id);
    const columns = [...table.tHead.rows[0].cells].map((cell) => cell.dataset.column);
    const rows = [...table.querySelectorAll('tbody:not([aria-hidden]) tr')];
    const level = (cell) => cell.querySelector('.bar i')?.className ?? cell.dataset.level ?? '';
    return rows.map((row) => [row.cells[0].textContent, Object.fromEntries([...row.cells].map((cell, i) => [columns[i], level(cell)]))]);
}"""
WAITS = ["psi_cpu_percent", "psi_memory_percent", "psi_io_percent"]
CONTAINER = {"cpu": ["cpu_percent"], "memory": ["memory_percent"], "share": ["memory_percent"], "state": ["state", "health", "failures_10m", "restarts_10m"]}
NODE = {"cpu": ["cpu_percent"], "busiest": ["cpu_percent"], "memory": ["memory_percent"], "pressure": WAITS, "disk": ["disk_used_percent"],
        "state": ["lost_ms", "last_tick_age_ms"], "lag": ["last_tick_age_ms"], "agent": ["agent_cpu_percent"]}


def worst(item, names):
    levels = [item.get("levels", {}).get(name, "") for name in names]
    return "hot" if "hot" in levels else "warm" if "warm" in levels else ""


def wanted(items, columns, name):
    return sorted(((name(item), {column: worst(item, names) for column, names in columns.items()}) for item in items), key=str)


def shown(page, table, columns):
    return sorted(((name, {column: cells[column] for column in columns}) for name, cells in page.tab.evaluate(SHOWN, table)), key=str)


with pages(url) as new:
    eventually("rates", lambda: all("psi_io_percent" in node and node["psi_io_percent"] is not None for node in snapshot()["nodes"]))
    # A second that is a bit longer or shorter moves no value over a limit: what is judged is the same at any tick.
    now = snapshot()
    levels = {level for item in now["nodes"] + now["containers"] for level in item.get("levels", {}).values()}
    expect(len(now["nodes"]) == 3 and len(now["containers"]) == 30 and levels == {"warm", "hot"}, f"every level is in {now}")
    page = new(height=2400).open()
    by_name = lambda item: item["name"] if item.get("name") else item["id"]
    last = lambda: (shown(page, "containers", CONTAINER), shown(page, "nodes", NODE))
    here = (wanted(now["containers"], CONTAINER, by_name), wanted(now["nodes"], NODE, lambda node: node["node"]))
    try:
        eventually("the stream's levels on the page", lambda: last() == here)
    except SystemExit as failure:
        sys.exit(f"{failure}: {last()}, and not {here}")

    eventually("the nodes in trouble first", lambda: [name for name, _ in page.tab.evaluate(SHOWN, "nodes")] == ["hot", "warm", "well"])

    # What hurts: a card for each kind of trouble, with as many as the stream names.
    for card, names in {"Throttled": {"throttled"}, "Killed for memory": {"oom"}, "Unhealthy": {"unhealthy", "down", "restarted", "failed"}}.items():
        count = sum(any(trouble["name"] in names for trouble in item.get("troubles", [])) for item in now["containers"])
        text = page.tab.locator("#hurts section", has_text=card).inner_text()
        expect(count > 0 and f"{card} {count}" in text.replace(", restarting", ""), f"{count} in the card {card}: {text}")
    gone = [(row["name"], row["state"]) for row in page.rows() if row["name"] == "gone"]
    expect(gone == 3 * [("gone", "exited 137")], f"what has ended is listed with how it ended: {gone}")
    card = page.tab.locator("#hurts section", has_text="Killed for memory").inner_text()
    expect("4 ×, exited 137" in card, f"and with what was done to it: {card}")

    # Who uses most of each node's cores: in its row, beside the containers that use most, and where one waits for a core.
    by = {row["node"]: row["busiest"] for row in page.rows("nodes")}
    wanted_by = {"hot": "mysqld (unit mysql.service) 98.0 %", "warm": "container all cores 97.5 %", "well": "container all cores 97.5 %"}
    expect(by == wanted_by, f"who uses most of each node: {by}")
    card = page.tab.locator("#hurts section", has_text="Most CPU")
    most = card.locator("li").first.inner_text().split("\n")
    expect(most == ["mysqld (unit mysql.service)", "392 %"], f"a unit among those that use most: {most}")
    card.get_by_role("button", name="mysqld (unit mysql.service)").click()
    units = page.tab.get_by_role("table", name="Units").locator("tbody")
    eventually("the node's units", lambda: units.locator("tr").count() == 2)
    expect("mysql.service" in units.locator("tr").first.inner_text(), f"the busiest first: {units.inner_text()}")
    expect("mysqld" in page.tab.get_by_role("table", name="Processes").inner_text(), "and its processes")
    page.tab.keyboard.press("Escape")
    page.tab.locator("#containers button", has_text="killed").first.click()
    sentences = page.tab.locator("#detail .troubles li")
    troubles = next(item for item in now["containers"] if item["name"] == "killed")["troubles"]
    eventually("the sentences", lambda: sentences.all_inner_texts() == [trouble["text"] + "." for trouble in troubles])
    page.check_quiet()
