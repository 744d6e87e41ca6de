import Foundation
import StatsCore
import TestSupport
import Testing

/// The receiver in Tests/Integration/remote_write_receiver.py, which treats a request as its path says.
struct RemoteWriteReceiver {
    struct Request: Decodable {
        struct Series: Decodable {
            struct Point: Decodable {
                let milliseconds: Int64
                /// `nil` for the marker that ends a series.
                let value: Double?
                /// Since when it counts, in milliseconds since 1970; 0 where nobody says.
                let start: Int64

                init(from decoder: any Decoder) throws {
                    var fields = try decoder.unkeyedContainer()
                    milliseconds = try fields.decode(Int64.self)
                    value = try fields.decodeIfPresent(Double.self)
                    start = try fields.decode(Int64.self)
                }
            }
            let labels: [String: String]
            let points: [Point]
            let type: String?
            let help: String?
            /// Of OTLP alone.
            let unit: String?
            let resource: [String: String]?

            var name: String { labels["__name__"] ?? "" }
        }
        /// 3 is OTLP.
        let version: Int
        let series: [Series]
    }

    static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]
    private let directory: String
    private let port: UInt16

    /// - Throws: when there is no Python with protobuf and python-snappy.
    init(_ scene: Scene) async throws {
        let directory = try scene.makeDirectory("receiver")
        let python = try #require(Self.python)
        let child = try scene.start(python, [Checkout.tests + "/Integration/remote_write_receiver.py", directory])
        port = try await eventually("the receiver\n\(child.diary)") {
            if child.poll() != nil { throw Child.Failure(description: "the receiver has ended\n\(child.diary)") }
            return child.output.split(separator: "\n").first.flatMap { UInt16($0) }
        }
        self.directory = directory
    }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

    private func lines(_ name: String) -> [Substring] {
        let text = (try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)) ?? ""
        // Only whole lines: the last may be on its way.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    }

    /// What was wrong with any request, in words.
    var faults: [String] { lines("faults").map(String.init) }
    /// When requests came, in seconds of one clock.
    func moments(_ name: String) -> [Double] { lines("\(name).times").compactMap { Double($0) } }

    /// What was taken under a name.
    func requests(_ name: String) throws -> [Request] {
        try lines(name).map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
    }

    /// The instants in milliseconds at which a series has values.
    func instants(_ name: String, of metric: String, node: String) throws -> [Int64] {
        try requests(name).flatMap(\.series).filter { $0.name == metric && $0.labels["node"] == node }.flatMap(\.points)
            .filter { $0.value != nil }.map(\.milliseconds)
    }
}

extension RemoteWriteReport {
    /// What was dropped of values that nobody else has: a live tick that is older than a run's first one isn't.
    var lost: [String: UInt64] { dropped.filter { $0.key != "out_of_order" } }
}
