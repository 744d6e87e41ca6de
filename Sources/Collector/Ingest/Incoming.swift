import StatsCore

/// A decoded message of an agent.
enum Incoming: Sendable {
    case hello(Hello)
    case tick(TickFrame)
    case gap(Gap)
    case fin(Fin)
    case ready(Ready)
    case ping(Ping)
    case environment(EnvironmentMessage)
    case error(Refusal)
    /// A type that this collector doesn't know, from a newer agent. It is ignored.
    case unknown

    /// Whether it carries nothing to be kept. An agent sends some of these a second.
    var isTalk: Bool {
        switch self {
        case .ping, .fin, .ready, .environment, .unknown: true
        case .hello, .tick, .gap, .error: false
        }
    }

    init(_ frame: RawSpan) throws(FrameError) {
        if let tick = TickFrame(plain: frame) {
            self = .tick(tick)
            return
        }
        switch try FrameEnvelope(frame).type {
        case "tick": self = .tick(try TickFrame(frame))
        case Ping.type: self = .ping(try Self.ping(frame))
        case Gap.type: self = .gap(try Gap(decoding: frame))
        case Fin.type: self = .fin(try Fin(decoding: frame))
        case Ready.type: self = .ready(try Ready(decoding: frame))
        case EnvironmentMessage.type: self = .environment(try EnvironmentMessage(decoding: frame))
        case Hello.type: self = .hello(try Hello(decoding: frame))
        case Refusal.type: self = .error(try Refusal(decoding: frame))
        default: self = .unknown
        }
    }

    private static func ping(_ frame: RawSpan) throws(FrameError) -> Ping {
        if let plain = Ping(plain: frame) { return plain }
        return try Ping(decoding: frame)
    }
}
