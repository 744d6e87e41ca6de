// Compares the sources with the order of folders: check-folders SOURCES MARKDOWN. Exit status: 0 when they agree, 1 when they don't, 2 when the check
// could not be made.
import FolderOrder
import Foundation

func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("check-folders: \(message)\n".utf8))
    exit(2)
}

guard CommandLine.arguments.count == 3 else { fail("usage: check-folders SOURCES MARKDOWN") }
let (sources, markdown) = (CommandLine.arguments[1], CommandLine.arguments[2])

var tree = SourceTree()
guard let paths = FileManager.default.enumerator(atPath: sources)?.compactMap({ $0 as? String }) else { fail("\(sources) can't be read") }
for path in paths where path.hasSuffix(".swift") {
    guard let source = try? String(contentsOfFile: "\(sources)/\(path)", encoding: .utf8) else { fail("\(sources)/\(path) can't be read") }
    tree.add(path, source: source)
}
do {
    let faults = tree.faults(against: try FolderOrder(markdown: String(contentsOfFile: markdown, encoding: .utf8)))
    for fault in faults { print("\(sources)/\(fault)") }
    if !faults.isEmpty {
        print(
            "\(faults.count) faults against the order of folders in \(markdown): move the type or the file, or put a protocol or a value in between"
        )
        exit(1)
    }
} catch {
    fail("\(markdown): \(error)")
}
