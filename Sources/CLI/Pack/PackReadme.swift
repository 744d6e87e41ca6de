import StatsCore

/// The page of an archive for people who have never heard of Sonde: what it holds, how it was recorded, and how it is read and checked. As Markdown.
struct PackReadme {
    let runs: [PackedRun]
    /// What the directory is called that the archive unpacks into.
    let archive: String
    let isPlain: Bool

    private static let mostHosts = 20

    var text: String {
        ([head] + [recorded, hosts, remarks, files, reading, checking].compactMap(\.self)).joined(separator: "\n\n") + "\n"
    }

    private var ending: String { isPlain ? "csv" : "csv.gz" }

    private var head: String {
        let versions = Set(runs.map(\.manifest.collectorVersion)).sorted().joined(separator: ", ")
        let what = runs.count == 1 ? "a recording" : "\(runs.count) recordings"
        let its = runs.count == 1 ? "its" : "each recording's"
        return """
            # \(Self.cell(runs.count == 1 ? runs[0].manifest.name : archive))

            This archive holds \(what) of what computers used while something ran on them: processor time, memory, disks and network, of each host as a whole, \
            of its containers, services and processes. It was made by Sonde \(Self.cell(versions)), a program that reads the counters of the Linux kernel on all hosts at the same instants (*ticks*). \
            Everything here is text: tables as CSV\(isPlain ? "" : " (compressed with gzip)"), facts as JSON, and a page for a browser. No program of Sonde's is needed to read it.

            **Where to begin:** open \(runs.count == 1 ? "`\(runs[0].name)/report.html`" : "the `report.html` of a recording") in a browser: it shows \(its) course in charts, its events and a table of numbers.
            """
    }

    // MARK: How it was recorded

    private var recorded: String {
        var lines = [
            "## What was recorded", "", "| recording | first tick (UTC) | length | a tick every | hosts | labels | complete? |",
            "|---|---|---|---|---|---|---|",
        ]
        for run in runs {
            let manifest = run.manifest
            let length = HumanUnits.duration(microseconds: run.run.span.upperBound - run.run.span.lowerBound)
            lines.append(
                Self.row([
                    run.name, manifest.t0, length, Interval(microseconds: manifest.intervalUs).description, "\(manifest.nodes.count)",
                    RunLabels.text(manifest.labels) ?? "", manifest.verdict ?? "",
                ]))
        }
        lines += [
            "",
            "*Complete* means that of each host there is a row at each tick. What is missing is named in `gaps.csv`, with the reason; an empty cell is a value that the host didn't give, and never a zero.",
        ]
        if runs.contains(where: { $0.manifest.parts != nil }) {
            lines[lines.count - 1] +=
                " A recording that was merged of several ones names in it, with the reason `\(GapRow.notRecorded)`, also ticks at which nobody recorded that host, which is no loss."
        }
        return lines.joined(separator: "\n")
    }

    private var hosts: String? {
        var rows: [String] = []
        for run in runs {
            let environments = run.manifest.environments
            for node in run.manifest.nodes {
                let facts = environments[node.node]
                let processor = [facts?.text(.cpuModel), node.cpus.map { "\($0) cores" }].compactMap(\.self).joined(separator: ", ")
                let row = Self.row([
                    node.node, processor, node.memoryBytes.map(HumanUnits.bytes) ?? "", facts?.text(.distribution) ?? "", node.kernel ?? "",
                    facts?.text(.governor) ?? "", facts?.text(.virtualization) ?? "",
                ])
                if !rows.contains(row), rows.count <= Self.mostHosts { rows.append(row) }
            }
        }
        guard !rows.isEmpty else { return nil }
        let rest = rows.count > Self.mostHosts ? "\n\nThese are the first \(Self.mostHosts); `\(PackedFacts.environmentFile)` has all." : ""
        return """
            ## The hosts

            | host | processor | memory | system | kernel | governor | virtualisation |
            |---|---|---|---|---|---|---|
            \(rows.prefix(Self.mostHosts).joined(separator: "\n"))\(rest)

            `\(PackedFacts.environmentFile)` has all that is known of each (microcode, mitigations, power settings, container engine …); `run.json` has that, and each container's image and limits, too.
            """
    }

