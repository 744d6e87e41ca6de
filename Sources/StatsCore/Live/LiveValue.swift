/// A value of a live object, in the JSON of the stream.
package enum LiveValue: Equatable, Sendable {
    /// The kernel, the engine or the agent didn't say.
    case unknown
    case text(String)
    case number(Double)
    case flag(Bool)
    case counts([String: UInt64])

    package init(_ text: String?) { self = text.map { .text($0) } ?? .unknown }
    package init(_ number: Double?) { self = number.map { .number($0) } ?? .unknown }
    package init(_ flag: Bool?) { self = flag.map { .flag($0) } ?? .unknown }
    package init(_ count: (some BinaryInteger)?) { self = count.map { .number(Double($0)) } ?? .unknown }
    package init(_ counts: [String: UInt64]?) { self = counts.map { .counts($0) } ?? .unknown }

    package var number: Double? { if case .number(let number) = self { number } else { nil } }
    package var text: String? { if case .text(let text) = self { text } else { nil } }

    package func write(to out: inout ByteWriter) {
        switch self {
        case .unknown: out.append("null")
        case .text(let text): out.append(jsonString: text.utf8.span.bytes)
        case .number(let number): out.append(decimal: number)
        case .flag(let flag): out.append(flag ? "true" : "false")
        case .counts(let counts):
            out.append(UInt8(ascii: "{"))
            for (index, (name, count)) in counts.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                out.append(jsonString: name.utf8.span.bytes)
                out.append(UInt8(ascii: ":"))
                out.append(decimal: count)
            }
            out.append(UInt8(ascii: "}"))
        }
    }
}

/// How finely a value is told: coarser than it is measured, so that what hardly moves counts as unchanged.
package enum LiveRounding: Sendable {
    case exact, whole, tenths
    /// Of bytes.
    case wholeKiB

    package func callAsFunction(_ value: Double) -> Double {
        switch self {
        case .exact: value
        case .whole: value.rounded()
        case .tenths: (value * 10).rounded() / 10
        case .wholeKiB: (value / 1024).rounded() * 1024
        }
    }
}
