/// What of one host's environment spoils measurements.
package struct EnvironmentFinding: Sendable, Equatable {
    package enum Code: String, CaseIterable, Sendable {
        case governor, turbo, swap, busy, steal
    }

    package var code: Code
    /// What is so, in words that follow the node's name.
    package var what: String
    /// How bad it is, to be compared with the same finding of others.
    package var badness: Double
}

extension EnvironmentFinding {
    /// Share of all cores' time from which on a host is busy, and the load for each core where that share isn't known.
    private static let busyPercent = 10.0
    private static let busyLoad = 0.25
    /// A host that has nothing to do has up to that load.
    private static let idleLoad = 0.5
    /// A hypervisor that takes less isn't noticed.
    private static let stealPercent = 0.5
    /// What was put into swap long ago and isn't asked for costs nothing.
    private static let swapBytes: UInt64 = 16 << 20

    /// Governors with which the clock stays as it is: cpufreq's documentation, *Generic Scaling Governors*.
    private static let steadyGovernors: Set<String> = ["performance", "userspace"]

    /// - Returns: in the order of their codes.
    package static func of(_ environment: HostEnvironment, _ activity: HostActivity?) -> [EnvironmentFinding] {
        [
            governor(environment), turbo(environment), swap(environment, activity), busy(environment, activity), steal(activity),
        ].compactMap(\.self)
    }

    private static func governor(_ environment: HostEnvironment) -> EnvironmentFinding? {
        guard let governors = environment[.governor]?.string,
            !steadyGovernors.isSuperset(of: governors.split(separator: ", ").map(String.init))
        else { return nil }
        return EnvironmentFinding(code: .governor, what: "the governor \(governors) changes the clock with the load", badness: 1)
    }

    private static func turbo(_ environment: HostEnvironment) -> EnvironmentFinding? {
        guard environment[.turbo] == .bool(true) else { return nil }
        return EnvironmentFinding(
            code: .turbo, what: "turbo is on, so that the clock depends on temperature and on how many cores are busy", badness: 1)
    }

    private static func swap(_ environment: HostEnvironment, _ activity: HostActivity?) -> EnvironmentFinding? {
        guard let used = activity?.swapUsedBytes, used >= swapBytes else { return nil }
        return EnvironmentFinding(code: .swap, what: "\(ByteSize.text(used)) of swap are in use", badness: Double(used))
    }

    private static func busy(_ environment: HostEnvironment, _ activity: HostActivity?) -> EnvironmentFinding? {
        if let percent = activity?.cpuPercent {
            guard percent >= busyPercent else { return nil }
            return EnvironmentFinding(
                code: .busy, what: "\(HumanUnits.percent(percent)) of all cores' time were used while nothing was recorded",
                badness: percent)
        }
        guard let load = activity?.load1, let threads = environment[.threads]?.integer, load >= max(idleLoad, busyLoad * Double(threads))
        else { return nil }
        return EnvironmentFinding(
            code: .busy, what: "the load was \(HumanUnits.fixed(load, digits: 1)) while nothing was recorded",
            badness: load / Double(max(threads, 1)))
    }

    private static func steal(_ activity: HostActivity?) -> EnvironmentFinding? {
        guard let percent = activity?.stealPercent, percent >= stealPercent else { return nil }
        return EnvironmentFinding(
            code: .steal, what: "the hypervisor gave \(HumanUnits.percent(percent)) of the time to others", badness: percent)
    }
}

extension EnvironmentFinding.Code {
    /// What to do.
    fileprivate var advice: String {
        switch self {
        case .governor: "Set performance: `cpupower frequency-set --governor performance`."
        case .turbo: "To compare runs turn it off: 1 into intel_pstate/no_turbo, or 0 into cpufreq/boost, below /sys/devices/system/cpu."
        case .swap: "Memory may be waited for: give it more, or empty swap with `swapoff -a`."
        case .busy: "End what else runs there, or wait until it is done."
        case .steal: "Measure where cores are reserved, or look at cpu_steal_us of the run."
        }
    }
}

extension [EnvironmentWarning] {
    /// One warning for each thing that was found, with the nodes that it is true of.
    package init(_ found: some Sequence<(node: String, findings: [EnvironmentFinding])>) {
        var nodes: [EnvironmentFinding.Code: [String]] = [:]
        var worst: [EnvironmentFinding.Code: EnvironmentFinding] = [:]
        for (node, findings) in found {
            for finding in findings {
                nodes[finding.code, default: []].append(node)
                if finding.badness > worst[finding.code]?.badness ?? -.infinity { worst[finding.code] = finding }
            }
        }
        self = EnvironmentFinding.Code.allCases.compactMap { code in
            guard let named = nodes[code], let finding = worst[code] else { return nil }
            let rest = named.count > 5 ? " and \(named.count - 5) more" : ""
            let who = named.prefix(5).joined(separator: ", ") + rest
            let what = named.count > 1 && code != .turbo ? "\(finding.what) (the worst of them)" : finding.what
            return EnvironmentWarning(code: code.rawValue, message: "\(who): \(what). \(code.advice)", nodes: named.count)
        }
    }
}
