import TestSupport
import Testing

@testable import StatsCore

/// What a reader has read, as texts.
func samples(_ reader: SampleReader) -> [String] {
    reader.samples.map { sample in
        let series = reader.series(sample.series)
        let value =
            switch sample.value {
            case .number(let number): number.text
            case .nan: "NaN"
            case .plusInfinity: "+Inf"
            case .minusInfinity: "-Inf"
            }
        let labels = meaning(series.labels)
        return "\(meaning(series.name))\(labels == "{}" ? "" : labels) \(value)"
            + (sample.timestamp.map { " @\($0)" } ?? "")
            + (series.type == .unknown ? "" : " \(series.type)")
    }
}

private func meaning(_ text: EncodedText) -> String {
    let json = text.json
    let span = json.span.bytes
    var out = ByteWriter()
    out.append(unescaping: span.extracting(1..<json.count - 1))
    return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
}

extension SampleReader {
    mutating func read(_ text: String, _ format: SampleFormat = .text) throws(SampleFault) {
        let bytes = Array(text.utf8)
        let span = bytes.span.bytes
        try read(span, format)
    }
}

@Suite("The samples of a target") struct SampleReaderTests {
    private func read(_ text: String, _ format: SampleFormat = .text, limit: Int = 100) throws(SampleFault) -> [String] {
        var reader = SampleReader(limit: limit)
        try reader.read(text, format)
        return samples(reader)
    }

    private func fault(_ text: String, _ format: SampleFormat = .text) -> String? {
        do throws(SampleFault) {
            _ = try read(text, format)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("A histogram, a summary, a counter and a gauge come series by series, with their type")
    func families() throws {
        let text = """
            # HELP http_requests_total All of them.
            # TYPE http_requests_total counter
            http_requests_total{method="post",code="200"} 1027 1395066363000
            http_requests_total{method="post",code="400"}    3 1395066363000

            # TYPE latency histogram
            latency_bucket{le="0.05"} 24054
            latency_bucket{le="+Inf"} 144320
            latency_sum 53423.5
            latency_count 144320
            # TYPE rpc summary
            rpc{quantile="0.5"} NaN
            rpc_sum 1.7560473e+07
            something_else -Inf
            rpc_count 2693
            """
        #expect(
            try read(text) == [
                #"http_requests_total{"code":"200","method":"post"} 1027 @1395066363000000 counter"#,
                #"http_requests_total{"code":"400","method":"post"} 3 @1395066363000000 counter"#,
                #"latency_bucket{"le":"0.05"} 24054 histogram"#, #"latency_bucket{"le":"+Inf"} 144320 histogram"#,
                "latency_sum 53423.5 histogram", "latency_count 144320 histogram", #"rpc{"quantile":"0.5"} NaN summary"#,
                "rpc_sum 17560473 summary", "something_else -Inf", "rpc_count 2693",
            ])
    }

    @Test("OpenMetrics has timestamps in seconds, exemplars, which are passed over, and an end")
    func openMetrics() throws {
        let text = """
            # TYPE foo histogram
            # UNIT foo seconds
            foo_bucket{le="0.1"} 8 # {} 0.054
            foo_bucket{le="1"} 11 # {trace_id="KOO5 }\\""} 0.67
            foo_bucket{le="+Inf"} 17 1520879607.789 # {trace_id="oHg5SJYRHA0"} 9.8 1520879607.5
            # TYPE acme counter
            acme_total 17.0
            acme_created 1520430000.123
            # EOF
            """
        #expect(
            try read(text, .openMetrics) == [
                #"foo_bucket{"le":"0.1"} 8 histogram"#, #"foo_bucket{"le":"1"} 11 histogram"#,
                #"foo_bucket{"le":"+Inf"} 17 @1520879607789000 histogram"#, "acme_total 17 counter", "acme_created 1520430000.123 counter",
            ])
        #expect(fault("a 1\n", .openMetrics) == "line 1 isn't followed by # EOF: the answer is cut short")
        #expect(fault("", .openMetrics) != nil)
        #expect(fault("# EOF\na 1\n", .openMetrics) == "line 2 stands behind # EOF")
    }

