import Testing

@testable import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Writing until all is written") struct WholeWriteTests {
    @Test("Bytes that are taken in small parts, with signals in between, are written once each and in order")
    func parts() {
        let bytes = Array(0..<UInt8(100))
        var written: [UInt8] = []
        var calls = 0
        let failure = WholeWrite.all(bytes.span.bytes) { rest, offset in
            calls += 1
            guard calls % 3 != 0 else {
                errno = EINTR
                return -1
            }
            #expect(offset == written.count)
            written += rest.prefix(7)
            return min(7, rest.count)
        }
        #expect(failure == nil && written == bytes)
    }

    @Test("What keeps the rest from being written is told")
    func failures() {
        let full = WholeWrite.all([1, 2].span.bytes) { _, offset in
            errno = ENOSPC
            return offset == 0 ? 1 : -1
        }
        #expect(full == ENOSPC && WholeWrite.all([1].span.bytes) { _, _ in 0 } == EIO)
        #expect(WholeWrite.all([1].span.bytes, to: -1) == EBADF && WholeWrite.all([UInt8]().span.bytes, to: -1) == nil)
    }
}
