/// What a spool or a queue found on its disk, or did there, that its owner should tell somebody.
package enum SpoolNotice: Sendable, Equatable, CustomStringConvertible {
    /// Nothing of a file can be read. It is kept as `renamed`; a queue, which has only so much room, removes it (nil).
    case unreadable(file: String, renamed: String?)
    /// Records between good ones can't be read.
    case damaged(file: String)
    /// A file ended in a record that was never written whole. It was cut to so many bytes.
    case torn(file: String, length: Int)
    /// The quota was reached: so many frames were dropped, the last of them `through`.
    case dropped(epoch: UInt64, frames: UInt64, through: UInt64)
    /// Records of a queue with these numbers can't be read, and are passed over.
    case lost(ClosedRange<UInt64>)

    package var description: String {
        switch self {
        case .unreadable(let file, let renamed?): "\(file) can't be read: it is kept as \(renamed), and its records are missing"
        case .unreadable(let file, nil): "\(file) can't be read: it is removed, and its records are missing"
        case .damaged(let file): "\(file) is damaged: the records that can't be read are missing"
        case .torn(let file, let length): "\(file) ends in a torn record, and is cut to \(length) bytes"
        case .dropped(_, let frames, let through): "there is no more room: the oldest \(frames) records, through \(through), are dropped"
        case .lost(let numbers): "the records \(numbers.lowerBound) to \(numbers.upperBound) are damaged, and are passed over"
        }
    }
}
