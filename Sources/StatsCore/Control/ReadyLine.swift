/// The line that a daemon prints on standard output when it is ready: for a person, and for a program that started it and waits for it.
package enum ReadyLine {
    /// How the line of a program begins, in every version.
    package static func begin(of program: String) -> String { "\(program) ready: " }

    /// What stands before and behind the last separator; `nil` when there is none.
    fileprivate static func split(_ text: Substring, at separator: String) -> (before: Substring, after: Substring)? {
        text.indices.last { text[$0...].hasPrefix(separator) }.map { begin in
            (text[..<begin], text[begin...].dropFirst(separator.count))
        }
    }
}

/// What sonde-collector says when it is ready.
package struct CollectorReady: Sendable, Equatable {
    /// Where agents connect.
    package let agents: ListenAddress
    package let control: ListenAddress
    package let isTLS: Bool
    /// The data directory.
    package let data: String

    package init(agents: ListenAddress, control: ListenAddress, isTLS: Bool, data: String) {
        self.agents = agents
        self.control = control
        self.isTLS = isTLS
        self.data = data
    }

    package var text: String {
        "\(Self.begin)agents on \(agents), control on \(isTLS ? "https" : "http")://\(control), data in \(data)"
    }

    /// - Returns: `nil` for any other line.
    package init?(_ line: String) {
        // The directory comes last and may be called anything.
        let parts = line.split(separator: ", ", maxSplits: 2)
        guard parts.count == 3, parts[0].hasPrefix("\(Self.begin)agents on "), parts[2].hasPrefix("data in "),
            let (scheme, address) = ReadyLine.split(parts[1], at: "://"), ["control on http", "control on https"].contains(scheme),
            let agents = ListenAddress(String(parts[0].dropFirst("\(Self.begin)agents on ".count))),
            let control = ListenAddress(String(address))
        else { return nil }
        self.init(
            agents: agents, control: control, isTLS: scheme.hasSuffix("https"), data: String(parts[2].dropFirst("data in ".count)))
    }

    private static let begin = ReadyLine.begin(of: "sonde-collector")
}

/// What sonde-agent says when it is ready.
package struct AgentReady: Sendable, Equatable {
    package let node: String
    /// In the order in which they are tried; none when the agent is only scraped.
    package let collectors: [ListenAddress]
    /// Where it is scraped.
    package let metrics: ListenAddress?

    package init(node: String, collectors: [ListenAddress], metrics: ListenAddress?) {
        self.node = node
        self.collectors = collectors
        self.metrics = metrics
    }

    package var text: String {
        Self.begin + node + (collectors.isEmpty ? "" : ", collector \(collectors.map(\.description).joined(separator: ","))")
            + (metrics.map { ", metrics on http://\($0)" } ?? "")
    }

    /// - Returns: `nil` for any other line.
    package init?(_ line: String) {
        guard line.hasPrefix(Self.begin) else { return nil }
        var rest = line.dropFirst(Self.begin.count)
        // What stands last is looked for first: a node may be called anything.
        func take(_ separator: String) -> [ListenAddress] {
            guard let (before, after) = ReadyLine.split(rest, at: separator) else { return [] }
            let texts = after.split(separator: ",", omittingEmptySubsequences: false)
            let addresses = texts.compactMap { ListenAddress(String($0)) }
            guard addresses.count == texts.count else { return [] }
            rest = before
            return addresses
        }
        metrics = take(", metrics on http://").first
        collectors = take(", collector ")
        node = String(rest)
    }

    private static let begin = ReadyLine.begin(of: "sonde-agent") + "node "
}
