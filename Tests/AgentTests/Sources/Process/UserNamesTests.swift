import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Names of users") struct UserNamesTests {
    private static func name(_ uid: UInt64, _ text: String) -> String? { Passwd.name(of: uid, in: Array(text.utf8).span.bytes)?.text }

    @Test("The first line with the uid gives the name; lines that aren't of passwd's form are passed over")
    func lines() {
        let text = "root:x:0:0::/root:/bin/sh\n\n# x:x:7\ntoor:x:0:0::/:/\n+::::::\n:x:8:8:::\nbad:x:9x:9:::\nlast:x:10:10"
        #expect(Self.name(0, text) == "root" && Self.name(10, text) == "last")
        for uid: UInt64 in [7, 8, 9, 11] { #expect(Self.name(uid, text) == nil) }
    }

    @Test("A file of 100,000 users is read, and what isn't a regular file names nobody")
    func files() throws {
        let tree = try ProcessTree()
        let many = (0..<100_000).map { "user\($0):x:\($0):0:a comment:/home/user\($0):/bin/sh\n" }.joined()
        try tree.write(many, to: ProcessTree.passwd)
        let names = UserNames(roots: tree.roots)
        #expect(names.name(of: 99_999)?.text == "user99999" && names.name(of: 100_000) == nil)

        let other = try ProcessTree()
        try other.write("", to: ProcessTree.passwd + "-")
        #expect(mkfifo(other.path(ProcessTree.passwd), 0o600) == 0)
        #expect(UserNames(roots: other.roots).name(of: 0) == nil)
        #expect(try UserNames(roots: ProcessTree().roots).name(of: 0) == nil)
    }
}

@Suite("Fuzz: the host's passwd file") struct PasswdFuzzTests {
    @Test("Whatever stands in it, a name is found or not")
    func lines() async {
        let lines = ["root:x:0:0:root:/root:/bin/sh\nweb:x:33:33:,,,:/var:\n", "+::::::\n18446744073709551615:x:18446744073709551615:0:::"]
        await Fuzz.run("passwd", lines.map { Array($0.utf8) }, count: 500) { one in
            for uid: UInt64 in [0, 33, .max] { _ = Passwd.name(of: uid, in: one.input.span.bytes)?.text }
        }
    }
}
