#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads the samples of one target's answers, as Prometheus' own Python client does. A series that was seen before costs no allocation.
package struct SampleReader: Sendable {
    package struct Sample: Sendable {
        /// Its place among `series`.
        package let series: Int
        package let value: NumberText.Parsed
        /// Microseconds since 1970, where the sample says it.
        package let timestamp: Int64?
    }

    /// What of an answer isn't among the samples.
    package struct Rest: Sendable, Equatable {
        /// Samples of a series that had one before in the same answer, or that is one of Sonde's own.
        package var duplicates = 0
        /// Samples beyond the limit, and of lines that are too long.
        package var leftOut = 0
    }

    /// Samples in lines of more bytes are left out.
    package static let longestLine = 8192

    package private(set) var samples: [Sample] = []
    package private(set) var rest = Rest()
    private(set) var book: SeriesBook
    private let limit: Int

    /// - Parameter limit: of the series that are read of an answer, the first ones.
    package init(limit: Int) {
        self.limit = limit
        book = SeriesBook(limit: limit)
    }

    func series(_ number: Int) -> SeriesBook.Series { book.series[number] }

    /// Reads an answer; `samples` are those of this one then, in its order.
    /// - Throws: `SampleFault` for one that is no answer in that format, of which nothing is read.
    package mutating func read(_ body: RawSpan, _ format: SampleFormat) throws(SampleFault) {
        samples.removeAll(keepingCapacity: true)
        rest = Rest()
        book.begin()
        var family = SampleFamily()
        var cursor = ByteCursor(body)
        var number = 0
        var hasEnded = false
        while !cursor.isAtEnd {
            number += 1
            let start = cursor.offset
            cursor.skipLine()
            let isLast = cursor.byte(cursor.offset - 1) != UInt8(ascii: "\n")
            let line = body.extracting(start..<(isLast ? cursor.offset : cursor.offset - 1))
            do throws(SampleFault) {
                if hasEnded { throw SampleFault("stands behind # EOF") }
                if try take(format == .text ? Self.stripped(line) : line, format, &family) { hasEnded = true }
            } catch {
                samples.removeAll(keepingCapacity: true)
                throw error.at(number)
            }
        }
        if format == .openMetrics, !hasEnded {
            samples.removeAll(keepingCapacity: true)
            throw SampleFault("isn't followed by # EOF: the answer is cut short").at(number)
        }
    }

    /// - Returns: whether nothing may follow.
    private mutating func take(_ line: RawSpan, _ format: SampleFormat, _ family: inout SampleFamily) throws(SampleFault) -> Bool {
        guard line.byteCount > 0 else {
            if format == .openMetrics { throw SampleFault("is empty") }
            return false
        }
        if line.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == UInt8(ascii: "#") {
            if format == .openMetrics, ByteCursor(line).matches(0..<line.byteCount, "# EOF") { return true }
            try family.take(line, format)
        } else if samples.count == limit || samples.count + rest.duplicates >= 2 * limit || line.byteCount > Self.longestLine {
            rest.leftOut += 1
        } else {
            try takeSample(line, format, &family)
        }
        return false
    }

    private mutating func takeSample(_ line: RawSpan, _ format: SampleFormat, _ family: inout SampleFamily) throws(SampleFault) {
        if let (spelling, end) = book.find(line, format), book.fits(spelling, &family) {
            // Where no value follows, labels may stand behind a blank.
            if let (value, timestamp) = SampleValue.read(line, from: end, format) { return note(spelling, value, timestamp) }
        }
        guard let end = SampleLabels.end(of: line, format) else { throw SampleFault("has labels that don't end") }
        guard book.hasRoom else {
            rest.leftOut += 1
            return
        }
        let spelling = try book.learn(line.extracting(0..<end), format, &family)
        guard let (value, timestamp) = SampleValue.read(line, from: end, format) else {
            throw SampleFault("has no value, or something behind it")
        }
        note(spelling, value, timestamp)
    }

    private mutating func note(_ spelling: Int, _ value: NumberText.Parsed, _ timestamp: Int64?) {
        guard !book.isOwn(spelling), let series = book.note(spelling) else {
            rest.duplicates += 1
            return
        }
        samples.append(Sample(series: series, value: value, timestamp: timestamp))
    }

    @_lifetime(copy line)
    private static func stripped(_ line: RawSpan) -> RawSpan {
        var (start, end) = (0, line.byteCount)
        while start < end, isSpace(line.unsafeLoad(fromByteOffset: start, as: UInt8.self)) { start += 1 }
        while end > start, isSpace(line.unsafeLoad(fromByteOffset: end - 1, as: UInt8.self)) { end -= 1 }
        return line.extracting(start..<end)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) || (0x1c...0x1f).contains(byte) }
}
