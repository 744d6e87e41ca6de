import Glibc

/// A directory for logs, states and runs, removed when the benchmark ends.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/sonde-benchmarks-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchmarkError.system("cannot make a temporary directory") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { _ = try? Child.run(["rm", "-rf", path], log: "/dev/null", evenIfInterrupted: true) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}
