/// How many instructions the collector may need, from `Tests/Lab/instructions.txt`: a name and a number in each line.
struct InstructionLimits {
    /// What a figure may be above its number, as other compilers and machines differ a little.
    static let slack = 1.1

    private let limits: [String: Double]

    /// - Throws: `BenchmarkError` that names a line which can't be read.
    init(_ path: String) throws {
        var limits: [String: Double] = [:]
        for line in try TextFile.read(path).split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            guard words.count == 2, let number = Double(words[1]), number > 0 else {
                throw BenchmarkError("\(path): \"\(line)\" is not a name and a number of instructions")
            }
            limits[String(words[0])] = number
        }
        self.limits = limits
    }

    func add(_ measured: Instructions, to report: inout Report) throws {
        for (name, figure) in measured.figures {
            guard let limit = limits[name] else { throw BenchmarkError("Tests/Lab/instructions.txt has no line for \(name)") }
            let isLow = figure < limit / Self.slack
            report.add(
                "instructions for a \(name)", goal: "≤ \(limit.text(0)) + 10 %",
                reached: "\(figure.text(0))\(isLow ? " (fewer: write that into Tests/Lab/instructions.txt)" : "")",
                isReached: figure <= limit * Self.slack)
        }
    }
}
