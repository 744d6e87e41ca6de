import StatsCore
import Testing

@Suite("Prometheus' text format") struct ExpositionTests {
    @Test("A counter of microseconds is in seconds, to the microsecond; sectors are bytes; a whole number stays whole")
    func units() {
        let text = Self.text([
            Self.node("n", [.cpu: (["cpu", "cpu_user_us", "cpu_idle_us"], #"[[0,1234567,9000000]]"#)]),
            Self.node("m", [.disk: (["device", "read_sectors", "reads"], #"[["sda",3,18446744073709551615]]"#)]),
        ])
        #expect(text.has(#"node_cpu_seconds_total{node="n",cpu="0",mode="user"} 1.234567"#))
        #expect(text.has(#"node_cpu_seconds_total{node="n",cpu="0",mode="idle"} 9"#))
        #expect(text.has(#"node_disk_read_bytes_total{node="m",device="sda"} 1536"#))
        #expect(text.has(#"node_disk_reads_completed_total{node="m",device="sda"} 1.8446744073709552e+19"#))
    }

    @Test("A value below zero, and one below a second, keep sign and zeros")
    func smallTimes() {
        let text = Self.text([Self.node("n", [.agent: (["clock_offset_us", "lateness_us"], "[[-1500040,7]]")])])
        #expect(text.has(#"sonde_agent_clock_offset_seconds{node="n"} -1.50004"#))
        #expect(text.has(#"sonde_agent_lateness_seconds{node="n"} 0.000007"#))
    }

    @Test("What isn't known has no sample, and is never 0")
    func absent() {
        let text = Self.text([
            Self.node("n", [.container: (["container_id", "container", "image", "cpu_us", "pids"], #"[["abc",null,null,null,3]]"#)])
        ])
        #expect(text.has(#"container_threads{node="n",id="abc",name="",image=""} 3"#))
        #expect(!text.contains("container_cpu_usage_seconds_total"))
        #expect(!text.contains("container_label"))
    }

    @Test("Quotes, backslashes and line feeds in names are escaped, and everything else is as it is")
    func hostileNames() {
        let name = #""q\"uo\\te\nline\u0000 👩‍🚀 \u202Ertl <b>""#
        let text = Self.text([
            Self.node("a\"b\\c\nd", [.container: (["container_id", "container", "pids"], "[[\"id\",\(name),1]]")])
        ])
        let labels = #"node="a\"b\\c\nd",id="id",name="q\"uo\\te\nline"# + "\u{FFFD} 👩‍🚀 \u{202E}rtl <b>\",image=\"\""
        #expect(text.has("container_threads{\(labels)} 1"), "\(text)")
    }

    @Test("A name of more than a kilobyte is cut, not within a character")
    func longNames() throws {
        let text = Self.text([Self.node("n", [.disk: (["device", "reads"], "[[\"x\(String(repeating: "ü", count: 4000))\",1]]")])])
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("node_disk_reads") })
        #expect(line == "node_disk_reads_completed_total{node=\"n\",device=\"x\(String(repeating: "ü", count: 511))\"} 1")
    }

    @Test("All samples of a family stand together, behind its one HELP and TYPE")
    func families() {
        let cores = (["cpu", "cpu_user_us", "cpu_guest_us"], "[[0,1,2],[1,3,4]]")
        let text = Self.text([Self.node("a", [.cpu: cores]), Self.node("b", [.cpu: cores])])
        var seen: Set<Substring> = []
        var family: Substring = ""
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            if line.hasPrefix("# HELP ") {
                #expect(seen.insert(words[2]).inserted, "\(words[2]) comes twice")
                family = words[2]
                #expect(words.count == 4)
            } else if line.hasPrefix("# TYPE ") {
                #expect(words[2] == family)
                #expect(["counter", "gauge", "untyped"].contains(words[3]))
                #expect((words[3] == "counter") == family.hasSuffix("_total"), "\(line)")
            } else {
                #expect(line.prefix { $0 != "{" && $0 != " " } == family)
            }
        }
        #expect(seen.contains("node_cpu_seconds_total") && seen.contains("node_cpu_guest_seconds_total"))
    }

    @Test("A unit's counters stand under names of their own with kind and cgroup, so that a sum over containers stays one")
    func unitMetrics() {
        let columns = [
            "unit", "unit_kind", "cgroup", "cpu_user_us", "memory_usage_bytes", "memory_limit_bytes", "oom_kills", "io_read_bytes", "pids",
        ]
        let text = Self.text([
            Self.node(
                "n",
                [
                    .unit: (
                        columns,
                        #"""
                        [["web.service","service","/system.slice/web.service",1500000,4096,null,2,512,3],
                        ["web.service","service","/user.slice/web.service",0,1,null,null,null,null]]
                        """#
                    )
                ])
        ])
        let labels = #"node="n",unit="web.service",kind="service",cgroup="/system.slice/web.service""#
        #expect(text.has("sonde_unit_cpu_seconds_total{\(labels),mode=\"user\"} 1.5"), "\(text)")
        #expect(text.has("sonde_unit_memory_usage_bytes{\(labels)} 4096") && text.has("sonde_unit_oom_kills_total{\(labels)} 2"))
        #expect(text.has("sonde_unit_read_bytes_total{\(labels)} 512") && text.has("sonde_unit_threads{\(labels)} 3"))
        #expect(text.has(#"sonde_unit_memory_usage_bytes{node="n",unit="web.service",kind="service",cgroup="/user.slice/web.service"} 1"#))
        #expect(!text.contains("container_") && !text.contains("sonde_unit_memory_limit_bytes"), "\(text)")
    }

    @Test("A row that comes twice is told once")
    func duplicates() {
        let text = Self.text([Self.node("n", [.filesystem: (["mount", "size_bytes"], #"[["/",1],["/",2]]"#)])])
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("node_filesystem_size_bytes{") }.count == 1)
    }

    @Test("Beyond the limit of samples whole containers are left out, and counted")
    func limit() {
        let rows = (["container_id", "cpu_us", "pids"], #"[["a",1,1],["b",2,2],["c",3,3]]"#)
        let text = Self.text([Self.node("n", [.host: (["load1"], "[[0.5]]"), .container: rows])], limit: 5)
        #expect(text.has(#"node_load1{node="n"} 0.5"#))
        #expect(text.has(#"sonde_metrics_left_out{table="container"} 1"#))
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("container_threads{") }.count == 2)
    }

    @Test("Processes are told only when they are asked for, those that use the most CPU time")
    func processes() {
        let rows = (1...150).map { "[\"c\",\($0),\"sh\",\($0).5,4096]" }.joined(separator: ",")
        let node = Self.node("n", [.process: (["container_id", "pid", "comm", "cpu_percent", "rss_bytes"], "[\(rows)]")])
        #expect(!Self.text([node]).contains("sonde_process"))
        let text = Self.text([node], withProcesses: true)
        #expect(text.has(#"sonde_process_resident_memory_bytes{node="n",id="c",name="",pid="150",comm="sh"} 4096"#))
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("sonde_process_resident_memory_bytes{") }.count == 100)
        #expect(!text.contains(#"pid="50""#))
    }

    @Test("A process that has ended is told no more")
    func ended() {
        let columns = ["container_id", "pid", "comm", "cpu_percent", "rss_bytes", "state", "cpu_user_us"]
        let rows = #"[["c",1,"cc1",90,null,"X",5],["c",2,"sh",null,4096,"S",6]]"#
        let text = Self.text([Self.node("n", [.process: (columns, rows)])], withProcesses: true)
        #expect(text.contains(#"pid="2""#) && !text.contains(#"pid="1""#))
    }

    @Test("The time of boot is the tick's less the uptime, and a container was last seen when it was read")
    func instants() {
        let text = Self.text([
            Self.node(
                "n", [.host: (["uptime_us"], "[[1000000000]]"), .container: (["container_id", "sample_age_us"], "[[\"c\",-2000000]]")])
        ])
        #expect(text.has(#"node_boot_time_seconds{node="n"} 1800000000"#))
        #expect(text.has(#"container_last_seen{node="n",id="c",name="",image=""} 1800001002"#))
        #expect(text.has(#"node_time_seconds{node="n"} 1800001000"#))
    }

    @Test("A cell of another type than its column's has no sample, and can't write lines of its own")
    func wrongTypes() {
        let text = Self.text([
            Self.node(
                "n", [.disk: (["device", "reads", "writes"], #"[[["} 1\nevil 2"],"7\nevil 3",true]]"#), .host: (["load1"], "[[1e400]]")])
        ])
        #expect(!text.contains("evil"))
        #expect(!text.contains("node_disk"))
        #expect(!text.contains("node_load1"))
    }

    /// A tick at 1,800,001,000 s, with rows of these columns.
    private static func node(_ name: String, _ tables: [TableID: (columns: [String], rows: String)]) -> Exposition.Node {
        let rows = tables.map { "\"\($0.key.name)\":\($0.value.rows)" }.joined(separator: ",")
        let frame = Array(
            """
            {"type":"tick","run":"","epoch":1,"seq":0,"tick":1,"time":1800001000000000,"begin":1,"end":2,"rows":{\(rows)}}
            """.utf8)
        let live = (try? TickFrame(frame.span.bytes)).map {
            FrameRows($0, frame: frame.span.bytes, columns: tables.mapValues { FrameRows.Columns($0.columns) })
        }
        return Exposition.Node(name: name, kernel: "6.1", rows: live ?? FrameRows())
    }

    private static func text(_ nodes: [Exposition.Node], withProcesses: Bool = false, limit: Int = 200_000) -> String {
        let exposition = Exposition(nodes, withProcesses: withProcesses, limit: limit) { _ in }
        var out = ByteWriter()
        for piece in 0..<exposition.pieces { exposition.write(piece: piece, to: &out) }
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension String {
    fileprivate func has(_ line: String) -> Bool { split(separator: "\n").contains { $0 == line } }
}
