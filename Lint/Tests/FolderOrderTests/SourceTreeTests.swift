import Testing

@testable import FolderOrder

@Suite("The order of folders")
struct SourceTreeTests {
    private static let order = """
        # Rooms
        ```folders
        Core   Bytes
               Clock, Wire   # side by side
        Agent  Spool
               Uplink
               .
        ```
        """

    private func faults(_ sources: [String: String]) throws -> [String] {
        var tree = SourceTree()
        let all = [
            "Core/Bytes/A.swift": "", "Core/Clock/A.swift": "", "Core/Wire/A.swift": "", "Agent/Spool/A.swift": "",
            "Agent/Uplink/A.swift": "", "Agent/A.swift": "",
        ]
        for (path, source) in all.merging(sources, uniquingKeysWith: { $1 }) { tree.add(path, source: source) }
        return tree.faults(against: try FolderOrder(markdown: Self.order))
    }

    @Test("Code may use lower floors of its target and all of the first target")
    func allowed() throws {
        let sources = [
            "Core/Bytes/A.swift": "struct Cursor {}", "Core/Wire/A.swift": "struct Frame { var cursor: Cursor }",
            "Agent/Spool/A.swift": "struct Spool { var frame: Frame }", "Agent/A.swift": "let spool: Spool",
        ]
        #expect(try faults(sources) == [])
    }

    @Test("A circle that is planted is a fault that names file, type and both folders")
    func circle() throws {
        let sources = [
            "Agent/Spool/A.swift": "struct Spool {}\nlet uplink: Uplink", "Agent/Uplink/A.swift": "struct Uplink { var spool: Spool }",
        ]
        #expect(try faults(sources) == ["Agent/Spool/A.swift:2: Agent/Spool may not use Uplink, which is in Agent/Uplink"])
    }

    @Test("Folders of one floor, and a first target that uses another, are faults")
    func floors() throws {
        let sources = [
            "Core/Clock/A.swift": "struct Grid {}", "Core/Wire/A.swift": "let grid: Grid; let spool: Spool",
            "Agent/Spool/A.swift": "struct Spool {}",
        ]
        #expect(try faults(sources) == ["Core/Wire/A.swift:1: Core/Wire may not use Grid, which is in Core/Clock"])
    }

    @Test("A target's own type hides one of the first target")
    func hidden() throws {
        let sources = [
            "Core/Bytes/A.swift": "struct Clock {}", "Agent/Uplink/A.swift": "struct Clock {}", "Agent/Spool/A.swift": "let clock: Clock",
        ]
        #expect(try faults(sources) == ["Agent/Spool/A.swift:1: Agent/Spool may not use Clock, which is in Agent/Uplink"])
    }

    @Test("A folder that the order doesn't know, and one that isn't there, are faults")
    func unknown() throws {
        #expect(try faults(["Agent/New/A.swift": ""]) == ["Agent/New: the folder is not in the order of folders"])
        let order = try FolderOrder(markdown: "```folders\nCore Bytes\n```")
        #expect(SourceTree().faults(against: order) == ["Core/Bytes: the order names a folder that is not there, or is empty"])
    }

    @Test("A text without an order, or with one that names a folder twice, is refused")
    func refused() {
        #expect(throws: FolderOrder.Failure.self) { try FolderOrder(markdown: "# Rooms") }
        #expect(throws: FolderOrder.Failure(description: "the block `folders` names Core/Bytes twice")) {
            try FolderOrder(markdown: "```folders\nCore Bytes\n     Clock, Bytes\n```")
        }
    }
}
