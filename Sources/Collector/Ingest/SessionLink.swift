import NIOCore

/// Carries orders to a session on its event loop.
struct SessionLink: SessionOrders {
    let loop: any EventLoop
    let handler: NIOLoopBound<SessionHandler>

    func post(_ order: SessionOrder, frame: ByteBuffer?) { perform { $0.carryOut(order, frame) } }

    func perform(_ body: @escaping @Sendable (SessionHandler) -> Void) {
        if loop.inEventLoop {
            body(handler.value)
        } else {
            loop.execute { body(handler.value) }
        }
    }
}
