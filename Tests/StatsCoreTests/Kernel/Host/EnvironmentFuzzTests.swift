import TestSupport
import Testing

@testable import StatsCore

@Suite("Fuzz: environments") struct EnvironmentFuzzTests {
    private static let files = [
        "processor\t: 0\nmodel name\t: AMD EPYC\nmicrocode\t: 0x1\nflags\t\t: fpu hypervisor\n\n",
        "CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\n", "PRETTY_NAME=\"Debian \\\"12\\\"\"\nNAME='x'\n",
        "root=/dev/vda1 ro opt=\"a b\" ds=x;s=http://u@h/ -- x\n", "always [madvise] never\n", "11:memory:/docker/aa\n0::/kubepods\n",
    ].map { Array($0.utf8) }

    @Test("Whatever a file holds, what is read of it is there or absent, and no masked value shows")
    func read() async {
        await Fuzz.run("files of an environment", Self.files, count: 1500) { one in
            let text = String(decoding: one.input, as: UTF8.self)
            _ = (
                CPUInfo(parsing: text), OSRelease(parsing: text), BracketedChoice.parse(text),
                ContainerSigns.engine(root: "/no", cgroup: text)
            )
            let masked = KernelCommandLine.masked(text)
            #expect(masked.map { !$0.contains("http://") } ?? true, "\(one.text)")
            _ = RunSeries(text).precedes(RunSeries("exp-2"))
        }
    }

    private static let message = Array(
        #"""
        {"type":"environment","host":{"cpu_model":"x","threads":8,"turbo":true,"mitigations":{"mds":"Mitigation: Clear"},"new":1.5,"gone":null},
        "activity":{"load1":0.5,"cpu_percent":3,"steal_percent":0.1,"swap_used_bytes":4096},"containers_left_out":2,
        "containers":[{"id":"aa","name":"web","image":"nginx","image_id":"sha256:1","cpu_limit":0.5,"memory_limit_bytes":1024,"pids_limit":7}]}
        """#.utf8)

    @Test("Whatever a message holds, what is kept of it is bounded and makes JSON, findings and texts")
    func message() async {
        await Fuzz.run("message environment", [Self.message], count: 1500) { one in
            let message = try EnvironmentMessage(decoding: one.input.span.bytes)
            let host = message.host ?? HostEnvironment()
            #expect(host.size <= HostEnvironment.mostBytes + 8 * HostEnvironment.mostFacts, "\(one.text)")
            _ = (host.listed, EnvironmentFinding.of(host, message.activity), host.differences(since: HostEnvironment()).map(\.text))
            #expect(try JSONCoding.decode(HostEnvironment.self, from: JSONCoding.encode(host)) == host, "\(one.text)")
            _ = try message.encoded()
        }
    }
}
