import Glibc

/// A collector under valgrind's callgrind, whose instructions can be counted phase by phase.
struct InstructionCounter {
    let collector: FleetCollector
    private let setting: Setting
    private let output: String

    /// valgrind can't read the newer debug information of the programs, so it runs a copy without.
    init(_ setting: Setting) throws {
        self.setting = setting
        output = setting.scratch.file("callgrind")
        let program = setting.scratch.file("collector-without-debug-information")
        try Child.run(
            ["objcopy", "--strip-debug", setting.program("sonde-collector"), program], log: setting.scratch.file("objcopy.log"))
        collector = try FleetCollector(
            setting, name: "valgrind", command: ["valgrind", "--tool=callgrind", "--callgrind-out-file=\(output)", program], patience: 120)
    }

    /// Instructions of all threads while `body` runs.
    func count(_ body: () throws -> Void) throws -> Int {
        try dump()
        try body()
        return try dump()
    }

    /// The same, and how many frames of a kind the fleet has sent meanwhile.
    func count(
        _ stage: FleetStage, of kind: KeyPath<Fleet.Counts, Int>, _ body: () throws -> Void
    ) throws -> (instructions: Int, count: Int) {
        stage.fleet.counts = Fleet.Counts()
        let instructions = try count(body)
        let count = stage.fleet.counts[keyPath: kind]
        guard count > 0 else { throw BenchmarkError("the fleet has sent nothing while instructions were counted") }
        return (instructions, count)
    }

    /// Has valgrind write what it counted, and begin anew.
    /// - Returns: how many instructions there were since the dump before.
    @discardableResult
    private func dump() throws -> Int {
        for number in 1... where access("\(output).\(number)", F_OK) != 0 {
            try Child.run(["vgdb", "--pid=\(collector.pid)", "dump"], log: setting.scratch.file("vgdb.log"))
            guard let total = TextFile.number("totals:", in: try TextFile.read("\(output).\(number)")) else {
                throw BenchmarkError("valgrind has written no total to \(output).\(number)")
            }
            return Int(total)
        }
        return 0
    }
}
