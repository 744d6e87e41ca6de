/// All keys of log metadata.
enum LogKey {
    static let run = "run"
    static let node = "node"
    static let agent = "agent"
    static let peer = "peer"
    static let user = "uid"
    static let reason = "reason"
    static let file = "file"
    static let bytes = "bytes"
    static let frames = "frames"
    /// How many lines of the same kind were held back.
    static let held = "held_back"
    /// How far the wall clock is ahead.
    static let ahead = "ahead"
}
