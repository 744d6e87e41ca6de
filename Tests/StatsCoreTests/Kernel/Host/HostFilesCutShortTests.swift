import TestSupport
import Testing

@testable import StatsCore

@Suite("Host kernel files that are cut short or damaged") struct HostFilesCutShortTests {
    @Test("A file cut short at any byte yields true values or none", arguments: HostFixture.all, HostKernelFile.allCases)
    func cutShort(fixture: HostFixture, file: HostKernelFile) throws {
        guard let content = fixture.bytes(file) else { return }
        let whole = file.cells(content)
        #expect(!whole.isEmpty)
        var before = 0
        // Cuts within the many similar lines in the middle of a large file would test nothing new.
        let cuts = (0...content.count).filter { content.count < 3000 || $0 < 1200 || $0 > content.count - 1200 || $0 % 23 == 0 }
        for cut in cuts {
            let cells = file.cells(Array(content[..<cut]))
            for (cell, value) in cells where whole[cell] != value {
                Issue.record("cut at \(cut): \(cell) is \(value) instead of \(whole[cell] ?? "absent")")
            }
            #expect(cells.count >= before, "cut at \(cut): a value that was there is gone")
            before = cells.count
        }
        #expect(before == whole.count)
    }

    @Test("Damaged bytes never trap", arguments: HostKernelFile.allCases)
    func damaged(file: HostKernelFile) throws {
        let content = try #require(HostFixture(name: "linux-6.18").bytes(file))
        var random = SeededRandom(state: 20_260_101)
        for _ in 0..<300 {
            var damaged = content
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = file.cells(damaged)
        }
        for _ in 0..<50 {
            let noise = (0..<500).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = file.cells(noise)
        }
        #expect(file.cells([]).isEmpty)
    }

    @Test("A number that does not fit is absent, and so is all that stands behind it")
    func tooLarge() {
        let line = "cpu  1 99999999999999999999 3 4\nctxt 12x\nprocesses -1\nprocs_running 5\n"
        let cells = HostKernelFile.stat.cells(Array(line.utf8))
        #expect(cells == ["host/cpu_user_us": "10000", "host/procs_running": "5"])
    }
}
