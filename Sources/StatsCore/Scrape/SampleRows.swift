/// What an answer was like as a whole.
package struct ScrapeAccount: Sendable {
    package var isUp = false
    /// From the request to the answer's end, in microseconds.
    package var duration: UInt64 = 0
    package var bytes = 0
    package var rest = SampleReader.Rest()
    package var samples = 0

    package init() {}
}

extension TickRows {
    /// Appends the rows of a target's answer: what Sonde says of it, and its samples.
    ///
    /// - Parameters:
    ///   - reader: which has read the answer, if there was one that could be read.
    ///   - age: how long before the tick's instant the target was asked, in microseconds.
    ///   - instant: of the tick on the wall clock, microseconds since 1970: a sample's timestamp is compared with it.
    ///   - room: how many bytes of rows there may be. Samples beyond them are left out.
    package mutating func append(
        _ account: ScrapeAccount, _ reader: SampleReader, target: EncodedText, age: Int64, instant: Int64, room: Int
    ) {
        var account = account
        var reading = ScrapedReading()
        (reading.target, reading.sampleAge) = (target, age)
        var count = 0
        if account.isUp {
            var left = room
            for sample in reader.samples {
                let series = reader.series(sample.series)
                left -= target.json.count + series.name.json.count + series.labels.json.count + 64
                if left < 0 { break }
                count += 1
            }
            account.rest.leftOut += reader.samples.count - count
            account.samples = reader.samples.count + reader.rest.leftOut + reader.rest.duplicates
        }
        append(account, &reading)
        guard count > 0 else { return }
        for sample in reader.samples.prefix(count) {
            let series = reader.series(sample.series)
            (reading.name, reading.labels, reading.type) = (series.name, series.labels, SampleType.encoded[Int(series.type.rawValue)])
            (reading.value, reading.notFinite) = (nil, nil)
            switch sample.value {
            case .number(let number): reading.value = number
            case .nan: reading.notFinite = OwnSeries.nan
            case .plusInfinity: reading.notFinite = OwnSeries.plusInfinity
            case .minusInfinity: reading.notFinite = OwnSeries.minusInfinity
            }
            reading.sampleAge = sample.timestamp.map { instant.saturatingSubtracting($0) } ?? age
            append(reading)
        }
    }

    /// The names are Prometheus', where it has one.
    private mutating func append(_ account: ScrapeAccount, _ reading: inout ScrapedReading) {
        (reading.labels, reading.type) = (OwnSeries.noLabels, SampleType.encoded[Int(SampleType.gauge.rawValue)])
        reading.name = OwnSeries.up
        reading.value = NumberText(account.isUp ? 1 : 0)
        append(reading)
        reading.name = OwnSeries.duration
        reading.value = NumberText(seconds: account.duration)
        append(reading)
        reading.name = OwnSeries.samples
        reading.value = NumberText(account.samples)
        append(reading)
        reading.name = OwnSeries.bytes
        reading.value = NumberText(account.bytes)
        append(reading)
        reading.name = OwnSeries.leftOut
        reading.value = NumberText(account.rest.leftOut)
        append(reading)
        reading.name = OwnSeries.duplicates
        reading.value = NumberText(account.rest.duplicates)
        append(reading)
    }
}

/// What Sonde says itself of a target, by series without labels.
enum OwnSeries {
    static let up = EncodedText("up")
    static let duration = EncodedText("scrape_duration_seconds")
    static let samples = EncodedText("scrape_samples_scraped")
    static let bytes = EncodedText("scrape_body_size_bytes")
    static let leftOut = EncodedText("scrape_samples_left_out")
    static let duplicates = EncodedText("scrape_samples_duplicate")
    static let names = [up, duration, samples, bytes, leftOut, duplicates]

    static let noLabels = EncodedText("{}")
    static let nan = EncodedText("NaN")
    static let plusInfinity = EncodedText("+Inf")
    static let minusInfinity = EncodedText("-Inf")
}
