"""Checks a dashboard of Grafana as far as that goes without Grafana: check_dashboard.py DASHBOARD RULES. Writes each query of a panel or a variable as a recording rule into RULES, for promtool and
vmalert to read, with Grafana's variables replaced by values. Prints each panel's title and query as a line of JSON."""
import json, pathlib, re, sys

UNITS = {"none", "bytes", "Bps", "s", "percent", "percentunit", "cps"}

board = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
faults, seen, taken, rules = [], set(), set(), []
variables = [variable["name"] for variable in board["templating"]["list"]]


def check(is_so, what):
    if not is_so:
        faults.append(what)


def replaced(query):
    """A query as Grafana would send it, with everything chosen."""
    query = query.replace("$__rate_interval", "1m").replace("$__range", "1h")
    for variable in variables:
        query = re.sub(rf"\$({variable}\b|{{{variable}}})", ".*", query)
    return query


def queries():
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            selector = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            yield f"variable {variable['name']}", selector[1]
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            check(target["refId"] not in [other["refId"] for other in panel["targets"] if other is not target], f"{panel['title']}: a refId twice")
            check(target["datasource"]["uid"] == "${datasource}", f"{panel['title']} asks a data source of its own")
            yield panel["title"], target["expr"]


for panel in board["panels"]:
    where, title = panel["gridPos"], panel["title"]
    check(panel["id"] not in seen, f"the id {panel['id']} comes twice")
    seen.add(panel["id"])
    cells = {(x, y) for x in range(where["x"], where["x"] + where["w"]) for y in range(where["y"], where["y"] + where["h"])}
    check(where["x"] + where["w"] <= 24 and not cells & taken, f"{title} is where something else is")
    taken |= cells
    if panel["type"] != "row":
        check(panel["targets"] and panel["fieldConfig"]["defaults"].get("unit") in UNITS, f"{title} has no query, or no unit")
titles = [panel["title"] for panel in board["panels"] if panel["type"] != "row"]
check(len(set(titles)) == len(titles), "two panels have the same title")

for index, (title, query) in enumerate(queries()):
    check("$" not in replaced(query), f"{title} uses a variable that there isn't: {query}")
    rules.append({"record": f"query:{index}", "expr": replaced(query)})
    print(json.dumps({"title": title, "query": replaced(query)}))
# JSON is YAML, too.
pathlib.Path(sys.argv[2]).write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
sys.exit("\n".join(faults) or None)