    @Test("Labels are told by what they mean, whatever their order, blanks and escapes")
    func labels() throws {
        #expect(try read(#"a { b = "x\"\\\n\y" , c="}{,#" , } 1"#) == [#"a{"b":"x\"\\\n\\y","c":"}{,#"} 1"#])
        #expect(try read(#"{"my.metric", "a b"="c"} 1"#) == [#"my.metric{"a b":"c"} 1"#])
        #expect(try read("a{} 1\na{,} 2\na{x=\"日本\"}3") == ["a 1", #"a{"x":"日本"} 3"#])
        var reader = SampleReader(limit: 10)
        try reader.read(#"a{x="1",y="2"} 1"# + "\n" + #"a{y="2",x="1"} 2"#)
        #expect(samples(reader) == [#"a{"x":"1","y":"2"} 1"#] && reader.rest.duplicates == 1)
    }

    @Test(
        "An answer with a line that is none is refused as a whole, and the line is named",
        arguments: [
            "a", "a{", "a{x=\"1} 2", "a{x=1} 2", "a{x} 2", "a{x=\"1\" y=\"2\"} 2", "a{x=\"1\",x=\"2\"} 2", "a{__x=\"1\"} 2", "1a 2",
            "a 0x1p3",
            "a 1_0",
            "a 1 2 3", "a 1 x", "# TYPE a nothing", "# TYPE a", "# HELP 1a x", "<html>", "{x=\"1\"} 2", "a{__name__=\"b\"} 1", "a\u{0} 1",
        ])
    func refused(line: String) {
        #expect(fault("good 1\n\(line)\ngood_too 2\n")?.hasPrefix("line 2 ") == true)
    }

    @Test("Invalid UTF-8 in a label is refused, and in a remark passed over")
    func invalidUTF8() throws {
        var reader = SampleReader(limit: 10)
        let good = Array("# ".utf8) + [0xff] + Array("\na 1\n".utf8)
        let goodSpan = good.span.bytes
        try reader.read(goodSpan, .text)
        #expect(samples(reader) == ["a 1"])
        let bad = Array("a{x=\"".utf8) + [0xff] + Array("\"} 1\n".utf8)
        let badSpan = bad.span.bytes
        var what: String?
        do throws(SampleFault) { try reader.read(badSpan, .text) } catch { what = error.what }
        #expect(what == "isn't UTF-8")
    }

    @Test("Series beyond the limit and lines that are too long are left out and counted, the first series stay")
    func limits() throws {
        var reader = SampleReader(limit: 3)
        let long = "long{x=\"" + String(repeating: "x", count: SampleReader.longestLine) + "\"} 1"
        try reader.read("a 1\n\(long)\nb 2\nc 3\nd 4\ne 5\n")
        #expect(samples(reader) == ["a 1", "b 2", "c 3"] && reader.rest.leftOut == 3)
        // Which those are doesn't hang on what was read before.
        try reader.read("e 5\nd 4\nc 3\nb 2\n")
        #expect(samples(reader) == ["e 5", "d 4", "c 3"] && reader.rest.leftOut == 1)
    }

    @Test("A series without labels whose name is Sonde's own is a duplicate, one with labels isn't")
    func own() throws {
        var reader = SampleReader(limit: 10)
        for _ in 0..<2 {
            try reader.read("a 1\nup 0\nup{} 0\nup{job=\"x\"} 0\nscrape_duration_seconds 5\nscrape_other 1\nb 2\n")
            #expect(samples(reader) == ["a 1", #"up{"job":"x"} 0"#, "scrape_other 1", "b 2"] && reader.rest.duplicates == 3)
        }
    }

    @Test("An answer of one series over and over is read to a bound, and the rest is counted as left out")
    func repeated() throws {
        var reader = SampleReader(limit: 10)
        for _ in 0..<2 {
            try reader.read(String(repeating: "a 1\n", count: 1000) + "b 1\n")
            #expect(samples(reader) == ["a 1"] && reader.rest == SampleReader.Rest(duplicates: 19, leftOut: 981))
        }
    }

    @Test(
        "A reader that knows series reads each answer as a new one does, also when lines change their order and their family",
        arguments: [1, 2, 3] as [UInt64])
    func known(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        var reader = SampleReader(limit: 12)
        let lines = [
            "a 1", "a{} 2", "a{x=\"1\"} 3", "a {x=\"1\"} 4", "a{x=\"1\",y=\"2\"} 5", "a{y=\"2\", x=\"1\"}\t6", "ab 7", "a_sum 8",
            "a_count 9",
            "# TYPE a gauge", "# TYPE a summary", "# TYPE ab counter", "# HELP b x", "", "b 1", "b_total 2", "{\"b\"} 3",
        ]
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0..<30, using: &random)).map { _ in lines.randomElement(using: &random) ?? "" }.joined(
                separator: "\n")
            var fresh = SampleReader(limit: 12)
            try fresh.read(text)
            try reader.read(text)
            #expect(samples(reader) == samples(fresh) && reader.rest == fresh.rest, "\(text)")
        }
    }

    @Test("What a target tells no longer is forgotten: memory is bounded")
    func forgets() throws {
        var reader = SampleReader(limit: 20)
        for round in 0..<200 {
            try reader.read((0..<10).map { "metric_\(round)_\($0) 1\n" }.joined())
            #expect(reader.samples.count == 10 && reader.book.series.count <= 60)
        }
    }
}

@Suite("Fuzz: answers of scraped targets") struct SampleFuzzTests {
    private static let text = Array(
        """
        # HELP a Some \\n help.
        # TYPE a histogram
        a_bucket{le="0.5",x="\\"\\\\"} 1 1395066363000
        a_bucket{le="+Inf",x="ü"} 1.5e+07
        a_sum NaN
        {"b.c","d e"="f"} -0.25
        """.utf8)
    private static let openMetrics = Array(
        """
        # TYPE a counter
        # UNIT a seconds
        a_total{x="1"} 17 1520879607.789 # {trace="x"} 9.8 1520879607
        a_created 1520430000.123
        # EOF

        """.utf8)

    @Test("Any answer is read or refused, and what is read stands in its row", arguments: [SampleFormat.text, .openMetrics])
    func answers(format: SampleFormat) async {
        var reader = SampleReader(limit: 50)
        let target = EncodedText("t")
        await Fuzz.run("samples", [Self.text, Self.openMetrics], count: 4000) { one in
            let input = one.input
            let span = input.span.bytes
            try reader.read(span, format)
            var fresh = SampleReader(limit: 50)
            try fresh.read(span, format)
            #expect(samples(reader) == samples(fresh), "\(one.text)")
            var rows = TickRows()
            var account = ScrapeAccount()
            account.isUp = true
            rows.append(account, reader, target: target, age: 0, instant: 0, room: 1 << 20)
            let text = rows.withRows(.metric) { bytes in bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
            let json = Array("{\"rows\":[\(text)]}".utf8)
            let jsonSpan = json.span.bytes
            let isValid = (try? JSONValue.object(jsonSpan)) != nil
            #expect(isValid, "\(one.text)")
        }
    }
}
