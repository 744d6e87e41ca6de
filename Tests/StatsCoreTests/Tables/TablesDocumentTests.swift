import Foundation
import TestSupport
import Testing

@testable import StatsCore

@Suite("docs/TABLES.md") struct TablesDocumentTests {
    private static let path = Checkout.path + "/docs/TABLES.md"

    private static var document: String {
        var text = """
            # Tables

            Every column of every table, as `columns.csv` in each run has them too. `SONDE_UPDATE_GOLDEN=1 swift test --filter TablesDocument` writes this page
            from the catalogue in `Sources/StatsCore/Tables`.

            A *counter* only grows while its instance lives, a *gauge* is a level at that instant, an *identity* says which instance the row is about. A cell is empty
            where the host gave no value; it is never 0 for that reason. Names are final.

            The *type* is that of a cell's value, for who reads or exports a run (docs/EXPORT.md): `uint64` and `int64` whole numbers, `double`, `string`, `json` (a text), and `timestamp` for `time`.
            `columns.csv` has it in its last column, which runs of the first versions lack.

            Each table begins with `time` (the tick's instant, UTC, RFC 3339 with microseconds, the collector's clock), `tick` and `node`.

            A container can have a name that a spreadsheet would run as a formula. So a text that begins with any number of apostrophes (or none) followed by
            `=`, `+`, `-`, `@`, a tab, a carriage return or a line feed has one more apostrophe in front: `=1+1` is written as `'=1+1`, and
            `'=1+1` as `''=1+1`. To undo it, remove the first apostrophe where such a character follows the apostrophes:
            `re.sub(r"^'('*[=+\\-@\\t\\r\\n])", r"\\1", text)`. Numbers aren't texts and aren't changed; a text is guarded even where it looks like a number.

            **A container's block I/O** under cgroup v1 is empty until its file has a device's line. Kernels from 6.10 on write such lines only for
            devices on which some cgroup has a throttling limit, so that elsewhere these columns stay empty, in both readers: those kernels don't tell it under v1.

            **A container's traffic** (`rx_bytes` to `tx_dropped`) is that of the interfaces by which its network namespace is connected with others, such as
            `eth0`. Names alone tell which these are, as both readers have nothing else. The loopback, and bridges, veths, dummies and overlays of containers
            inside it (`docker*`, `br-*`, `veth*`, `cni*`, `flannel*`, `cali*`, `cilium_*`, `lxc*`, `lxdbr*`, `incusbr*`, `podman*`, `nerdctl*`, `virbr*`, `vnet*`,
            `vxlan*`, `geneve*`, `gre*`, `erspan*`, `sit*`, `tunl*`, `ip6tnl*`, `ip6gre*`, `ip_vti*`, `ip6_vti*`, `kube-*`, `nodelocaldns*`, `ovs-*`, `weave*`, `dummy*`,
            `ifb*`, `nlmon*`, `vrf*`) never count. What is stacked upon another interface (`bond*`, `team*`, `br*`, `vmbr*`, `vlan*`, names with a dot, `macvlan*`,
            `macvtap*`, `ipvlan*`, `ipvtap*`, `tap*`, `tun*`, `wg*`, `ppp*`, `tailscale*`, `zt*`) counts only where no other interface does, as a rootless engine's
            `tap0`. Where no interface counts, as with `--network none`, the cells are empty, from both readers; 0 is the traffic of one that counts and is idle.
            The cells are sums over the interfaces that are there at that reading: when one comes or goes within a start of the container, and with it perhaps the
            kind that counts, the sum jumps or goes back although `started_us` is the same. Containers that share a namespace (`--network container:<id>`, the containers of a pod) each have its traffic: `network` says so, and a sum
            over containers takes each namespace once, such as the rows with `own`.

            **A process's last row** (`state` X) is in the tick behind its end, with `--processes all` and where the kernel tells of ends: there `exits_left_out` isn't
            empty. Its counters are those of its whole life, but for what the kernel itself used to take it down, and `cpu_percent` is what it used since its row before over the time
            between the two, or over one interval, so that the rows of a tick can be summed up. It holds nothing any more: gauges but `peak_rss_bytes` are empty. Bytes and characters that it
            read or wrote are told in whole KiB of each thread. One that nobody saw alive has this one row: `start_us` is in clock ticks (10 ms) like all, and later by
            as long as the kernel's message waited (10 ms, longer on a busy host); `uid` is the real user; `unit` and `container_id` are its parent's, and empty when nobody knows; calls and children's times are empty; no event tells its
            command line, so `--match` sees its name only. In one tick at most a thousand processes have a last row, those with most CPU time.

            **A sample's value** (`metric`) has all digits of the target's answer, in the form that JSON has for numbers, with an exponent only from 1e21 on and below 1e-13. `NaN`, `+Inf` and `-Inf` are no numbers in JSON, and spoil a
            column in CSV: they stand in `not_finite`, beside an empty `value`. A row is identified by `target`, `name` and `labels`. docs/SCRAPE.md says the rest.

            ## With pandas

            Only an empty cell is a missing value, and a column without a unit is a text: a container may be called `NA`, `null`, `None` or `007`, which `read_csv` takes for
            nothing or for a number unless it is told. Whole numbers stay whole beside empty cells with pandas' own types (pandas 2).

                import pathlib, pandas

                def read(run, table):
                    options = dict(keep_default_na=False, na_values=[""], dtype_backend="numpy_nullable")
                    columns = pandas.read_csv(f"{run}/columns.csv", **options)
                    texts = columns[(columns["table"] == table) & columns["unit"].isna()]["column"]
                    rows = pandas.read_csv(
                        next(pathlib.Path(run).glob(f"{table}.csv*")), dtype={name: "string" for name in texts}, **options)
                    return rows.assign(time=pandas.to_datetime(rows["time"]))

                container = read("data/<time>", "container")

            """
        for table in Catalogue.tables {
            text += "\n## \(table.id.name)\n\n| column | unit | kind | type | source | meaning |\n|---|---|---|---|---|---|\n"
            for column in table.columns {
                let cells = [column.name, column.unit, column.kind.rawValue, column.valueType.rawValue, column.source, column.meaning]
                text += "| " + cells.map { $0.replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ") + " |\n"
            }
        }
        return text
    }

    @Test("docs/TABLES.md says what the catalogue says")
    func isCurrent() throws {
        if ProcessInfo.processInfo.environment["SONDE_UPDATE_GOLDEN"] == "1" {
            try Self.document.write(toFile: Self.path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOfFile: Self.path, encoding: .utf8) == Self.document)
    }
}
