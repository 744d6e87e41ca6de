/// The keys of log metadata, all of them.
enum LogKey {
    static let run = "run"
    static let node = "node"
    static let agent = "agent"
    static let peer = "peer"
    static let reason = "reason"
    static let file = "file"
    static let bytes = "bytes"
    static let frames = "frames"
    /// Of the wall clock, by how much.
    static let ahead = "ahead"
}
