import StatsCore

/// Names of the host's users, by its passwd file alone: nobody is asked who may be away, as NSS does with a directory of users. Source: passwd(5).
///
/// Confined to one thread.
final class UserNames {
    private let paths: [String]
    private var known: [UInt64: EncodedText?] = [:]
    private var lookedAt: UInt64?
    private var stamp: FileStamp?

    /// How long a name is believed before it is seen whether the file has changed, in nanoseconds.
    private static let lookInterval: UInt64 = 10_000_000_000
    /// Whoever may have many users must not fill the memory with them.
    private static let mostKnown = 10_000
    /// Bytes; a file of 100,000 users has six million.
    private static let longest = 64 << 20

    /// Process 1's root directory is the host's, also for an agent in a container that shares the host's pid namespace; who may not trace it can't
    /// look into it, and has its own file: Sonde's images have none.
    init(roots: KernelRoots) {
        let hostRoot = "\(roots.proc)/1/root"
        paths = ["\(hostRoot)/etc/passwd"] + (roots.isLocal ? ["/etc/passwd"] : [])
    }

    /// - Returns: `nil` for a user that the file doesn't name.
    func name(of uid: UInt64) -> EncodedText? {
        forgetChanged()
        if let name = known[uid] { return name }
        if known.count >= Self.mostKnown { known.removeAll() }
        let name = look(for: uid)
        known[uid] = .some(name)
        return name
    }

    private func forgetChanged() {
        let now = Clocks.monotonic()
        if let lookedAt, now &- lookedAt < Self.lookInterval { return }
        lookedAt = now
        let found = paths.lazy.compactMap { FileStamp($0) }.first
        if found != stamp { known.removeAll() }
        stamp = found
    }

    private func look(for uid: UInt64) -> EncodedText? {
        for path in paths {
            guard let file = try? WholeFile(path, limit: Self.longest) else { continue }
            return Passwd.name(of: uid, in: file.bytes.span.bytes)
        }
        return nil
    }
}

/// Lines of passwd(5): `name:password:uid:gid:comment:home:shell`.
enum Passwd {
    /// - Returns: the first name that has this uid.
    static func name(of uid: UInt64, in bytes: RawSpan) -> EncodedText? {
        var cursor = ByteCursor(bytes)
        while !cursor.isAtEnd {
            let line = cursor.offset
            if let name = cursor.field(upTo: UInt8(ascii: ":")), !name.isEmpty, cursor.field(upTo: UInt8(ascii: ":")) != nil,
                cursor.decimal() == uid, cursor.peek == UInt8(ascii: ":"), name.lowerBound == line
            {
                return EncodedText(utf8: bytes.extracting(name))
            }
            cursor.skipLine()
        }
        return nil
    }
}
