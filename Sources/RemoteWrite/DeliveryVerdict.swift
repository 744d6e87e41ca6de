import NIOCore
import NIOHTTP1
import StatsCore

/// What follows from a target's answer to a request (the specifications of remote write 1.0 and 2.0, "Retries & Backoff").
enum DeliveryVerdict: Equatable {
    /// - Parameter written: of how many samples the target says that it has them; `nil` where it says nothing.
    case taken(written: Int?)
    /// It has it but for some points, or has a word to say of it.
    case partly(Part, reason: String)
    /// The target can't take it now.
    case later(after: Duration?, reason: String)
    /// It doesn't know this version of the protocol.
    case otherVersion
    /// It wants a part of it, or a smaller request.
    case split(reason: String)
    /// It will never take it.
    case refused(reason: String)

    /// What a target says of a part: version 2.0 what it has, OTLP what it doesn't take.
    enum Part: Equatable {
        case written(Int), rejected(Int)

        func written(of samples: Int) -> Int {
            switch self {
            case .written(let count): min(max(count, 0), samples)
            case .rejected(let count): samples - min(max(count, 0), samples)
            }
        }
    }

    /// No target is waited for longer, whatever it says (seconds).
    static let longestWait = 300.0

    init(_ answer: HTTPAnswer, to protocol: RemoteWriteProtocol) {
        guard `protocol` != .otlp else {
            self.init(otlp: answer)
            return
        }
        let written = answer.head.headers.first(name: "X-Prometheus-Remote-Write-Samples-Written").flatMap { Int($0) }
        let reason = Self.reason(answer)
        switch answer.status {
        case 200..<300 where Self.isPage(answer): self = Self.page(answer)
        case 200..<300:
            // Who speaks 2.0 says what it has written; others may have taken the message for one of 1.0, and found nothing in it.
            self = `protocol` == .two && written == nil ? .otherVersion : .taken(written: written)
        case 300..<400: self = Self.redirect(answer)
        case 415 where `protocol` == .two: self = .otherVersion
        // 401 to 407 are of the URL, of who may write there, or of a proxy, and say nothing of the samples. The protocol has them dropped; as with vmagent they wait until the mistake is mended.
        case 401, 403, 404, 405, 407, 408, 429, 500...: self = .later(after: Self.wait(answer), reason: reason)
        // A part of it was written.
        case 400 where `protocol` == .two && (written ?? 0) > 0: self = .partly(.written(written ?? 0), reason: reason)
        case 400, 413, 422: self = .split(reason: reason)
        default: self = .refused(reason: reason)
        }
    }

    /// OpenTelemetry's protocol ("OTLP Specification", "OTLP/HTTP Response") names what is asked again, and gives a part up.
    private init(otlp answer: HTTPAnswer) {
        let body = OTLPAnswer(Array(answer.body.readableBytesView), isTaken: answer.status < 300)
        let words = body.message.isEmpty ? Self.reason(answer) : "\(Self.words(answer)): \(PlainText.cut(body.message, to: 300))"
        switch answer.status {
        case 200..<300 where Self.isPage(answer): self = Self.page(answer)
        case 200..<300 where body.rejected == 0 && body.message.isEmpty: self = .taken(written: nil)
        case 200..<300: self = .partly(.rejected(body.rejected), reason: words)
        case 300..<400: self = Self.redirect(answer)
        case 401, 403, 404, 405, 407, 429, 502, 503, 504: self = .later(after: Self.wait(answer), reason: words)
        default: self = .refused(reason: words)
        }
    }

    /// Whoever that is, it says nothing of the samples: they wait until the receiver is there.
    private static func page(_ answer: HTTPAnswer) -> DeliveryVerdict {
        .later(after: nil, reason: "it answers \(answer.status) with a page of HTML: is the URL that of a receiver of metrics?")
    }

    private static func redirect(_ answer: HTTPAnswer) -> DeliveryVerdict {
        let place = answer.head.headers.first(name: "Location").map { PlainText.cut(String($0.prefix { $0 != "?" }), to: 200) }
        return .later(after: nil, reason: "it redirects, which is not followed" + (place.map { ": it names \($0)" } ?? ""))
    }

    private static func isPage(_ answer: HTTPAnswer) -> Bool {
        String(buffer: answer.body).first { !$0.isWhitespace } == "<"
    }

    /// `Retry-After` in seconds; a date is none of these, as no receiver sends one.
    private static func wait(_ answer: HTTPAnswer) -> Duration? {
        let seconds = answer.head.headers.first(name: "Retry-After").flatMap { Double($0) }
        return seconds.flatMap { $0 >= 0 ? .seconds(min($0, longestWait)) : nil }
    }

    private static func words(_ answer: HTTPAnswer) -> String { "it answers \(answer.status) \(answer.head.status.reasonPhrase)" }

    /// The status, and the begin of the text behind it if that is for people.
    private static func reason(_ answer: HTTPAnswer) -> String {
        let words = words(answer)
        var text = String(buffer: answer.body).drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        guard !text.isEmpty, !text.hasPrefix("<") else { return text.isEmpty ? words : "\(words), with a page of HTML" }
        return "\(words): \(PlainText.cut(String(text), to: 300))"
    }
}
