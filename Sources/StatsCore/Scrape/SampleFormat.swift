/// How a target writes its samples.
package enum SampleFormat: Sendable {
    /// Prometheus' text format 0.0.4.
    case text
    /// OpenMetrics 1.0.
    case openMetrics

    /// What a request accepts, the better one first.
    package static let accept = "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.8,*/*;q=0.1"

    /// - Parameter contentType: as the answer says it; one that says nothing is text.
    /// - Returns: `nil` for what is neither, such as a page.
    package init?(contentType: String?) {
        let type = contentType?.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased() ?? ""
        switch type {
        case "application/openmetrics-text": self = .openMetrics
        case "text/plain", "": self = .text
        default: return nil
        }
    }
}

/// Why an answer isn't read: nothing of it is then, as Prometheus does.
package struct SampleFault: Error, Equatable, CustomStringConvertible {
    /// From 1.
    package var line = 0
    package let what: String

    init(_ what: String) { self.what = what }

    func at(_ line: Int) -> SampleFault {
        var fault = self
        fault.line = line
        return fault
    }

    package var description: String { "line \(line) \(what)" }
}

/// What a `TYPE` line may say of a family.
package enum SampleType: UInt8, Sendable, CaseIterable {
    case unknown, counter, gauge, histogram, summary, gaugehistogram, info, stateset

    package static let encoded = allCases.map { EncodedText("\($0)") }

    /// - Parameter name: as the line says it.
    init?(_ name: RawSpan, _ format: SampleFormat) {
        let word = ByteCursor(name)
        let all = 0..<name.byteCount
        if word.matches(all, "counter") {
            self = .counter
        } else if word.matches(all, "gauge") {
            self = .gauge
        } else if word.matches(all, "histogram") {
            self = .histogram
        } else if word.matches(all, "summary") {
            self = .summary
        } else if word.matches(all, "gaugehistogram") {
            self = .gaugehistogram
        } else if word.matches(all, "info") {
            self = .info
        } else if word.matches(all, "stateset") {
            self = .stateset
        } else if word.matches(all, format == .text ? "untyped" : "unknown") || word.matches(all, "unknown") {
            self = .unknown
        } else {
            return nil
        }
    }

    /// What stands behind a family's name in the names of its samples.
    func suffixes(_ format: SampleFormat) -> [StaticString] {
        switch (format, self) {
        case (.text, .summary): ["", "_count", "_sum"]
        case (.text, .histogram): ["_count", "_sum", "_bucket"]
        case (.openMetrics, .counter): ["_total", "_created"]
        case (.openMetrics, .summary): ["", "_count", "_sum", "_created"]
        case (.openMetrics, .histogram): ["_count", "_sum", "_bucket", "_created"]
        case (.openMetrics, .gaugehistogram): ["_gcount", "_gsum", "_bucket"]
        case (.openMetrics, .info): ["_info"]
        default: [""]
        }
    }
}
