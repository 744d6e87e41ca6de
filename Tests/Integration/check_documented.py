"""Runs the lines for pandas in README.md and docs/TABLES.md on a run: check_documented.py CHECKOUT RUN NAME..., with containers of these names."""
import pathlib, re, sys

import pandas

checkout, run, names = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]


def lines(document):
    """The indented lines that begin with the import of pandas, as far as they go."""
    text = (checkout / document).read_text()
    block = re.search(r"^    import (?:\w+, )*pandas\n(?:(?:    .*)?\n)+", text, re.M).group()
    return re.sub(r"^    ", "", block, flags=re.M).replace("data/<time>", run)


def check(is_so, what):
    if not is_so:
        sys.exit(f"not so: {what}")


scope = {}
exec("\n".join(line for line in lines("README.md").splitlines() if not line.startswith("host.plot")), scope)
check(len(scope["host"]) and pandas.api.types.is_numeric_dtype(scope["host"]["cpu_percent"]), scope["host"].dtypes)

scope = {}
exec(lines("docs/TABLES.md"), scope)
container = scope["container"]
check(sorted(container["container"].dropna().unique()) == sorted(names), f"{container['container'].unique()}, and not {names}")
check(container["container"].notna().all(), "each container has its name")
check(isinstance(container["time"].dtype, pandas.DatetimeTZDtype), container["time"].dtype)
check(pandas.api.types.is_integer_dtype(container["memory_usage_bytes"]), container["memory_usage_bytes"].dtype)
check(pandas.api.types.is_numeric_dtype(container["cpu_percent"]), container["cpu_percent"].dtype)
# A limit that isn't there is a missing value and no text.
check(container["cpu_limit"].isna().any() and pandas.api.types.is_numeric_dtype(container["cpu_limit"]), container["cpu_limit"])
for table in ("host", "cpu", "disk", "filesystem", "network", "process", "agent", "event", "gaps"):
    rows = scope["read"](run, table)
    check(list(rows.columns), table)
