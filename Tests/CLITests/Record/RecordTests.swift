import ArgumentParser
import StatsCore
import SystemPackage
import Testing

@testable import CLI

@Suite("sonde record") struct RecordTests {
    private static func withFile<Value>(_ text: String, _ body: (FilePath) throws -> Value) async throws -> Value {
        try await TemporaryDirectory.with { directory in
            let path = directory.appending("container.csv")
            let file = try SystemPackage.FileDescriptor.open(
                path, .writeOnly, options: [.create, .exclusiveCreate], permissions: [.ownerReadWrite])
            try file.closeAfter { _ = try file.writeAll(text.utf8) }
            return try body(path)
        }
    }

    private static let header =
        "time,tick,node,container_id,container,image,sample_age_us,cpu_us,memory_usage_bytes,memory_working_set_bytes\n"

    @Test("The containers that used most are found, each over the time between its own readings")
    func usage() async throws {
        let text =
            Self.header + """
                t,0,n,aaa,"burn, half",img,500000,1000,100,90
                t,0,n,bbb,hold,img,-100,5,900,
                t,1,n,aaa,"burn, half",img,500000,501000,120,80
                t,1,n,bbb,hold,img,-100,10,800,
                t,2,n,aaa,"burn, half",img,0,1251000,110,85
                t,2,n,ccc,late,,0,7,,
                t,2,m,aaa,other node,img,,,,

                """
        let usage = try await Self.withFile(text) { try CgroupUsage(file: $0, intervalUs: 1_000_000) }
        #expect(usage.uses.count == 4)
        #expect(
            usage.topByCPU(1) == [
                CgroupUse(
                    node: "n", id: "aaa", name: "burn, half", image: "img", cpuUs: 1_250_000, cpuPercent: 50, memoryMeanBytes: 110,
                    memoryPeakBytes: 120, workingSetPeakBytes: 90)
            ])
        #expect(usage.topByCPU(5).map(\.id) == ["aaa", "bbb"])
        #expect(usage.topByMemory(5).map(\.name) == ["hold", "burn, half"])
    }

    @Test("A counter that began anew counts from zero")
    func counterReset() async throws {
        let text = Self.header + "t,0,n,a,a,i,0,100,,\nt,1,n,a,a,i,0,300,,\nt,2,n,a,a,i,0,50,,\n"
        let usage = try await Self.withFile(text) { try CgroupUsage(file: $0, intervalUs: 1000) }
        #expect(usage.uses.first?.cpuUs == 250)
    }

    @Test("What a container used before and behind another start counts, even where it soon used more than before")
    func anotherStart() async throws {
        let header = String(Self.header.dropLast()) + ",started_us\n"
        let text = header + "t,0,n,a,a,i,0,100,,,7\nt,1,n,a,a,i,0,300,,,7\nt,2,n,a,a,i,0,900,,,8\nt,3,n,a,a,i,0,950,,,8\n"
        let usage = try await Self.withFile(text) { try CgroupUsage(file: $0, intervalUs: 1000) }
        #expect(usage.uses.first?.cpuUs == 1150)
    }

    @Test("A reading that is told at two ticks is one, and a row that doesn't tell the start hides no other start")
    func repeatedReading() async throws {
        let header = String(Self.header.dropLast()) + ",started_us\n"
        let once = header + "t,0,n,a,a,i,0,100,,,7\nt,1,n,a,a,i,990,100,,,7\n"
        #expect(try await Self.withFile(once) { try CgroupUsage(file: $0, intervalUs: 1000) }.uses.first?.cpuUs == nil)
        let unsaid = header + "t,0,n,a,a,i,0,100,,,7\nt,1,n,a,a,i,0,300,,,\nt,2,n,a,a,i,0,900,,,8\n"
        #expect(try await Self.withFile(unsaid) { try CgroupUsage(file: $0, intervalUs: 1000) }.uses.first?.cpuUs == 1100)
    }

    @Test("A file without rows gives no containers, one without the columns an error")
    func oddFiles() async throws {
        #expect(try await Self.withFile(Self.header) { try CgroupUsage(file: $0, intervalUs: 1) }.uses.isEmpty)
        await #expect(throws: CommandFailure.self) { try await Self.withFile("a,b\n") { try CgroupUsage(file: $0, intervalUs: 1) } }
    }

    @Test(
        "An output directory is a parent and a run's name",
        arguments: [("x", "/w", "x"), ("./a/b/", "/w/./a", "b"), ("/tmp/r", "/tmp", "r")])
    func outputDirectory(text: String, parent: String, name: String) throws {
        let directory = try OutputDirectory(text, workingDirectory: "/w")
        #expect(directory.name == name)
        #expect(directory.parent.lexicallyNormalized() == FilePath(parent).lexicallyNormalized())
    }

    @Test("A path that names no directory is wrong usage", arguments: ["", "/", ".", "..", "a/.."])
    func noDirectory(text: String) {
        let error = #expect(throws: CommandFailure.self) { try OutputDirectory(text, workingDirectory: "/w") }
        #expect(error?.status.rawValue == 64)
    }

    @Test("An output directory that exists is refused, and stays as it was")
    func existingDirectory() async throws {
        try await TemporaryDirectory.with { path in
            let error = #expect(throws: CommandFailure.self) {
                try OutputDirectory(path.string, workingDirectory: "/").prepare()
            }
            #expect(error?.code == "run_exists")
        }
    }
}

@Suite("A latch") struct LatchTests {
    @Test("The first value wins, for who waits already and for who comes later")
    func firstWins() async throws {
        let latch = Latch<Int>()
        async let early = latch.wait()
        latch.set(1)
        latch.set(2)
        #expect(try await early == 1)
        #expect(try await latch.wait() == 1)
        #expect(latch.value == 1)
    }

    @Test("A cancelled task stops waiting")
    func cancellation() async throws {
        let latch = Latch<Int>()
        let task = Task { try await latch.wait() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await latch.wait(within: .zero) == nil)
    }
}
