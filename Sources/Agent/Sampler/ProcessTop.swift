import StatsCore

/// `--top`: of all processes of a tick, those that use most. Half of the places are for CPU time, the others for memory.
///
/// Nobody comes and goes with each tick: CPU time is that of the last seconds, the nearer the more, and who has a place keeps it until another one uses
/// clearly more.
struct ProcessTop {
    private let places: Int
    private var known: [ProcessUse.Name: (cpu: Double, isChosen: Bool)] = [:]

    /// µs: what was used so long ago counts for a third.
    private static let memory: Double = 10_000_000
    /// How much more another one has to use.
    private static let lead = 1.25

    init(places: Int) { self.places = places }

    /// - Parameter interval: between ticks, µs.
    /// - Returns: for each of the processes whether it is chosen.
    mutating func choose(_ processes: [ProcessUse], interval: Int64) -> [Bool] {
        let newness = min(1, max(0, Double(interval) / Self.memory))
        let names = processes.map(\.name)
        let before = names.map { known[$0] }
        let cpu = zip(processes, before).map { use, before in before.map { $0.cpu + newness * (use.cpu - $0.cpu) } ?? use.cpu }
        let leads = before.map { $0?.isChosen == true ? Self.lead : 1 }

        var isChosen = [Bool](repeating: false, count: processes.count)
        func choose(_ count: Int, by use: (Int) -> Double) {
            let ranked = processes.indices.filter { !isChosen[$0] && use($0) > 0 }.map { (use: use($0) * leads[$0], index: $0) }
            for next in ranked.sorted(by: { ($1.use, $0.index) < ($0.use, $1.index) }).prefix(count) { isChosen[next.index] = true }
        }
        choose((places + 1) / 2) { cpu[$0] }
        choose(places - isChosen.count { $0 }) { Double(processes[$0].memory) }
        choose(places - isChosen.count { $0 }) { cpu[$0] }

        known.removeAll(keepingCapacity: true)
        for index in processes.indices { known[names[index]] = (cpu[index], isChosen[index]) }
        return isChosen
    }
}
