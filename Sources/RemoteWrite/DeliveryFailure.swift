import NIOCore
import NIOPosix
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a target has not answered at all.
struct DeliveryFailure: Error, Equatable, CustomStringConvertible {
    /// One word for a counter.
    let reason: String
    let description: String

    init(reason: String, _ description: String) { (self.reason, self.description) = (reason, description) }

    init(_ error: any Error, _ target: WebAddress, _ proxy: ProxyChoice.Proxy?) {
        let place = proxy.map { "the proxy \($0.host):\($0.port)" } ?? target.authority
        switch error {
        case let failure as DeliveryFailure: self = failure
        case let failure as HTTPFailure: self.init(failure)
        case let refused as ProxyTunnel.Refused: self.init(reason: "proxy", refused.description)
        case ChannelError.connectTimeout: self.init(reason: "timeout", "\(place) doesn't answer")
        case let error as NIOConnectionError:
            let codes = error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }
            if codes.contains(ECONNREFUSED) {
                self.init(reason: "connection", "nobody listens at \(place)")
            } else if error.connectionErrors.isEmpty {
                self.init(reason: "name", "the name \(error.host) isn't known here")
            } else {
                self.init(reason: "connection", error.connectionErrors.map { "\($0.error)" }.first ?? "\(error)")
            }
        default: self.init(reason: "connection", SystemTLS.words("\(error)") ?? "\(error)")
        }
    }

    private init(_ failure: HTTPFailure) {
        switch failure.code {
        case .timeout: self.init(reason: "timeout", "it has not answered in time")
        case .closed: self.init(reason: "connection", "it closed the connection")
        case .tooLarge: self.init(reason: "answer", "its answer has no end: is the URL that of a remote-write receiver?")
        case .badAnswer:
            if let words = SystemTLS.words(failure.message) {
                self.init(reason: "tls", words)
            } else {
                self.init(reason: "answer", "its answer isn't HTTP: \(PlainText.cut(failure.message, to: 200))")
            }
        }
    }
}
