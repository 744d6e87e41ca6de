import TestSupport
import Testing

@testable import StatsCore

@Suite("Samples of remote write") struct SeriesEncoderTests {
    /// Rows of all tables, with whatever a column may hold.
    private static func tick(_ random: inout SeededRandom, time: Int64) -> SentTick {
        var tables: [TableID: (columns: [String], rows: String)] = [:]
        for shape in TableShape.all {
            let columns = Catalogue.table(shape.table.id).columns
            let labels = Set(shape.table.labels.map(\.column))
            let rows = (0..<Int(random.next() % 4) + (shape.table.id == .host ? 1 : 0)).map { number in
                let cells = columns.map { column in
                    if labels.contains(column.name) { return #""\#(column.name) \"é\" \#(number)""# }
                    switch random.next() % 8 {
                    case 0: return "null"
                    case 1: return "\(random.next() >> (random.next() % 64))"
                    case 2 where column.name != "cpu_percent": return "-\(random.next() % 5_000_000)"
                    case 3: return "\(random.next() % 1000).\(random.next() % 10)\(random.next() % 9 + 1)"
                    case 4 where column.unit != "microseconds": return #""text, ] and [ \" in \\ it""#
                    default: return "\(random.next() % 100_000_000)"
                    }
                }
                return "[" + cells.joined(separator: ",") + "]"
            }
            tables[shape.table.id] = (columns.map(\.name), "[" + rows.joined(separator: " , ") + "]")
        }
        return SentTick(time: time, tables: tables)
    }

    /// What `/metrics` shows, each series with its labels in order.
    private static func exposed(_ tick: SentTick) throws -> [String: Double] {
        let exposition = try Exposition([.init(name: tick.node, kernel: tick.kernel, rows: tick.rows)], withProcesses: true) { _ in }
        var out = ByteWriter()
        for piece in 0..<exposition.pieces { exposition.write(piece: piece, to: &out) }
        // The text is read as that of a sender's own values is.
        let text = out.withUnsafeBytes { Array($0) }
        let record = SentTick.own(text, time: tick.time)
        let encoder = SentTick.encoder([])
        _ = encoder.take(record: record)
        let requests = encoder.finish()
        var values: [String: Double] = [:]
        for sample in try requests.flatMap({ try SentRequest.samples($0) }) where !sample.series.hasPrefix("sonde_metrics_left_out") {
            values[plain(sample.series)] = sample.number
        }
        return values
    }

    /// Without the labels that only remote write has.
    private static func plain(_ series: String) -> String {
        var text = series
        for label in [#"instance="x","#, #"instance="n","#, #"job="sonde","#] { text.replace(label, with: "") }
        return text
    }

    @Test("What is sent are the series of /metrics with their values, in each protocol", arguments: RemoteWriteProtocol.allCases)
    func sameAsMetrics(protocol: RemoteWriteProtocol) throws {
        for seed in 1...30 {
            var random = SeededRandom(state: UInt64(seed))
            let tick = Self.tick(&random, time: 1_700_000_000_123_000)
            let sent = try #require(try SentTick.samples([tick], `protocol`).first)
            let exposed = try Self.exposed(tick)
            let difference = Set(sent.map { Self.plain($0.series) }).symmetricDifference(exposed.keys)
            #expect(difference.isEmpty, "seed \(seed)")
            for sample in sent {
                let value = exposed[Self.plain(sample.series)] ?? .nan
                // The text has three decimals, and is what somebody reads; the sample is the value.
                #expect(abs(sample.number - value) <= max(0.0005, abs(value) * 1e-12), "\(sample.series) \(sample.number) \(value)")
                #expect(sample.time == 1_700_000_000_123)
            }
        }
    }

    @Test("Whatever comes behind whatever, all protocols say the same, and each sample is whole", arguments: [1, 2, 3])
    func versions(seed: Int) throws {
        var random = SeededRandom(state: UInt64(seed))
        let ticks = (0..<6).map { Self.tick(&random, time: 1_700_000_000_000_000 + Int64($0) * 1_000_000) }
        let one = try SentTick.samples(ticks, .one)
        for other in [RemoteWriteProtocol.two, .otlp] {
            for (first, second) in zip(one, try SentTick.samples(ticks, other)) {
                #expect(
                    Set(first) == Set(second.map { SentSample(series: $0.series, value: $0.value, time: $0.time) })
                        && first.count == second.count)
            }
        }
    }

    @Test("A decimal is sent as the double that is nearest to it")
    func decimals() throws {
        let values = ["0.1", "0.52", "12.07", "99.999", "4503599627370497.5", "123456789012", "-0.25"]
        for text in values {
            let tick = SentTick(tables: [.host: (["load1"], "[[\(text)]]")])
            let sample = try #require(try SentTick.samples([tick]).first?.first { $0.series.hasPrefix("node_load1") })
            #expect(sample.number == Double(text), "\(text)")
        }
    }

    @Test("Of two rows with the same labels the first is sent, whenever they come")
    func twice() throws {
        let ticks = (1...3).map {
            SentTick(
                time: Int64($0) * 1_000_000,
                tables: [.network: (["interface", "rx_bytes"], #"[["a",\#($0)],["b",5],["a",100],["a",101]]"#)])
        }
        for (number, samples) in try SentTick.samples(ticks).enumerated() {
            let received = samples.filter { $0.series.hasPrefix("node_network_receive_bytes_total") }
            #expect(received.map(\.number) == [Double(number + 1), 5] && !received.contains(where: \.isStale))
        }
    }

    @Test("A row that is gone, a value that is gone and a table that is gone end their series, once")
    func stale() throws {
        let columns = ["interface", "rx_bytes", "tx_bytes"]
        let rows = [#"[["a",1,2],["b",3,4]]"#, #"[["b",5,null],["c",1,1]]"#, "", #"[["b",6,7]]"#]
        let ticks = rows.enumerated().map { index, rows in
            SentTick(
                time: Int64(index + 1) * 1_000_000,
                tables: rows.isEmpty ? [.host: (["load1"], "[]")] : [.network: (columns, rows), .host: (["load1"], "[]")])
        }
        let known = SenderColumns(["network": columns, "host": ["load1"]])
        let encoder = SeriesEncoder(.one, shards: 1) { _ in known }
        var ended: [Set<String>] = []
        for tick in ticks {
            let record = try tick.record
            let time = encoder.take(record: record)
            #expect(time == tick.time)
            let samples = try encoder.finish().flatMap { try SentRequest.samples($0) }.filter(\.isStale)
            #expect(samples.allSatisfy { $0.time == tick.time / 1000 })
            ended.append(Set(samples.map { String($0.series.prefix { $0 != "," }) }))
            #expect(samples.count == ended.last?.count)
        }
        let (rx, tx) = ("node_network_receive_bytes_total{device=", "node_network_transmit_bytes_total{device=")
        #expect(ended[0].isEmpty)
        #expect(ended[1] == [#"\#(rx)"a""#, #"\#(tx)"a""#, #"\#(tx)"b""#])
        #expect(ended[2] == [#"\#(rx)"b""#, #"\#(rx)"c""#, #"\#(tx)"c""#])
        #expect(ended[3].isEmpty)
    }

    @Test("A node from which nothing comes any more ends just behind its last tick; another one goes on")
    func silent() throws {
        let ticks = [("a", 1), ("b", 1), ("a", 2), ("b", 2), ("b", 30)].map {
            SentTick(node: $0.0, time: Int64($0.1) * 1_000_000, tables: [.host: (["load1"], "[[1]]")])
        }
        let encoder = SentTick.encoder(ticks)
        for tick in ticks { _ = try encoder.take(record: tick.record) }
        _ = encoder.finish()
        encoder.endSilent(at: 30_000_000, patience: 10_000_000)
        let samples = try encoder.finish().flatMap { try SentRequest.samples($0) }
        #expect(
            samples.count == 3 && samples.allSatisfy { $0.isStale && $0.time == 2001 && $0.series.contains(#"node="a""#) }, "\(samples)")
        encoder.endAll()
        let rest = try encoder.finish().flatMap { try SentRequest.samples($0) }
        #expect(rest.count == 3 && rest.allSatisfy { $0.isStale && $0.time == 30_001 && $0.series.contains(#"node="b""#) }, "\(rest)")
    }

    @Test("A node that sends every quarter of a minute goes on from its first tick, and again after it was away")
    func slow() throws {
        let times = [0, 15, 30, 200, 215].map { Int64($0 + 1) * 1_000_000 }
        let ticks = times.map { SentTick(time: $0, tables: [.host: (["load1"], "[[1]]")]) }
        let encoder = SentTick.encoder(ticks)
        var ended: [Int64] = []
        var next = 0
        for second in 1...230 {
            if next < ticks.count, ticks[next].time == Int64(second) * 1_000_000 {
                _ = try encoder.take(record: ticks[next].record)
                next += 1
            }
            encoder.endSilent(at: Int64(second) * 1_000_000, patience: 10_000_000)
            let samples = try encoder.finish().flatMap { try SentRequest.samples($0) }
            if samples.contains(where: \.isStale) { ended.append(Int64(second)) }
        }
        #expect(ended == [87], "once, ten seconds and three intervals behind the tick at 31 s")
    }

    @Test("Numbers that no host has are sent as they are told, and break nothing")
    func absurd() throws {
        let huge = String(repeating: "9", count: 300)
        let tick = SentTick(
            tables: [
                .host: (["uptime_us", "load1", "forks"], "[[\(huge),-\(huge),\(huge).5]]"),
                .container: (["container_id", "cpu_us", "started_us"], #"[["c",5,\#(huge)],["d",1,-7]]"#),
            ])
        for `protocol` in RemoteWriteProtocol.allCases {
            let samples = try #require(try SentTick.samples([tick], `protocol`).first)
            #expect(samples.contains { $0.series.hasPrefix("container_cpu_usage_seconds_total") && $0.number == 5e-6 })
            #expect(samples.allSatisfy { $0.start >= 0 })
        }
    }

    @Test("A label of all series replaces none that a series has", arguments: RemoteWriteProtocol.allCases)
    func labels(protocol: RemoteWriteProtocol) throws {
        let tick = SentTick(tables: [
            .cpu: (["cpu", "cpu_user_us", "cpu_idle_us"], "[[0,1,2]]"), .network: (["interface", "rx_bytes"], #"[["a",1],["b",2]]"#),
        ])
        let columns = tick.columns
        let labels = [("device", "x"), ("mode", "y"), ("cluster", "berlin"), ("job", "z")]
        let encoder = SeriesEncoder(`protocol`, shards: 1, labels: labels) { _ in columns }
        _ = try encoder.take(record: tick.record)
        let series = try encoder.finish().flatMap { try SentRequest.samples($0) }.map(\.series)
        #expect(Set(series).count == series.count && series.allSatisfy { $0.contains(#"cluster="berlin""#) && $0.contains(#"job="z""#) })
        #expect(series.filter { $0.hasPrefix("node_network_receive_bytes_total") }.allSatisfy { !$0.contains(#"device="x""#) })
        #expect(series.filter { $0.hasPrefix("node_cpu_seconds_total") }.count == 2)
    }

    @Test("Each node keeps to one shard, and a request has no more samples than it may have by more than one tick's")
    func shards() throws {
        let ticks = (0..<40).flatMap { second in
            ["a", "b", "c", "d", "e"].map {
                SentTick(node: $0, time: Int64(second + 1) * 1_000_000, tables: [.host: (["load1", "load5"], "[[1,2]]")])
            }
        }
        let encoder = SentTick.encoder(ticks, shards: 3, mostSamples: 20)
        for tick in ticks { _ = try encoder.take(record: tick.record) }
        let requests = encoder.finish()
        #expect(requests.allSatisfy { $0.samples < 24 })
        var homes: [String: Set<Int>] = [:]
        var times: [String: [Int64]] = [:]
        for request in requests {
            for sample in try SentRequest.samples(request) {
                homes[sample.series, default: []].insert(request.shard)
                times[sample.series, default: []].append(sample.time)
            }
        }
        #expect(homes.values.allSatisfy { $0.count == 1 } && Set(homes.values).count > 1)
        #expect(times.values.allSatisfy { $0 == (1...40).map { Int64($0 * 1000) } }, "each series in the order of time")
    }

    @Test("Version 2.0 says type, help, and since when a counter counts")
    func metadata() throws {
        let tick = SentTick(
            time: 100_000_000_000_000,
            tables: [
                .host: (["uptime_us", "load1", "forks"], "[[50000000,1,7]]"),
                .container: (["container_id", "cpu_us", "pids", "started_us"], #"[["c",5,1,20000000]]"#),
            ])
        let samples = try #require(try SentTick.samples([tick], .two).first)
        func one(_ name: String) throws -> SentSample { try #require(samples.first { $0.series.hasPrefix(name + "{") }) }
        let forks = try one("node_forks_total")
        #expect(forks.type == 1 && forks.start == 99_999_950_000 && !forks.help.isEmpty)
        let load = try one("node_load1")
        #expect(load.type == 2 && load.start == 0)
        #expect(try one("container_cpu_usage_seconds_total").start == 99_999_970_000)
    }

    @Test(
        "OTLP has counters as sums since they began, all else as gauges, with unit and description, and says what container on which host they are of"
    )
    func otlp() throws {
        let container: KeyValuePairs = [
            "container_id": "c", "container": "web", "image": "registry:5000/a/nginx:1.27@sha256:0", "compose_service": "front",
            "kubernetes_namespace": "shop", "kubernetes_pod": "web-1",
        ]
        let labels = container.map { "\"\($0.value)\"" }.joined(separator: ",")
        let tick = SentTick(
            time: 100_000_000_000_000,
            tables: [
                .host: (["uptime_us", "load1", "vmstat_pgfault", "mem_total_bytes"], "[[50000000,1,7,4096]]"),
                .cpu: (["cpu", "cpu_user_us"], "[[0,1],[1,2]]"),
                .container: (container.map(\.key) + ["cpu_us", "pids", "started_us"], "[[\(labels),5,1,20000000]]"),
            ])
        let samples = try #require(try SentTick.samples([tick], .otlp).first)
        func one(_ name: String) throws -> SentSample { try #require(samples.first { $0.series.hasPrefix(name + "{") }, "\(name)") }
        let cpu = try one("container_cpu_usage_seconds_total")
        #expect(cpu.type == 1 && cpu.start == 99_999_970_000 && cpu.unit == "s" && !cpu.help.isEmpty)
        #expect(
            cpu.resource == [
                "host.name": "n", "container.id": "c", "container.name": "web", "container.image.name": "registry:5000/a/nginx",
                "container.image.tags": "1.27", "service.name": "front", "k8s.namespace.name": "shop", "k8s.pod.name": "web-1",
            ])
        let load = try one("node_load1")
        #expect(load.type == 2 && load.start == 0 && load.unit.isEmpty && load.resource == ["host.name": "n"])
        #expect(samples.filter { $0.series.hasPrefix("node_cpu_seconds_total") }.map(\.start) == [99_999_950_000, 99_999_950_000])
        #expect(try one("container_threads").type == 2)
    }

    @Test("Version 1.0 tells type and help of each name that was sent, once, in a request without samples")
    func metadataOfOne() throws {
        let tick = SentTick(tables: [.cpu: (["cpu", "cpu_user_us", "cpu_idle_us"], "[[0,1,2]]"), .host: (["load1"], "[[1]]")])
        let encoder = SentTick.encoder([tick])
        _ = try encoder.take(record: tick.record)
        _ = encoder.take(
            record: SentTick.own(Array("# HELP own_total What it is\n# TYPE own_total counter\nown_total{a=\"b\"} 1\n".utf8), time: 1))
        _ = encoder.finish()
        let request = try #require(encoder.metadata())
        let told = try SentRequest.metadata(request)
        #expect(
            told.map(\.name).sorted() == [
                "machine_cpu_cores", "node_cpu_seconds_total", "node_load1", "node_time_seconds", "node_uname_info", "own_total",
            ])
        #expect(told.allSatisfy { !$0.help.isEmpty && $0.type == ($0.name.hasSuffix("_total") ? 1 : 2) })
        #expect(request.samples == 0 && told.first { $0.name == "own_total" }?.help == "What it is")
        encoder.change(to: .two)
        #expect(encoder.metadata() == nil)
    }

    @Test("A record that is cut short or damaged anywhere is read as far as it goes, and never beyond")
    func damage() throws {
        var random = SeededRandom(state: 7)
        let tick = Self.tick(&random, time: 1_000_000)
        let record = try tick.record
        let encoder = SentTick.encoder([tick])
        for length in stride(from: 0, to: record.count, by: 7) { _ = encoder.take(record: Array(record[..<length])) }
        for _ in 0..<2000 {
            var damaged = record
            damaged[Int(random.next() % UInt64(record.count))] = UInt8(truncatingIfNeeded: random.next())
            _ = encoder.take(record: damaged)
            for request in encoder.finish() { _ = SnappyReader.bytes(of: request.body.span.bytes, limit: 1 << 28) }
        }
    }
}

@Suite("Requests that a receiver doesn't accept") struct RequestSplitTests {
    @Test("Halves of halves hold the same samples, and the last one's series is named", arguments: [RemoteWriteProtocol.one, .two])
    func halves(protocol: RemoteWriteProtocol) throws {
        let tick = SentTick(tables: [.network: (["interface", "rx_bytes", "tx_bytes"], #"[["a",1,2],["b",3,4],["c",5,6]]"#)])
        let encoder = SentTick.encoder([tick], `protocol`)
        _ = try encoder.take(record: tick.record)
        let request = try #require(encoder.finish().first)
        let whole = try SentRequest.samples(request)
        var parts = [request]
        var singles: [WriteRequest] = []
        while let next = parts.popLast() {
            let split = try #require(RequestSplit(next))
            #expect(split.count == next.samples)
            if let (first, second) = split.halves { parts += [second, first] } else { singles.append(next) }
        }
        #expect(try singles.flatMap { try SentRequest.samples($0) } == whole)
        let names = try singles.map { try #require(RequestSplit($0)).name }
        #expect(names == whole.map(\.series))
    }

    @Test("A request for a receiver that doesn't know version 2.0 has the same samples in 1.0, those that end series included")
    func versionOne() throws {
        let columns = ["interface", "rx_bytes", "tx_bytes"]
        let ticks = [#"[["a",1,2],["b",3,4]]"#, #"[["b",5,null]]"#].enumerated().map {
            SentTick(time: Int64($0.offset + 1) * 1_000_000, tables: [.network: (columns, $0.element)])
        }
        let encoder = SentTick.encoder(ticks, .two)
        for tick in ticks { _ = try encoder.take(record: tick.record) }
        let request = try #require(encoder.finish().first)
        let other = request.inVersionOne
        #expect(other.protocol == .one && other.samples == request.samples && other.shard == request.shard)
        let samples = try SentRequest.samples(request).map { SentSample(series: $0.series, value: $0.value, time: $0.time) }
        #expect(try SentRequest.samples(other) == samples && samples.contains(where: \.isStale))
    }

    @Test("What isn't a request has no halves")
    func rubbish() {
        #expect(RequestSplit(WriteRequest(protocol: .one, shard: 0, body: [1, 2, 3], samples: 1)) == nil)
    }
}
