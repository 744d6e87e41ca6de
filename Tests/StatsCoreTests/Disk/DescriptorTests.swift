import TestSupport
import Testing

@testable import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("An open file") struct DescriptorTests {
    @Test("Whoever lets go of a lock doesn't hold it any more, also as long as a child that was just begun still has the descriptor")
    func lockOfAChild() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        do {
            let held = try Descriptor.directory(scratch.path)
            // What fork(2) makes of it.
            copies.append(dup(held.raw))
            let other = try Descriptor.directory(scratch.path)
            let (isHeld, isTwice) = (held.lock(), other.lock())
            #expect(isHeld && !isTwice)
        }
        let next = try Descriptor.directory(scratch.path)
        let isFree = next.lock()
        #expect(isFree)
    }

    #if DEBUG
        @Test(
            "One whose number somebody else has closed ends a debug build, which names it, before another file can be closed in its place")
        func closedElsewhere() async {
            let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                let root = try Descriptor.directory("/")
                close(root.raw)
                _ = consume root
            }
            let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
            #expect(said.contains("/ was open as") && said.contains("somebody else has closed"))
        }
    #endif
}
