import Testing

@testable import FolderOrder

@Suite("The names in a Swift file")
struct SwiftNamesTests {
    @Test("Types at the top level are declared; private and nested ones, members and what is declared in an extension are not")
    func declared() {
        let names = SwiftNames(
            """
            package final class Outer: Base { struct Inner {} ; class func make() {} }
            private struct Hidden {}
            extension Elsewhere { enum Kind {} }
            func free() -> Result {}
            protocol Port: AnyObject {}
            """)
        #expect(names.declared == ["Outer", "Port"])
    }

    @Test("A name is used on the line where it stands first, but not behind a dot, in a comment or in a text")
    func used() {
        let names = SwiftNames(
            """
            let a: First? = .none
            let b = Second.Nested // Third
            /* Fourth /* Fifth */ Sixth */ let c: Seventh
            let d = "Eighth \\(Ninth(text: "Tenth \\(Eleventh())")) \\" Twelfth"
            let e = #"Thirteenth \\(Fourteenth) \\#(Fifteenth())"#
            let f = \"""
                Sixteenth "quoted" \\(Seventeenth())
                \"""
            let g = Eighteenth()
            """)
        #expect(
            names.used == [
                "First": 1, "Second": 2, "Seventh": 3, "Ninth": 4, "Eleventh": 4, "Fifteenth": 5, "Seventeenth": 7, "Eighteenth": 9,
            ])
    }

    @Test("A file's own types are no use of another's of the same name")
    func own() {
        let names = SwiftNames("struct A { private enum Phase { case on }; var phase: Phase; var other: Other }")
        #expect(names.used == ["Other": 1])
    }
}
