import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Applications' metrics, recorded and read beside Prometheus' own Python client.
    @Suite("Scraped metrics") struct Scrape {
        private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

        @Test(
            "A recorded application's metrics are what it says itself before, meanwhile and after, and a target that hangs or is away takes nothing from them",
            .enabled(if: python != nil, "needs SONDE_PYTHON, a Python that has prometheus-client; .ci/run makes one"))
        func application() async throws {
            try await Scene.run { scene in
                let port = try await Self.start(scene, [])
                let hung = try await Self.start(scene, ["--hang"])
                let before = try Self.ask(port)
                let out = scene.path("out")
                let command = try await scene.command(
                    Products.cli,
                    [
                        "record", "--output", out, "--interval", "500ms", "--duration", "5s", "--node", "here", "--containers", "off",
                        "--processes", "none", "--scrape", "app=http://127.0.0.1:\(port)/metrics?token=hunter2", "--scrape",
                        "hung=http://127.0.0.1:\(hung)", "--scrape", "away=http://127.0.0.1:1/",
                    ])
                #expect(command.status == 0, "\(command.output)\(command.errors)")
                #expect(
                    (command.output + command.errors).contains(
                        #/\d+ series of metrics of 3 targets are in it: sonde summary .* --by metric/#))
                let after = try Self.ask(port)
                let run = try RecordedRun(out)
                try await run.checkFiles(scene)
                try run.checkWhole("here", ticks: 10)

                let rows = try run.table("metric").rows
                let app = rows.filter { $0["target"] == "app" }
                // A busy machine's ticks may be too short for the application.
                let up = Set(app.filter { $0["name"] == "up" && $0["value"] == "1" }.map(\.tick))
                #expect(!up.isEmpty)
                let counted = app.filter { $0["name"] == "work_total" }.compactMap { $0.decimal("value") }
                #expect(counted.count == up.count && counted == counted.sorted() && (up.count < 2 || counted.first != counted.last))
                #expect(counted.allSatisfy { $0 >= before["work_total{}"] ?? .nan && $0 <= after["work_total{}"] ?? .nan })
                #expect(rows.contains { $0["name"] == "work_total" && $0["type"] == "counter" && $0["labels"] == "{}" })

                // All series of the application, and no others; those that stand still have the same value.
                for tick in up {
                    let there = app.filter { $0.tick == tick && $0["name"] != "up" && $0["name"]?.hasPrefix("scrape_") == false }
                    let recorded = Dictionary(there.map { ("\($0["name"] ?? "")\($0["labels"] ?? "")", $0) }) { one, _ in one }
                    #expect(Set(recorded.keys) == Set(after.keys) && recorded.count == there.count)
                    for (name, value) in after where before[name] == value {
                        #expect(recorded[name]?.decimal("value") == value, "\(name)")
                    }
                    #expect(recorded[#"odd{"kind":"nan"}"#]?["not_finite"] == "NaN" && recorded[#"odd{"kind":"nan"}"#]?["value"] == nil)
                }
                let whole = try run.whole("metric", of: "here")
                for target in ["hung", "away"] {
                    let own = rows.filter { $0["target"] == target }
                    #expect(own.count % 6 == 0 && own.count >= whole * 6 && own.allSatisfy { $0["name"] != "up" || $0["value"] == "0" })
                    let events = try run.table("event").rows.filter { $0["message"]?.hasPrefix("\(target): ") == true }
                    #expect(events.count == 1 && events.first?["kind"] == "target away")
                }

                let manifest = try String(contentsOfFile: out + "/run.json", encoding: .utf8)
                #expect(manifest.contains("http://127.0.0.1:\(port)/metrics") && !manifest.contains("hunter2"))
                let verified = try await scene.command(Products.cli, ["verify", out])
                #expect(verified.status == (run.manifest.state == .complete ? 0 : 2), "\(verified)")
                let summary = try await scene.command(Products.cli, ["summary", out, "--by", "metric", "--csv"]).succeeded()
                #expect(summary.contains("app: work_total") && summary.contains("value_per_s"))
                _ = try await scene.command(
                    Products.cli, ["export", out, "--format", "parquet", "--output", scene.path("parquet")]
                ).succeeded()
            }
        }

        @Test(
            "Any text means what Prometheus' own Python client reads in it, or is refused",
            .enabled(if: python != nil, "needs SONDE_PYTHON, a Python that has prometheus-client; .ci/run makes one"),
            arguments: [1, 2, 3] as [UInt64])
        func texts(seed: UInt64) async throws {
            var author = ExpositionAuthor(seed: seed)
            let documents = (0..<3000).map { author.document($0 % 3 == 2 ? .openMetrics : .text, isDamaged: $0 % 2 == 1) }
            let theirs = try await read(documents)
            #expect(theirs.count == documents.count)
            var reader = SampleReader(limit: 100_000)
            var understood = 0
            for (number, (document, expected)) in zip(documents, theirs).enumerated() {
                let isWhole = number % 2 == 0
                guard let ours = Self.samples(&reader, document) else {
                    if isWhole, expected != nil {
                        Issue.record("refused:\n\(document.text)")
                        return
                    }
                    continue
                }
                // The client holds OpenMetrics against rules of families, too, which lose no sample here.
                guard let expected else {
                    if document.format == .openMetrics || document.hasLargeTimestamp { continue }
                    Issue.record("read, which the client refuses:\n\(document.text)")
                    return
                }
                understood += 1
                let isEqual = ours.elementsEqual(expected) { one, other in
                    one.name == other.name && one.labels == other.labels && one.bits == other.bits
                        && (one.time == other.time || document.hasLargeTimestamp) && (one.type == other.type || !isWhole)
                }
                guard !isEqual else { continue }
                Issue.record("not what the client reads:\n\(document.text)\n\(ours)\n\(expected)")
                return
            }
            #expect(understood > documents.count / 3)
        }

        /// - Returns: its port.
        private static func start(_ scene: Scene, _ arguments: [String]) async throws -> UInt16 {
            let child = try scene.start(try #require(python), [Checkout.tests + "/Integration/scrape_app.py"] + arguments)
            return try await eventually("the port of the application\n\(child.diary)") {
                child.output.firstMatch(of: /^(\d+)\n/).flatMap { UInt16($0.1) }
            }
        }

        /// What an application says now, by name and labels.
        private static func ask(_ port: UInt16) throws -> [String: Double] {
            let answer = try ControlClient(port: port).send("GET", "/metrics")
            #expect(answer.status == 200)
            var reader = SampleReader(limit: 1000)
            let document = ExpositionAuthor.Document(format: .text, text: answer.text)
            let samples = try #require(samples(&reader, document))
            return Dictionary(
                uniqueKeysWithValues: samples.map { ($0.name + $0.json, UInt64($0.bits, radix: 16).map { Double(bitPattern: $0) } ?? .nan) }
            )
        }

        /// One sample, as both readers tell it.
        private struct Told: Decodable, CustomStringConvertible {
            let name: String
            let labels: [String: String]
            /// As a row has them.
            var json = ""
            /// Of its value; no NaN is told from another, nor −0 from 0, which the client reads as a whole number.
            let bits: String
            let time: Int64?
            let type: String

            var description: String { "\(name)\(labels) \(bits) \(time.map { "\($0)" } ?? "-") \(type)" }

            init(name: String, labels: [String: String], json: String, bits: String, time: Int64?, type: String) {
                (self.name, self.labels, self.json, self.bits, self.time, self.type) = (name, labels, json, bits, time, type)
            }

            init(from decoder: any Decoder) throws {
                var fields = try decoder.unkeyedContainer()
                name = try fields.decode(String.self)
                labels = try fields.decode([String: String].self)
                let bits = try fields.decode(String.self)
                self.bits = bits == "8000000000000000" ? "0000000000000000" : bits
                time = try? fields.decodeIfPresent(Int64.self)
                type = try fields.decode(String.self)
            }
        }

        private func read(_ documents: [ExpositionAuthor.Document]) async throws -> [[Told]?] {
            let python = try #require(Self.python)
            var read: [[Told]?] = []
            try await Scene.run { scene in
                let file = scene.path("documents")
                let text = documents.map { document in
                    (document.format == .text ? "t " : "o ") + document.text.utf8.map { String(format: "%02x", $0) }.joined() + "\n"
                }.joined()
                try text.write(toFile: file, atomically: false, encoding: .utf8)
                let output = try await scene.command(
                    "/bin/sh", ["-c", "exec \(python) \(Checkout.tests)/Integration/prometheus_samples.py <\(file)"])
                read = try output.succeeded().split(separator: "\n").map { try JSONDecoder().decode([Told]?.self, from: Data($0.utf8)) }
            }
            return read
        }

        /// What Sonde reads, by way of the rows; `nil` for a document that it refuses.
        private static func samples(_ reader: inout SampleReader, _ document: ExpositionAuthor.Document) -> [Told]? {
            let bytes = Array(document.text.utf8)
            let span = bytes.span.bytes
            do throws(SampleFault) { try reader.read(span, document.format) } catch { return nil }
            var account = ScrapeAccount()
            account.isUp = true
            var rows = TickRows()
            rows.append(account, reader, target: EncodedText("t"), age: 0, instant: 0, room: 1 << 24)
            let text = rows.withRows(.metric) { bytes in bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
            let json = Array("{\"rows\":[\(text)]}".utf8)
            let jsonSpan = json.span.bytes
            let cells = ((try? JSONValue.object(jsonSpan))?["rows"]?.elements ?? []).compactMap(\.elements)
            return zip(cells.suffix(reader.samples.count), reader.samples).map { row, sample in
                let labels = row[2].string ?? ""
                let members = (try? JSONDecoder().decode([String: String].self, from: Data(labels.utf8))) ?? [:]
                let value = row[3].number ?? ["+Inf": .infinity, "-Inf": -.infinity][row[4].string ?? ""] ?? .nan
                let bits = value.isNaN ? "nan" : String(format: "%016lx", value == 0 ? 0 : value.bitPattern)
                return Told(
                    name: row[1].string ?? "", labels: members, json: labels, bits: bits, time: sample.timestamp,
                    type: row[5].string ?? "")
            }
        }
    }
}

/// Writes expositions of all forms and damages some. The same seed gives the same documents.
private struct ExpositionAuthor {
    struct Document {
        let format: SampleFormat
        var text: String

        /// One that no count of microseconds holds.
        var hasLargeTimestamp: Bool { text.contains(/\s\S*(\d{15}|[eE])\S*\s*(\n|$|#)/) }
    }

    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(state: seed) }

    private static let names = [
        "a", "foo", "http_requests_total", "x:y", "_a", "rpc_duration_seconds", "upper", "A9", "foo_bucket", "a_sum", "a_count", "go_info",
    ]
    private static let values = [
        "1", "0", "-1", "1.5", "1e5", "1.7643072e+07", "NaN", "+Inf", "-Inf", "Inf", "nan", "007", "1.", "0.1", ".5", "+3", "1e-7",
        "2.5e-05", "123456789012345678", "18446744073709551615", "1e400", "-1e400", "1e-400",
        "0.1000000000000000055511151231257827021181583404541015625", "5e-324", "1.7976931348623157e308", "00.00100", "-0", "-0.0", "1E+21",
        "123456789012345678901234567890", "9007199254740993", "1e22", "0.30000000000000004",
    ]
    private static let odd = ["0x1p3", "1_0", "abc", "", "1e", "--1", ".", "infinit", "1,5"]
    private static let labels = ["a", "b", "le", "quantile", "code", "_x", "method", "a:b", "\"a.b\"", "\"ü\""]
    private static let labelValues = [
        "a", "", "b c", #"x\"y"#, #"\\"#, #"\n"#, #"a\x"#, "ü", "日本", "}", "{", ",", "a=b", "#", " # ", #"C:\\d"#, "1", "+Inf", "\t",
    ]

    private mutating func pick(_ words: [String]) -> String { words.randomElement(using: &random) ?? "" }
    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func document(_ format: SampleFormat, isDamaged: Bool) -> Document {
        var lines: [String] = []
        for name in Self.names.shuffled(using: &random).prefix(Int.random(in: 0...5, using: &random)) {
            let isText = format == .text
            let type = pick(isText ? ["counter", "gauge", "histogram", "summary", "untyped", "unknown"] : ["gauge", "unknown", "counter"])
            if chance(60) { lines.append(#"# HELP \#(name) some \n \\ text ""#) }
            if chance(70) { lines.append("# TYPE \(name) \(type)") }
            let suffixes = [
                "histogram": ["_bucket", "_sum", "_count"], "summary": ["", "_sum", "_count"], "counter": isText ? [""] : ["_total"],
            ]
            for _ in 0..<Int.random(in: 0...4, using: &random) { lines.append(sample(name + pick(suffixes[type] ?? [""]), isText)) }
            if isText, chance(20) { lines.append(pick(["", " ", "# remark", "#", "#x y", "# HELP", "# HELP foo", "\t# EOF"])) }
        }
        if format == .openMetrics { lines.append("# EOF") }
        let text = lines.joined(separator: "\n") + (chance(80) ? "\n" : "")
        return Document(format: format, text: isDamaged ? damaged(text) : text)
    }

    private mutating func sample(_ name: String, _ isText: Bool) -> String {
        let blank = isText ? pick(["", "", " ", "\t"]) : ""
        var head = name
        if chance(60) {
            let chosen = Self.labels.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
            var inner = chosen.map { "\(blank)\($0)\(blank)=\(blank)\"\(pick(Self.labelValues))\"\(blank)" }.joined(separator: ",")
            if isText, !chosen.isEmpty, chance(20) { inner += "," }
            head = "\(name)\(blank){\(inner)}"
        } else if isText, chance(10) {
            head = "{\"my.\(name)\"}"
        }
        let value = isText || chance(30) ? pick(Self.values) : pick(["1", "2.5", "1e5", "0"])
        let time = chance(20) ? " " + pick(isText ? ["123", "1700000000000", "-5", "0", "1.5"] : ["123", "1700000000.123", "1.5"]) : ""
        let example = !isText && name.hasSuffix("_total") && chance(30) ? " # {" + pick(["", "a=\"b\"", "a=\"}\""]) + "} 0.5" : ""
        return (isText ? pick(["", "", " "]) : "") + head + (isText ? pick([" ", " ", "  ", "\t"]) : " ") + value + time + example
            + (isText ? pick(["", "", " ", "\r"]) : "")
    }

    private mutating func damaged(_ text: String) -> String {
        var characters = Array(text)
        for _ in 0..<Int.random(in: 1...3, using: &random) where !characters.isEmpty {
            let index = Int.random(in: 0..<characters.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: characters.remove(at: index)
            case 1: characters[index] = Array(" \t\n{}\",=#\\1aeE.+-_:").randomElement(using: &random) ?? "x"
            case 2: characters.insert(contentsOf: characters[index..<min(index + 9, characters.count)], at: index)
            default: characters.insert(contentsOf: pick(Self.odd), at: index)
            }
        }
        return String(characters)
    }
}
