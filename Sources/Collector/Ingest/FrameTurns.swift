import NIOCore

/// The frames of one connection, of which one is done with before the next has its turn. While one waits (for the recorder, for room, for its time), later ones
/// wait behind it, and so does whoever wants to read on: nothing is read from the peer, so that TCP slows it down.
struct FrameTurns {
    /// Those that wait behind the one that is being done with.
    private var frames = CircularBuffer<ReceivedFrame>(initialCapacity: 1)
    private var isWaiting = false
    /// What is to be done again with the frame that waits.
    private var again: (() -> Void)?
    private var isReadHeld = false
    /// Whether the session is over, and the peer is only being told why.
    private(set) var isOver = false

    mutating func append(_ frame: ReceivedFrame) { frames.append(frame) }

    /// - Returns: `nil` while one waits, when there is none, and when the session is over.
    mutating func next() -> ReceivedFrame? { isWaiting || isOver ? nil : frames.popFirst() }

    /// The frame whose turn it is has to wait.
    /// - Parameter again: done when it needn't wait any more.
    mutating func wait(_ again: (() -> Void)? = nil) { (isWaiting, self.again) = (true, again) }

    /// Nothing waits any more.
    /// - Returns: what is to be done now.
    mutating func resume() -> (() -> Void)? {
        defer { (isWaiting, again) = (false, nil) }
        return isOver ? nil : again
    }

    /// Somebody wants to read on.
    /// - Returns: false when that has to wait until `mayReadOn`.
    mutating func read() -> Bool {
        isReadHeld = isReadHeld || !isIdle
        return isIdle
    }

    /// Whether somebody wanted to read on, and may now. Asked once, it is forgotten.
    mutating func mayReadOn() -> Bool {
        guard isReadHeld, isIdle else { return false }
        isReadHeld = false
        return true
    }

    /// The session is over. What the peer still sends is read, and has no turn.
    mutating func end() {
        isOver = true
        again = nil
        frames.removeAll()
    }

    private var isIdle: Bool { isOver || !isWaiting && frames.isEmpty }
}
