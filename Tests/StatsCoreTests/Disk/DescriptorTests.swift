import Testing

@testable import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("An open file") struct DescriptorTests {
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
