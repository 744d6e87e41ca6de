import Glibc

/// How often the agent allocates in a tick: the calls of malloc and similar functions, counted by a preloaded library.
struct Allocations {
    /// In the median tick.
    let perTick: Double
    let cells: Int

    /// Allocations for each additional value, from two hosts that differ only in the number of containers.
    static func slope(from few: Allocations, to many: Allocations) -> Double {
        (many.perTick - few.perTick) / Double(many.cells - few.cells)
    }

    static func measure(_ setting: Setting, containers: Int, ticks: Int = 50) throws -> Allocations {
        let library = try build(setting)
        let counter = try SharedCounter(setting.scratch.file("allocations"))
        let agent = try AgentUnderTest(
            setting, containers: containers,
            environment: ["LD_PRELOAD": library, "ALLOCATION_COUNTER": setting.scratch.file("allocations")])
        defer { agent.stop() }
        var counts: [UInt64] = []
        try agent.record(ticks: ticks, interval: 200 * Clock.millisecond) { tick in
            if tick >= -1 { counts.append(counter.value) }
        }
        let steps = zip(counts.dropFirst(), counts).map { Double($0 - $1) }
        guard quantile(steps, 1) > 0 else { throw BenchmarkError("no allocation was counted: the counting library was not loaded") }
        return Allocations(perTick: quantile(steps, 0.5), cells: try agent.lastTick().cells)
    }

    private static func build(_ setting: Setting) throws -> String {
        let library = setting.scratch.file("liballocationcounter.so")
        try Child.run(
            ["cc", "-shared", "-fPIC", "-O2", "-o", library, "\(setting.root)/Benchmarks/AllocationCounter/AllocationCounter.c"],
            log: setting.scratch.file("cc.log"))
        return library
    }
}

/// A number in a file that another process has mapped and increments.
private final class SharedCounter {
    private let page: UnsafeMutableRawPointer

    init(_ path: String) throws {
        let file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchmarkError.system("cannot make \(path)") }
        defer { close(file) }
        guard ftruncate(file, 4096) == 0, let page = mmap(nil, 4096, PROT_READ, MAP_SHARED, file, 0), page != MAP_FAILED else {
            throw BenchmarkError.system("cannot map \(path)")
        }
        self.page = page
    }

    deinit { munmap(page, 4096) }

    var value: UInt64 { page.load(as: UInt64.self) }
}