    private var remarks: String? {
        var lines: [String] = []
        for run in runs {
            let manifest = run.manifest
            if let note = manifest.note { lines.append("- \(run.name): \(Self.cell(note))") }
            if let command = manifest.command {
                lines.append(
                    "- \(run.name): recorded while the command `\(Self.cell(command.program))` ran, which \(Self.cell(command.ending)).")
            }
            lines += (manifest.remarks + (manifest.warnings ?? []).map(\.message)).map { "- \(run.name): \(Self.cell($0))" }
        }
        return lines.isEmpty ? nil : "## Remarks\n\n" + lines.joined(separator: "\n")
    }

    // MARK: Files

    private var files: String {
        var rows = [
            Self.row(["`SHA256SUMS`", "the checksum of each file, for `sha256sum -c`"]),
            Self.row([
                "`columns.csv`", "every column of every table: unit, kind (counter, gauge, identity), type, source in the kernel, meaning",
            ]),
            Self.row(["`\(PackedFacts.environmentFile)`", "what each host was: a row for each fact"]),
            Self.row(["`report.html` *", "charts, events and a table of numbers, for a browser without a network"]),
            Self.row([
                "`run.json` *",
                "begin, interval, hosts, labels, the verdict, and of each table rows, bytes and checksum (of the uncompressed bytes)",
            ]),
            Self.row(["`gaps.csv` *", "which ticks of which host are missing, and why; nothing but its header when none is"]),
        ]
        let tables = Set(runs.flatMap { $0.run.claims.files.keys.map(RunFiles.table(of:)) })
        let known = TableID.allCases.filter { tables.contains($0.name) }
        rows += known.map { Self.row(["`\($0.name).\(ending)` *", Self.meaning(of: $0)]) }
        let others = tables.subtracting(TableID.allCases.map(\.name)).subtracting(["gaps", "columns"])
        rows += others.sorted().map { Self.row(["`\($0).\(ending)` *", "see `columns.csv`"]) }
        return """
            ## The files

            Those with a * are in the directory of each recording\(runs.count == 1 ? ", `\(runs[0].name)`" : "").

            | file | holds |
            |---|---|
            \(rows.joined(separator: "\n"))

            Each table but `gaps.csv` begins with `time` (UTC), `tick` (a number) and `node` (the host): rows of one tick and node belong together, so that tables are joined by these two. \
            A *counter* only grows, so that what was used in between is the difference of two rows of the same thing; a *gauge* is a level at that instant. A text that a spreadsheet might \
            run as a formula has an apostrophe in front.\(PackedRun.warning(of: runs).map { "\n\n**Before you pass it on:** \($0)" } ?? "")
            """
    }

    private static func meaning(of table: TableID) -> String {
        switch table {
        case .host: "each host as a whole: a row a tick"
        case .cpu: "each core"
        case .disk: "each disk"
        case .filesystem: "each file system"
        case .network: "each network interface"
        case .container: "each container"
        case .unit: "services, scopes, slices and virtual machines; a recorded command is unit `command`"
        case .process: "processes"
        case .metric: "what applications told of themselves in Prometheus' format: a series by `target`, `name` and `labels`"
        case .agent: "what recording itself cost, and how late each tick was"
        case .event: "what happened: containers that started or ended, marks that somebody set"
        }
    }

    // MARK: Reading and checking

    private var reading: String {
        let run = runs[0].name
        return """
            ## Loading the tables

            Python (pandas):

                import pandas
                options = dict(keep_default_na=False, na_values=[""])
                host = pandas.read_csv("\(run)/host.\(ending)", parse_dates=["time"], **options)
                host.plot("time", "cpu_percent")

            R (readr):

                library(readr)
                host <- read_csv("\(run)/host.\(ending)", na = "")
                plot(host$time, host$cpu_percent, type = "l")

            Only an empty cell is a missing value: something may be called `NA`. Columns whose `type` is `string` in `columns.csv` are texts, also where they look like numbers.
            """
    }

    private var checking: String {
        """
        ## Checking

        In the directory that this archive unpacks into:

            sha256sum -c SHA256SUMS

        With Sonde, `sonde verify \(archive).tar` checks besides that each recording is what it claims to be: that each row is where it should be, and that each tick of each host is either in the tables or named in `gaps.csv`.
        """
    }

    /// A cell of a table: one line, with nothing in it that ends the cell.
    private static func cell(_ text: String) -> String {
        VisibleText.escape(text).replacing("|", with: "\\|").replacing("<", with: "&lt;")
    }

    private static func row(_ cells: [String]) -> String { "| " + cells.map(cell).joined(separator: " | ") + " |" }
}
