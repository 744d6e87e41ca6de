import HTTPTypes
import HummingbirdCore
import NIOCore

/// The limits for clients of the control port.
struct ControlLimits: Sendable {
    /// How many connections are kept. Beyond it, the one that has waited longest for its client is closed.
    var connections = 128
    /// The most connections, with those that are being closed.
    var connectionsInAll: Int { 2 * connections }
    /// How long a connection may take to send a whole head of a request.
    var idle = TimeAmount.seconds(60)
    /// How long the body of a request may take.
    var request = TimeAmount.seconds(60)
    /// The most bytes of a body that are read.
    var body = 1 << 20
    /// How long a client may take nothing of an answer, and of the stream, which is of use only to who keeps up.
    var stall = TimeAmount.seconds(60)
    var streamStall = TimeAmount.seconds(10)
    /// How long a connection stays open after a request that broke a limit, so that its client can read why.
    var farewell = TimeAmount.seconds(2)

    /// The largest body of a request. Only `POST /command` needs one; elsewhere a small one is ignored.
    static let requestBody = 64 * 1024

    /// - Returns: `nil` for a file, which is read from the disk while its client takes it, and may be looked at page by page. A report is no file: it
    ///   waits in memory.
    func patience(for head: HTTPResponse) -> TimeAmount? {
        let type = head.headerFields[.contentType] ?? ""
        if type.hasPrefix("text/event-stream") { return streamStall }
        return head.headerFields[.contentDisposition] != nil && !type.hasPrefix("text/html") ? nil : stall
    }

    /// The longest line is a start with a long name and a note, both percent-encoded: less than 20 KiB. swift-nio stops reading at these limits,
    /// and hummingbird answers 400.
    static var decoder: HTTP1Channel.Configuration.DecoderConfiguration {
        .init(maxHeaderFieldSize: 32 * 1024, maxHeaderListSize: 64 * 1024, maxHeaderFieldCount: 100)
    }
}
