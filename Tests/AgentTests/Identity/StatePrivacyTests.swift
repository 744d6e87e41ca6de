import Foundation
import Logging
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("What an agent keeps on its disk") struct StatePrivacyTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    @Test("Nobody but its owner can read it, also where an earlier version left it open")
    func onlyItsOwner() throws {
        let path = scratch.path + "/agent"
        for isFirst in [true, false] {
            try live(in: path)
            let modes = try modes(path)
            #expect(modes.count >= 5 && modes.keys.contains { $0.hasSuffix(".segment") }, "\(modes)")
            #expect(modes.filter { $0.value != ($0.key.isEmpty || $0.key == "spool" ? 0o700 : 0o600) }.isEmpty)
            guard isFirst else { break }
            for (name, mode) in modes {
                try FileManager.default.setAttributes([.posixPermissions: mode | 0o055], ofItemAtPath: "\(path)/\(name)")
            }
        }
    }

    @Test("A directory that others use as well stays open, and what is kept in it doesn't")
    func sharedDirectory() throws {
        try FileManager.default.createDirectory(atPath: scratch.path + "/theirs", withIntermediateDirectories: false)
        try scratch.write("", to: "notes")
        // Whatever the user's umask is.
        for (name, mode) in ["": 0o755, "/notes": 0o644] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: scratch.path + name)
        }
        try live(in: scratch.path)
        let modes = try modes(scratch.path)
        #expect(modes[""] == 0o755 && modes["notes"] == 0o644)
        #expect(modes["spool"] == 0o700 && modes["agent.json"] == 0o600)
    }

    /// Starts an agent whose frame no collector takes.
    private func live(in path: String) throws {
        let state = try StateDirectory(path)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let spool = try Spool(in: state.directory, replace: GapFolder.replace, notice: { _ in })
        let identity = try Identity.begin(in: state, node: "n", above: spool.newestEpoch)
        let stream = spool.begin(epoch: identity.epoch, epochID: identity.epochID)
        try stream.append(SpoolFixture.ticks(1...1, epoch: identity.epoch))
        RunNote(in: try state.directory.again(), bootID: "b", logger: logger).keep(
            RunOrder(id: "r", name: "r", intervalUs: 1_000_000, t0: 0, ticks: nil), offset: 0)
    }

    /// By path relative to the directory, whose own path is empty.
    private func modes(_ path: String) throws -> [String: Int] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: path) + [""]
        return try Dictionary(
            uniqueKeysWithValues: names.map { name in
                let mode = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? Int
                return (name, try #require(mode))
            })
    }
}
