import ArgumentParser
import StatsCore

/// The live containers of several collectors, in one table.
struct GroupContainers: Presentable {
    let collectors: [CollectorAnswer<ContainerList>]

    private enum CodingKeys: CodingKey { case collectors }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(collectors, forKey: .collectors)
    }

    var text: String {
        var table = TextTable(["COLLECTOR"] + ContainerList.titles)
        for answer in collectors { for row in answer.value?.rows ?? [] { table.append([answer.collector] + row) } }
        // Whom nobody could ask stands below, where it is seen.
        let silent = collectors.filter { $0.failure != nil }.map { GroupText.section($0) { $0.text } }
        return ([table.isEmpty ? "No containers." : table.text()] + silent).joined(separator: "\n\n")
    }
}

/// One container, at whichever of several collectors has it.
struct GroupContainer {
    /// - Throws: `CommandFailure` when none of them has it, and all could be asked.
    static func report(_ answers: [CollectorAnswer<ContainerValues>]) throws(CommandFailure) -> GroupReport<ContainerValues> {
        let telling = answers.filter { $0.failure?.code != "not_found" }
        if telling.isEmpty, let failure = answers.first?.failure { throw failure }
        return GroupReport(collectors: telling)
    }
}
