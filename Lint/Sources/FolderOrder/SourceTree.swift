/// The Swift files below a folder, and their faults against an order of folders.
public struct SourceTree: Sendable {
    struct File: Sendable {
        /// Relative to the sources, such as `Agent/Uplink/Uplink.swift`.
        let path: String
        let names: SwiftNames

        var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
    }

    private var files: [File] = []

    public init() {}

    public mutating func add(_ path: String, source: String) { files.append(File(path: path, names: SwiftNames(source))) }

    /// Each fault as a line: a use that the order doesn't allow, with file, type and both folders; a folder that only the tree or only the order has.
    public func faults(against order: FolderOrder) -> [String] {
        let folders = Set(files.map(\.folder))
        var faults = folders.filter { order.floors[$0] == nil }.sorted().map { "\($0): the folder is not in the order of folders" }
        faults += order.floors.keys.filter { !folders.contains($0) }.sorted().map {
            "\($0): the order names a folder that is not there, or is empty"
        }
        let homes = homes
        for file in files.sorted(by: { $0.path < $1.path }) where order.floors[file.folder] != nil {
            let target = FolderOrder.target(of: file.folder)
            for (name, line) in file.names.used.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
                // A target's own type hides one of the same name in the first target.
                guard let places = homes[target]?[name] ?? order.targets.first.flatMap({ homes[$0]?[name] }) else { continue }
                for place in places.sorted() where order.floors[place] != nil && !order.allows(file.folder, toUse: place) {
                    faults.append("\(file.path):\(line): \(file.folder) may not use \(name), which is in \(place)")
                }
            }
        }
        return faults
    }

    /// By target and type: the folders that declare the type.
    private var homes: [String: [String: Set<String>]] {
        var homes: [String: [String: Set<String>]] = [:]
        for file in files {
            for name in file.names.declared {
                homes[FolderOrder.target(of: file.folder), default: [:]][name, default: []].insert(file.folder)
            }
        }
        return homes
    }
}
