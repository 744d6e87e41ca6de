import ArgumentParser
import StatsCore

/// `sonde runs` over several collectors: the same of each, one below the other.
extension RunsCommand {
    func runTogether(_ selection: RunSelection) async throws {
        try await connection.connectedToAll { group in
            guard let directory else { return try await list(selection, group) }
            if let action { return try await act(action, directory, group) }
            if let download { return try await copy(directory, to: download, group) }
            let report = GroupReport(collectors: try await group.ask { try await $0.run(named: directory) })
            try Output.show(report, as: connection.format)
            try report.checkAnswers()
            guard report.collectors.allSatisfy({ $0.value?.isComplete == true }) else { throw ExitCode.incomplete }
        }
    }

    private func list(_ selection: RunSelection, _ group: CollectorGroup) async throws {
        let isJSON = connection.format == .json
        let answers = try await group.ask { client in
            let listings = try await client.runListings()
            let chosen = selection.choose(listings)
            let manifests = isJSON ? Dictionary(try await client.runs().map { ($0.id, $0) }) { first, _ in first } : [:]
            return RunLists(
                manifests: chosen.compactMap { manifests[$0.id] }, list: RunList(runs: chosen, leftOut: listings.count - chosen.count))
        }
        let report = GroupReport(collectors: answers)
        try Output.show(report, as: connection.format)
        try report.checkAnswers()
    }

    private func act(_ action: Action, _ name: String, _ group: CollectorGroup) async throws {
        if action == .delete, !yes {
            guard Confirmation.isPossible else {
                throw CommandFailure(
                    code: "usage", message: "Nobody can be asked whether \(name) may go, as this is no terminal: give --yes.",
                    status: .validationFailure)
            }
            guard Confirmation.ask("Remove \(name) on \(HumanUnits.count(group.clients.count, "collector")), for good?") else {
                throw CommandFailure(code: "kept", message: "\(name) was not removed.")
            }
        }
        let answers = try await group.ask { client -> RunDone in
            switch action {
            case .pin, .unpin:
                return RunDone(run: try await client.pin(name, action == .pin).name, what: action == .pin ? "pinned" : "unpinned")
            case .compress, .decompress:
                let done = try await client.compress(name, decompresses: action == .decompress)
                return RunDone(run: name, what: "\(action.rawValue)ed, \(HumanUnits.count(done.files.count, "file"))")
            case .delete:
                let run = try await client.delete(name)
                return RunDone(run: run.name, what: "removed", bytes: run.diskBytes)
            }
        }
        let report = GroupReport(collectors: answers)
        try Output.show(report, as: connection.format)
        try report.checkAnswers()
    }

    /// Copies each collector's part into a directory of its own: `DIR/<host>-<port>`.
    private func copy(_ name: String, to directory: String, _ group: CollectorGroup) async throws {
        let answers = try await group.ask { client in
            let manifest = try await client.run(named: name)
            let place = client.endpoint.description.map { $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" ? $0 : "-" }
            let files = try await RunDownload(client: client, manifest: manifest, directory: "\(directory)/\(String(place))").run()
            return DownloadedPart(isComplete: manifest.isComplete, files: files)
        }
        let report = GroupReport(collectors: answers)
        try Output.show(report, as: connection.format)
        try report.checkAnswers()
        guard answers.allSatisfy({ $0.value?.isComplete == true }) else { throw ExitCode.incomplete }
    }
}

/// The runs of one of several collectors.
private struct RunLists: Presentable, Sendable {
    let manifests: [RunManifest]
    let list: RunList

    var text: String { list.text }
    func encode(to encoder: any Encoder) throws { try manifests.encode(to: encoder) }
}

/// A part of a run that was copied.
private struct DownloadedPart: Presentable, Sendable {
    let isComplete: Bool
    let files: DownloadedFiles

    var text: String { files.text }
    func encode(to encoder: any Encoder) throws { try files.encode(to: encoder) }
}
