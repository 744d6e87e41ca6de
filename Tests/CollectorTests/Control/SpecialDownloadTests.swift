import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("Something else than a file of the run has its name", .timeLimit(.minutes(5))) struct SpecialDownloadTests {
    @Test("A FIFO, a directory, a link and a foreign file under a second name are no files of a run; a copy by links of one's own is")
    func downloads() async throws {
        let directory = try ScratchDirectory()
        let outside = try ScratchDirectory()
        try directory.write("time,tick,node\n", to: "r/host.csv")
        mkfifo(directory.path("r/cpu.csv"), 0o644)
        mkdir(directory.path("r/disk.csv"), 0o755)
        symlink("/etc/hostname", directory.path("r/network.csv"))
        try outside.write("secret", to: "file")
        link(outside.path("file"), directory.path("r/event.csv"))
        link(directory.path("r/host.csv"), outside.path("copy"))
        // Only root can give a file away; to others the link is one to a file of their own.
        let isForeign = chown(outside.path("file"), 65_534, 65_534) == 0
        mkfifo(directory.path("r/run.json"), 0o644)
        try await ControlPort.with(directory.path) { port in
            for name in ["cpu.csv", "disk.csv", "network.csv", "run.json", "gaps.csv"] + (isForeign ? ["event.csv"] : []) {
                let answer = try await port.ask("/runs/r/\(name)")
                #expect(answer.status == 404 && answer.code == "not_found", "\(name): \(answer)")
            }
            #expect(try await port.ask("/runs/r/host.csv").text.hasSuffix("time,tick,node\n"))
            #expect(try await port.ask("/runs").status == 200)
        }
    }
}
