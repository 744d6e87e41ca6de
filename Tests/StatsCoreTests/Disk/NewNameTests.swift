import Foundation
import Synchronization
import TestSupport
import Testing

@testable import StatsCore

@Suite("A name that nothing has") struct NewNameTests {
    @Test("Of many that give their file the same name at the same moment exactly one does, and it has that one's bytes")
    func race() throws {
        for round in 0..<20 {
            let scratch = try ScratchDirectory(inMemory: true)
            let directory = try Descriptor.directory(scratch.path)
            let names = (0..<8).map { ".part\($0)" }
            for name in names { try scratch.write(name, to: name) }
            let winners = Mutex<[String]>([])
            let refusals = Mutex<[DiskError]>([])
            DispatchQueue.concurrentPerform(iterations: names.count) { number in
                do throws(DiskError) {
                    try directory.rename(names[number], toNew: "whole")
                    winners.withLock { $0.append(names[number]) }
                } catch { refusals.withLock { $0.append(error) } }
            }
            let (won, refused) = (winners.withLock { $0 }, refusals.withLock { $0 })
            let winner = try #require(won.first, "round \(round)")
            #expect(try scratch.text("whole") == winner)
            #expect(won.count == 1 && refused.count == 7 && refused.allSatisfy(\.exists))
            #expect(Set(scratch.tree()) == Set(names.filter { $0 != winner } + ["whole"]))
        }
    }

    @Test("A link that leads nowhere, an empty directory and a file keep their name")
    func taken() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let directory = try Descriptor.directory(scratch.path)
        try scratch.write("mine", to: "mine")
        try scratch.makeDirectory("own")
        try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: "nowhere")
        try scratch.makeDirectory("empty")
        for (old, new) in [("mine", "link"), ("mine", "own"), ("own", "empty"), ("own", "mine")] {
            let error = #expect(throws: DiskError.self) { try directory.rename(old, toNew: new) }
            #expect(error?.exists == true, "\(old) to \(new)")
        }
        #expect(try scratch.text("mine") == "mine")
    }
}
