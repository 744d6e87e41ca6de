import HummingbirdCore
import NIOCore

/// What one client of the control port may take.
struct ControlLimits: Sendable {
    /// How many connections are kept; beyond, the one that waits longest for its client is closed.
    var connections = 128
    /// How many there are while some are being closed.
    var connectionsInAll: Int { 2 * connections }
    /// How long a connection may be without a whole head of a request.
    var idle = TimeAmount.seconds(60)
    /// How long the body of a request may take.
    var request = TimeAmount.seconds(60)
    /// How many bytes of a body are read.
    var body = 1 << 20
    /// How long a connection lives on after a request that broke a limit, so that its client can read why.
    var farewell = TimeAmount.seconds(2)

    /// The longest line is a start with a long name and a note, both percent-encoded: less than 20 KiB. swift-nio stops reading at these limits,
    /// whatever still comes, and hummingbird answers 400.
    static var decoder: HTTP1Channel.Configuration.DecoderConfiguration {
        .init(maxHeaderFieldSize: 32 * 1024, maxHeaderListSize: 64 * 1024, maxHeaderFieldCount: 100)
    }
}
