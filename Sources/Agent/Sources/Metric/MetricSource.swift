import Logging
import NIOCore
import NIOHTTP1
import StatsCore

/// Reads the metrics of one target of `--scrape`.
///
/// A tick waits for a target that answers in time. One that didn't is asked on, and no tick waits for it until it does: so a target that hangs delays nothing.
struct MetricSource: ~Copyable {
    struct Limits: Sendable {
        /// How many series are read of an answer.
        var series: Int
        /// How many bytes of rows there may be in a tick.
        var rowBytes: Int

        /// A tick has to fit in a frame with the rows of all targets, and with those of the other sources.
        init(series: Int, targets: Int) {
            self.series = series
            rowBytes = Frame.limit / 2 / max(targets, 1)
        }
    }

    private let target: ScrapeTarget
    private let name: EncodedText
    private let limits: Limits
    private let client: ScrapeClient
    private let logger: Logger
    private var reader: SampleReader
    private var telling = Telling()
    private var isAsking = false
    /// Whether the last answer came in time, so that ticks wait for the next one.
    private var isPrompt = true
    /// Why there is no answer, if there is none; nothing is known before the first.
    private var problem: String?
    /// Whether the log says that the target is away.
    private var isToldAway = false
    private var loggedAt: UInt64?
    /// At most so often, in nanoseconds, the log says that the target is away.
    private let logInterval: UInt64

    init(
        _ target: ScrapeTarget, limits: Limits, group: any EventLoopGroup, logger: Logger, logInterval: UInt64 = 60_000_000_000,
        look: @escaping @Sendable (String, Int) -> NameLookup.Answer = NameLookup.system
    ) {
        self.target = target
        self.limits = limits
        self.logger = logger
        self.logInterval = logInterval
        name = EncodedText(target.name)
        client = ScrapeClient(target, group: group, look: look)
        reader = SampleReader(limit: limits.series)
    }
}

extension MetricSource: Source {
    mutating func read(_ tick: TickContext, into rows: inout TickRows) {
        let asked = Clocks.monotonic()
        var account = ScrapeAccount()
        let found = take(ask(tick, at: asked), asked: asked, &account)
        // Reading the answer took the time that there was.
        if Clocks.monotonic() > tick.deadline { isPrompt = false }
        tell(found, tick, &rows)
        log(found)
        if found != nil { rows.readErrors += 1 }
        let sinceTick = Int64(bitPattern: asked &- tick.instant) / 1000
        let wall = (Clocks.wall() - Int64(bitPattern: Clocks.monotonic() &- tick.instant)) / 1000
        rows.append(account, reader, target: name, age: -sinceTick, instant: wall, room: limits.rowBytes)
    }

    /// - Returns: `nil` where the target is too slow to be waited for.
    private mutating func ask(_ tick: TickContext, at asked: UInt64) -> ScrapeClient.Outcome? {
        if isAsking {
            guard let late = client.outcome(by: nil) else { return nil }
            isAsking = false
            // It was asked at another tick: what it says counts for the next one that asks.
            if case .timeout = late { isPrompt = false } else { isPrompt = true }
        }
        let deadline = max(min(tick.deadline, asked + tick.interval / 3 * 2), asked + 1_000_000)
        client.ask(within: deadline - asked)
        isAsking = true
        guard isPrompt else { return nil }
        let outcome = client.outcome(by: deadline)
        switch outcome {
        case nil: isPrompt = false
        case .timeout:
            (isPrompt, isAsking) = (false, false)
        case .answer, .failed: isAsking = false
        }
        return outcome
    }

    /// Reads an answer.
    /// - Returns: why that can't be done; `nil` when it was.
    private mutating func take(_ outcome: ScrapeClient.Outcome?, asked: UInt64, _ account: inout ScrapeAccount) -> String? {
        switch outcome {
        case nil, .timeout: return "it doesn't answer in time"
        case .failed(let reason): return reason
        case .answer(let answer, let end):
            account.duration = (end &- asked) / 1000
            account.bytes = answer.body.readableBytes
            let headers = answer.head.headers
            guard answer.status == 200 else {
                return (300..<400).contains(answer.status)
                    ? "it answers \(answer.status) and sends elsewhere, which isn't followed: name that URL" : "it answers \(answer.status)"
            }
            if let encoding = headers.first(name: "Content-Encoding"), encoding.lowercased() != "identity" {
                return "its answer is compressed (\(PlainText.cut(encoding, to: 32))), which it wasn't asked for"
            }
            let type = headers.first(name: "Content-Type")
            guard let format = SampleFormat(contentType: type) else {
                return "its answer is \(PlainText.cut(type ?? "", to: 64)), not metrics: is the path right?"
            }
            do throws(SampleFault) {
                try reader.read(answer.body.readableBytesSpan, format)
            } catch {
                return "its answer can't be read: \(error)"
            }
            account.isUp = true
            account.rest = reader.rest
            return nil
        }
    }

    /// Tells of the target once when it goes away or comes back, and in each run that begins while it is away.
    private mutating func tell(_ found: String?, _ tick: TickContext, _ rows: inout TickRows) {
        let (isAnew, _) = telling.follow(tick)
        let isChange = (found == nil) != (problem == nil)
        problem = found
        guard isChange || isAnew && found != nil else { return }
        var event = EventReading()
        event.kind = EncodedText(found == nil ? "target back" : "target away")
        event.message = EncodedText(found.map { "\(target.name): \($0)" } ?? target.name)
        rows.append(event)
    }

    /// Logs what lasts: a target that comes and goes all the time fills no log, and one that stays away is named however short it was back.
    private mutating func log(_ found: String?) {
        guard let found else {
            if isToldAway { logger.info("the target is back", metadata: ["target": "\(target.name)"]) }
            isToldAway = false
            return
        }
        let now = Clocks.monotonic()
        if isToldAway { return }
        if let loggedAt, now - loggedAt < logInterval { return }
        (isToldAway, loggedAt) = (true, now)
        logger.warning(
            "the target of --scrape has no metrics to record",
            metadata: ["target": "\(target.name)", "url": "\(target.shownURL)", "reason": "\(found)"])
    }
}
