/// Which folders of the sources may use which, as floors from the lowest up. A folder may use folders of lower floors of its own target, and all folders of
/// the first target, on which the others build; it may not use another folder of its own floor.
public struct FolderOrder: Sendable {
    public struct Failure: Error, CustomStringConvertible, Equatable {
        public let description: String
    }

    /// The targets, in order.
    private(set) var targets: [String] = []
    /// By folder, such as `Agent/Uplink`; `Agent` means the target's files outside of folders.
    private(set) var floors: [String: Int] = [:]

    /// Reads the fenced block `folders` of a Markdown text:
    ///
    ///     ```folders
    ///     StatsCore  Bytes, Text
    ///                Clock, JSON      # what stands here is for the reader
    ///     Agent      Clock, Threads
    ///                .
    ///     ```
    ///
    /// Each line is a floor. A word at the beginning of a line names the next target; `.` means a target's own files.
    ///
    /// - Throws: `Failure` when there is no such block, or when it names a folder twice.
    public init(markdown: String) throws(Failure) {
        let lines = markdown.split(separator: "\n", omittingEmptySubsequences: false)
        guard let begin = lines.firstIndex(of: "```folders"), let end = lines[begin...].firstIndex(of: "```") else {
            throw Failure(description: "there is no block that begins with ```folders")
        }
        for (floor, line) in lines[begin + 1..<end].enumerated() {
            var names = line.prefix { $0 != "#" }
            if names.first?.isLetter == true {
                let target = names.prefix { $0 != " " }
                targets.append(String(target))
                names = names.dropFirst(target.count)
            }
            guard let target = targets.last else { throw Failure(description: "the block `folders` doesn't begin with a target: \(line)") }
            for name in names.split(separator: ",").map({ $0.filter { $0 != " " } }) where !name.isEmpty {
                let folder = name == "." ? target : "\(target)/\(name)"
                guard floors.updateValue(floor, forKey: folder) == nil else {
                    throw Failure(description: "the block `folders` names \(folder) twice")
                }
            }
        }
    }

    /// Whether code in one folder may name a type of another.
    func allows(_ user: String, toUse used: String) -> Bool {
        if user == used { return true }
        guard let upper = floors[user], let lower = floors[used] else { return false }
        return lower < upper && (Self.target(of: user) == Self.target(of: used) || Self.target(of: used) == targets.first)
    }

    static func target(of folder: String) -> String { String(folder.prefix { $0 != "/" }) }
}
