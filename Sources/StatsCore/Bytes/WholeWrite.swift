#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes all of some bytes: write(2) and pwrite(2) may take only a part of them, and a signal may come between.
package enum WholeWrite {
    /// Writes to a descriptor, where it stands.
    /// - Returns: the errno of what kept it from writing all; `nil` when nothing did.
    package static func all(_ bytes: RawSpan, to descriptor: Int32) -> Int32? {
        all(bytes) { rest, _ in write(descriptor, rest.baseAddress, rest.count) }
    }

    /// - Parameter part: writes some of the bytes that are left, of which the first has this offset, as the system calls do.
    static func all(_ bytes: RawSpan, by part: (_ rest: UnsafeRawBufferPointer, _ offset: Int) -> Int) -> Int32? {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = part(UnsafeRawBufferPointer(rebasing: bytes[done...]), done)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : EIO }
                done += count
            }
            return nil
        }
    }
}
