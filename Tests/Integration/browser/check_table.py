"""Compares the table of containers with the engine: check_table.py URL SOCKET, with the lab's load1, load2, hold and burn, and squeezed."""
import json, subprocess, sys

from page import eventually, expect, pages

url, socket = sys.argv[1:]


def docker(*words):
    line = ["docker", "-H", f"unix://{socket}", *words]
    return subprocess.run(line, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def engine_containers():
    """By name: what the engine says of each running container of the lab's."""
    ids = docker("ps", "--quiet", "--filter", "label=sonde-lab").split()
    return {facts["Name"].lstrip("/"): facts for facts in json.loads(docker("inspect", *ids))}


with pages(url) as new:
    page = new().open()
    listed = engine_containers()
    eventually("a row for each container", lambda: sorted(page.names()) == sorted(listed))
    for row in page.rows():
        facts = listed[row["name"]]
        expect(facts["Id"].startswith(row["id"]) and len(row["id"]) == 12, f"the id of {row}")
        expect(row["image"] == facts["Config"]["Image"] and row["state"] == facts["State"]["Status"], f"image and state of {row}")
        limit = facts["HostConfig"]["Memory"]
        expect(not limit or row["memory"].endswith(f"of {limit >> 20} MiB"), f"the memory limit of {row}")
    stats = json.loads(docker("stats", "--no-stream", "--format", "{{json .}}", "hold"))

    def holds():
        hold = page.row("hold")
        return hold["pids"] == stats["PIDs"] and "MiB" in hold["memory"] and 32 <= float(hold["memory"].split(" ")[0]) <= 40

    eventually(f"hold with 32 MiB and what its processes need, of which there are {stats['PIDs']}", holds)

    # Sorting: the loop that takes half a core is first; names ascend, and descend after a second click.
    eventually("burn on top", lambda: page.names()[0] == "burn")
    page.heading("Memory").click()
    eventually("hold on top", lambda: page.names()[0] == "hold")
    page.heading("Name").click()
    eventually("names upwards", lambda: page.names() == sorted(listed))
    page.heading("Name").click()
    eventually("names downwards", lambda: page.names() == sorted(listed, reverse=True))

    # Filters, groups, and a link that shows the same.
    page.fill("tools", find="LOAD sonde-lab")
    eventually("what fits both words", lambda: page.names() == ["load2", "load1"])
    page.tab.select_option("#tools [name=group]", "node")
    eventually("the group of the node", lambda: page.names() == ["here · 2", "load2", "load1"])
    again = new().open("#" + page.tab.url.partition("#")[2])
    eventually("the same by the link", lambda: again.names() == page.names())
    page.fill("tools", find="nothing has this name")
    eventually("that nothing fits", lambda: page.tab.locator("#empty").inner_text() == "No container fits the filter.")

    # What hurts: the loop, and the container at its limit.
    page.open()
    eventually("burn is named", lambda: "burn" in page.tab.locator("#hurts section", has_text="Most CPU").inner_text())
    eventually("squeezed is throttled", lambda: "squeezed" in page.tab.locator("#hurts section", has_text="Throttled").inner_text())

    # Containers that start and end.
    docker("run", "-d", "--label", "sonde-lab=1", "--name", "latecomer", "sonde-lab", "sleep", "1000")
    page.row("latecomer")
    docker("kill", "latecomer")
    eventually("how latecomer ended", lambda: page.row("latecomer")["state"] == "exited 137")
    happened = page.tab.locator("#events tr", has_text="latecomer")
    eventually("its end in what happened", lambda: any("container die" in text for text in happened.all_inner_texts()))

    # One click opens a container, Escape closes it.
    page.tab.locator("#containers button", has_text="hold").click()
    panel = page.tab.locator("#detail")
    eventually("charts and processes", lambda: panel.locator("svg").count() == 4 and "dd" in panel.locator("table").inner_text())
    expect(listed["hold"]["Id"] in panel.inner_text() and panel.locator("h2").inner_text() == "hold", "the whole id")
    page.tab.keyboard.press("Escape")
    eventually("closed", lambda: not panel.is_visible() and "open" not in page.tab.url)
    page.tab.locator("#nodes button", has_text="here").click()
    eventually("the node's cores", lambda: panel.locator("svg").count() >= 4 and panel.locator(".cores li").count() > 0)
    page.tab.go_back()
    eventually("closed again", lambda: not panel.is_visible())
    page.check_quiet()
    again.check_quiet()
