/// How many instructions the collector needs for what it does most, as valgrind counts them: figures that hardly depend on the machine and on what else runs there.
///
/// Each figure is the difference between two phases of the same length, with the same agents, that differ in the number of frames alone. So what the start of the
/// program, the start and end of a run and the passing of time take is in neither.
struct Instructions {
    /// By the names in `Tests/Lab/instructions.txt`.
    let figures: KeyValuePairs<String, Double>

    private static let agents = 20
    private static let fullAgents = 2
    /// The length of a phase in seconds: a multiple of two, as the collector looks at all it has every two seconds.
    private static let phase = 6
    /// Under valgrind, the collector is about fifty times slower: an interval at which it keeps up all the same.
    private static let intervals = (few: 1500, many: 500)

    /// Why nothing can be counted here.
    static var obstacle: String? {
        ["valgrind", "vgdb", "objcopy"].first { !Machine.hasProgram($0) }.map { "\($0) is not there (Debian's valgrind and binutils)" }
    }

    static func measure(_ setting: Setting) throws -> Instructions {
        let tables = try Throughput.catalogue(setting)
        let counter = try InstructionCounter(setting)
        defer { counter.collector.stop() }

        let small = FleetLoad(tables: tables, shape: .small)
        let stage = try FleetStage(counter.collector, agents: agents, load: small, prefix: "small-")
        // What follows the handshakes is over then.
        try stage.run(seconds: 2)
        stage.fleet.isPinging = false
        let quiet = try counter.count { try stage.run(seconds: Double(phase)) }
        stage.fleet.isPinging = true
        let pinging = try counter.count(stage, of: \.pings) { try stage.run(seconds: Double(phase)) }
        stage.fleet.isLive = true
        // The first tick of each node makes what later ones find.
        try stage.run(seconds: 2)
        let live = try counter.count(stage, of: \.live) { try stage.run(seconds: Double(phase)) }
        stage.fleet.isLive = false
        let frame = try recorded(counter, stage)
        try stage.disconnect()

        let full = FleetLoad(tables: tables, shape: .full)
        let fullFrame = try recorded(counter, FleetStage(counter.collector, agents: fullAgents, load: full, prefix: "full-"))
        let value = (fullFrame - frame) / Double(full.cells - small.cells)
        let figures: KeyValuePairs = [
            "ping": Double(pinging.instructions - quiet) / Double(pinging.count),
            "live-frame": Double(live.instructions - pinging.instructions) / Double(live.count),
            "frame": frame,
            "value": value,
        ]
        for (name, figure) in figures where figure <= 0 {
            throw BenchmarkError("what \(name) takes could not be counted: the machine is so busy that the phases differ by more")
        }
        return Instructions(figures: figures)
    }

    /// Instructions for a recorded frame: a run with many frames, less one with few in the same time.
    private static func recorded(_ counter: InstructionCounter, _ stage: FleetStage) throws -> Double {
        func run(_ name: String, interval: Int) throws -> (instructions: Int, count: Int) {
            try counter.count(stage, of: \.frames) {
                let run = try FleetRecording.record(
                    stage.fleet, stage.collector, run: name, interval: interval, ticks: phase * 1000 / interval)
                // Under valgrind an agent may learn of a run only when its first ticks are over. All others have to be there.
                guard run.missing <= run.counts.passed else {
                    throw BenchmarkError("under valgrind \(run.missing) ticks are missing: \(run.verdict)")
                }
            }
        }
        // The first run makes what later ones find.
        _ = try run("first-\(stage.fleet.agents.count)", interval: intervals.few)
        let few = try run("few-\(stage.fleet.agents.count)", interval: intervals.few)
        let many = try run("many-\(stage.fleet.agents.count)", interval: intervals.many)
        return Double(many.instructions - few.instructions) / Double(many.count - few.count)
    }
}
