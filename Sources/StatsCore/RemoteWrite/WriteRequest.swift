/// A request of remote write, ready to be sent.
package struct WriteRequest: Sendable {
    package let `protocol`: RemoteWriteProtocol
    /// Which connection it takes: all that is of a node has the same, so that its samples stay in order.
    package let shard: Int
    /// The message: of remote write in Snappy's block format, of OTLP as it is.
    package let body: [UInt8]
    package let samples: Int

    package init(protocol: RemoteWriteProtocol, shard: Int, body: [UInt8], samples: Int) {
        (self.protocol, self.shard, self.body, self.samples) = (`protocol`, shard, body, samples)
    }
}
