/// In which protocol a receiver is told: a version of remote write (prometheus.io, "Prometheus Remote-Write 1.0 specification" and "2.0"), or OpenTelemetry's
/// (opentelemetry.io, "OTLP Specification", over HTTP).
package enum RemoteWriteProtocol: String, Sendable, CaseIterable, Equatable {
    case one = "1.0"
    case two = "2.0"
    case otlp

    package var contentType: String {
        self == .two ? "application/x-protobuf;proto=io.prometheus.write.v2.Request" : "application/x-protobuf"
    }

    package var contentEncoding: String { self == .otlp ? "gzip" : "snappy" }

    /// The value of `X-Prometheus-Remote-Write-Version`.
    package var header: String? {
        switch self {
        case .one: "0.1.0"
        case .two: "2.0.0"
        case .otlp: nil
        }
    }
}
