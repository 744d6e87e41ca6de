import Logging
import StatsCore

extension Logger {
    /// Writes what the spool tells of itself.
    func log(_ notice: SpoolNotice) {
        switch notice {
        case .unreadable(let file, let renamed):
            error(
                "a file of the spool can't be read: it is kept under another name, and its frames are missing",
                metadata: ["file": "\(file)", "renamed": "\(renamed ?? "")"])
        case .damaged(let file):
            error("a file of the spool is damaged: the frames that can't be read are missing", metadata: ["file": "\(file)"])
        case .torn(let file, let length):
            warning("a file of the spool ends in a torn frame, which is cut", metadata: ["file": "\(file)", "length": "\(length)"])
        case .dropped(let epoch, let frames, let through):
            warning(
                "the spool is full: its oldest frames are dropped, and their ticks named as a gap",
                metadata: ["epoch": "\(epoch)", "frames": "\(frames)", "through": "\(through)"])
        case .lost:
            // The uplink tells of frames of the spool that are damaged: only a queue says so by itself.
            warning("the spool lost frames", metadata: ["reason": "\(notice)"])
        }
    }
}
