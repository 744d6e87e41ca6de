/// The options of the command line.
struct Options {
    enum Part: String, CaseIterable {
        case agent, lateness, allocations, processes, collector, pages, fleet, long
    }

    var parts = Part.allCases.filter { $0 != .long }
    /// How many rows the long run has.
    var rows = 100_000_000
    var isMarkdown = false
    var scale = FleetScale()
    var root = "."
    var products: String?

    static let usage = """
        usage: swift run -c release --package-path Benchmarks Benchmarks [--only PART]… [--quick] [--agents N] [--rows N] [--markdown] [--root DIR] [--products DIR]
          --only PART     agent, lateness, allocations, processes, collector, pages, fleet or long (a run of 100 million
                          rows, which takes 10 minutes and 35 GB of disk, so only when it is named); may be
                          given several times (default: all)
          --quick         the fleet in its short form: 1,000 agents and 10 seconds once, not 10,000 and the median of three times 30
          --agents N      how large the fleet is; the goals for CPU become smaller with it
          --rows N        how many rows the long run has
          --markdown      the table as docs/PERFORMANCE.md has it
          --root DIR      the repository (default: the current directory)
          --products DIR  the programs to measure (default: .build/release below the repository)
        Root and Docker are needed for what is measured with containers; without them those parts are left out.
        """

    /// - Throws: `BenchmarkError` that names the unknown word.
    init(_ words: some Sequence<String>) throws {
        var only: [Part] = []
        var agents: Int?
        var rest = words.makeIterator()
        func value(_ option: String) throws -> String {
            guard let value = rest.next() else { throw BenchmarkError("\(option) takes a value\n\(Self.usage)") }
            return value
        }
        while let word = rest.next() {
            switch word {
            case "--only":
                let name = try value(word)
                guard let part = Part(rawValue: name) else { throw BenchmarkError("there is no part \"\(name)\"\n\(Self.usage)") }
                only.append(part)
            case "--quick": scale = .quick
            case "--agents":
                let number = try value(word)
                guard let count = Int(number), (1...50_000).contains(count) else {
                    throw BenchmarkError("--agents takes a number from 1 to 50000, not \"\(number)\"\n\(Self.usage)")
                }
                agents = count
            case "--rows":
                let number = try value(word)
                guard let count = Int(number), count > 0 else {
                    throw BenchmarkError("--rows takes a number, not \"\(number)\"\n\(Self.usage)")
                }
                rows = count
            case "--markdown": isMarkdown = true
            case "--root": root = try value(word)
            case "--products": products = try value(word)
            default: throw BenchmarkError("\"\(word)\" is not understood\n\(Self.usage)")
            }
        }
        if !only.isEmpty { parts = only }
        if let agents { scale.agents = agents }
    }
}
