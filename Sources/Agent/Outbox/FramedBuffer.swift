import NIOCore
import StatsCore

extension ByteBuffer {
    /// A frame with its length in front; `build` appends the payload.
    init(framing build: (inout ByteBuffer) -> Void) {
        self.init()
        writeInteger(UInt32(0))
        build(&self)
        setInteger(UInt32(readableBytes - Frame.headerBytes), at: 0)
    }
}
