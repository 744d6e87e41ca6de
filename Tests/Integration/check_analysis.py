"""Runs the snippets of docs/ANALYSIS.md in a folder whose `data` has the runs that they name: check_analysis.py CHECKOUT FOLDER NAME..., with containers of these names.

Each tool's rates are held against those of the others, and against the CPU that Sonde wrote."""
import os, pathlib, re, subprocess, sys

import pandas

checkout, folder, names = pathlib.Path(sys.argv[1]), sys.argv[2], sorted(sys.argv[3:])
os.chdir(folder)
text = (checkout / "docs/ANALYSIS.md").read_text()
sections = {part.split("\n", 1)[0]: re.findall(r"^```(\w+)\n(.*?)^```", part, re.M | re.S) for part in text.split("\n## ")[1:]}


def check(is_so, what):
    if not is_so:
        sys.exit(f"not so: {what}")


def run(section):
    scope = {}
    for language, code in sections[section]:
        check(language == "python", language)
        exec(compile(code, f"docs/ANALYSIS.md, {section}", "exec"), scope)
    return scope


def near(one, other):
    return abs(one - other) <= 0.02 * max(abs(one), abs(other)) + 0.05


scope = run("pandas")
container = scope["container"]
check(sorted(container["container"].unique()) == names, f"{container['container'].unique()} are {names}")
check(container.dtypes["memory_usage_bytes"] == "UInt64" and container.dtypes["cpu_limit"] == "Float64", container.dtypes)
check(isinstance(container["time"].dtype, pandas.DatetimeTZDtype), container["time"].dtype)
check(container["rx_bytes_per_s"].isna().sum() >= 4 * len(names), "the first row of a container has no rate")
check(len(scope["joined"]) and scope["joined"]["cpu_percent_of_container"].notna().any(), "processes joined with containers")
check(len(scope["means"]) == 4 * len(names), scope["means"])
check(b"</svg>" in pathlib.Path("cpu.svg").read_bytes(), "a figure is drawn")
container["cpu"] = scope["per_second"](container, "cpu_us", ["container_id"]) / 1e4
expected = {}
for (name, of), rows in container.groupby(["run", "container"]):
    known = rows[rows["cpu"].notna()]
    expected[name, of] = known["cpu"].mean()
    check(near(known["cpu"].mean(), known["cpu_percent"].mean()), f"{name} {of}: {known[['cpu', 'cpu_percent']]}")
check(max(expected.values()) > 1, f"a container works: {expected}")

indented = (checkout / "docs/TABLES.md").read_text().split("## With pandas\n")[1].split("\n## ")[0]
scope = {}
exec(re.sub("data/<time>", "data/base-1", "".join(line[4:] + "\n" for line in indented.splitlines() if line.startswith("    "))), scope)
check(sorted(scope["container"]["container"].unique()) == names, f"docs/TABLES.md: {scope['container']['container'].unique()}")

means = run("polars")["means"]
check(means.height == len(expected), means)
for name, of, cpu in means.iter_rows():
    check(near(cpu, expected[name, of]), f"polars: {name} {of} {cpu}, and pandas {expected[name, of]}")

means = run("DuckDB")["means"]
check(sorted(zip(means["run"], means["container"])) == sorted(expected), means)

code = "".join(code for language, code in sections["R"])
code += '\nfor (i in seq_len(nrow(means))) cat(means$run[i], means$container[i], means[i, 3], sep = "\\t", fill = 200)\n'
done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True)
check(done.returncode == 0, done.stderr)
lines = [line.split() for line in done.stdout.splitlines() if line.strip()]
check(len(lines) == len(expected), done.stdout)
for name, of, cpu in lines:
    check(near(float(cpu), expected[name, of]), f"R: {name} {of} {cpu}, and pandas {expected[name, of]}")
