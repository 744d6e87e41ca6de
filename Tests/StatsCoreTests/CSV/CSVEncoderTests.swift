import Testing

@testable import StatsCore

@Suite("Rows become CSV lines") struct CSVEncoderTests {
    static let columns = [
        Column(name: "i", unit: "", kind: .gauge, type: .integer, source: "", meaning: ""),
        Column(name: "d", unit: "", kind: .gauge, type: .decimal, source: "", meaning: ""),
        Column(name: "t", unit: "", kind: .gauge, type: .text, source: "", meaning: ""),
    ]

    /// Encodes rows of an integer, a decimal and a text.
    private func encode(_ rows: String, sources: [Int] = [0, 1, 2], width: Int = 3, node: String = "n") throws -> String {
        let bytes = Array(rows.utf8)
        var encoder = CSVEncoder()
        encoder.begin(time: 1_000_000, tick: 4, node: node)
        var out = ByteWriter()
        let target = ColumnMap.Target(width: width, sources: sources, columns: Self.columns)
        _ = try encoder.append(bytes.span.bytes, rows: 0..<bytes.count, as: target, to: &out)
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    private func fields(_ row: String) throws -> String {
        let line = try encode("[\(row)]")
        let prefix = "1970-01-01T00:00:01.000000Z,4,n,"
        #expect(line.hasPrefix(prefix) && line.hasSuffix("\n"))
        return String(line.dropFirst(prefix.count).dropLast())
    }

    @Test(
        "Numbers are copied as they are, null becomes an empty cell",
        arguments: [
            ("[1,2.5,\"x\"]", "1,2.5,x"),
            ("[null,null,null]", ",,"),
            ("[18446744073709551615,-0.25,\"x\"]", "18446744073709551615,-0.25,x"),
            ("[-3,1e-7,\"x\"]", "-3,1e-7,x"),
            (" [ 1 ,\t2 , \"x\" ] ", "1,2,x"),
        ])
    func copies(_ row: String, _ expected: String) throws {
        #expect(try fields(row) == expected)
    }

    @Test("A whole number that doesn't fit in 64 bits is no integer")
    func tooLarge() throws {
        #expect(try fields("[-9223372036854775808,1,\"x\"]") == "-9223372036854775808,1,x")
        for number in ["18446744073709551616", "-9223372036854775809", "100000000000000000000000"] {
            #expect(throws: RowFault.self, "\(number)") { try fields("[\(number),1,\"x\"]") }
            #expect(try fields("[1,\(number),\"x\"]") == "1,\(number),x")
        }
    }

    @Test(
        "A text is quoted when a reader would take it for something else",
        arguments: [
            (#""plain text""#, "plain text"),
            (#""a,b""#, "\"a,b\""),
            (#""a\"b""#, "\"a\"\"b\""),
            (#""\"""#, "\"\"\"\""),
            (#""a\nb""#, "\"a\nb\""),
            (#""a\rb""#, "\"a\rb\""),
            (#"" a""#, "\" a\""),
            (#""a ""#, "\"a \""),
            (#""\ta""#, "\"'\ta\""),
            (#""""#, "\"\""),
            (#""a\\b\/c""#, "a\\b/c"),
            (#""\u00e9\uD83D\uDE00""#, "é😀"),
            (#""\ud83dx""#, "\u{FFFD}x"),
            (#""\udc00""#, "\u{FFFD}"),
            (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
            (#""a\u0000b""#, "a\u{FFFD}b"),
            (#""\u002c""#, "\",\""),
        ])
    func quotes(_ text: String, _ expected: String) throws {
        #expect(try fields("[1,1,\(text)]") == "1,1," + expected)
    }

    @Test("A text that a spreadsheet would run as a formula gets an apostrophe; a number doesn't, below zero neither")
    func formulas() throws {
        #expect(try fields(#"[-1,-2.5,"=cmd|'/c calc'!A1"]"#) == "-1,-2.5,'=cmd|'/c calc'!A1")
        #expect(try fields(#"[1,1,"=1,\"2\""]"#) == #"1,1,"'=1,""2""""#)
        #expect(try fields(#"[1,1,"\u003d1"]"#) == "1,1,'=1")
        #expect(try fields(#"[1,1,"-5"]"#) == "1,1,'-5")
        #expect(try encode("[[1,1,\"x\"]]", node: "@here").contains(",4,'@here,1,1,x"))
    }

    @Test(
        "A cell that is not of its column's type is refused",
        arguments: [
            "[1.5,1,\"x\"]", "[1e3,1,\"x\"]", "[\"1\",1,\"x\"]", "[1,\"1\",\"x\"]", "[1,1,5]", "[true,1,\"x\"]", "[1,false,\"x\"]",
            "[1,1,[]]", "[1,1,{}]", "[1,1]", "[1,1,\"x\",4]", "[]", "[-,1,\"x\"]",
        ])
    func refuses(_ row: String) {
        #expect(throws: RowFault.self) { try encode("[\(row)]") }
    }

    @Test("The fault names the row, and the column where one is to blame")
    func explains() {
        #expect(throws: RowFault(row: 1, what: "holds no integer in column `i`")) { try encode("[[1,1,\"x\"],[\"2\",1,\"x\"]]") }
        #expect(throws: RowFault(row: 0, what: "has 2 cells, where `hello` named 3 columns")) { try encode("[[1,1]]") }
    }

    @Test("Rows cut at any byte are refused or whole, and never read beyond their end")
    func truncated() throws {
        let rows = #"[[1,2.5,"a\u00e9,\"b"],[22,null,"cd"]]"#
        let whole = try encode(rows)
        #expect(whole.count { $0 == "\n" } == 2)
        for length in 1..<rows.utf8.count {
            let cut = String(decoding: Array(rows.utf8.prefix(length)), as: UTF8.self)
            if let text = try? encode(cut) { #expect(whole.hasPrefix(text)) }
        }
    }

    @Test("An agent's columns are found by name, absent ones stay empty and unknown ones are dropped")
    func mapped() throws {
        #expect(try encode("[[\"x\",9,1]]", sources: [2, -1, 0], width: 3).hasSuffix(",n,1,,x\n"))
        let map = ColumnMap(tables: ["host": ["context_switches", "no_such_column", "load1"]])
        let target = try #require(map[.host])
        let names = Catalogue.table(.host).columns.map(\.name)
        #expect(target.width == 3)
        #expect(target.sources[try #require(names.firstIndex(of: "load1"))] == 2)
        #expect(target.sources[try #require(names.firstIndex(of: "context_switches"))] == 0)
        #expect(target.sources.filter { $0 >= 0 }.count == 2)
        #expect(map[.process] == nil)
    }

    @Test("A node's name is quoted like any text")
    func node() throws {
        #expect(try encode("[[1,1,\"x\"]]", node: "a,b").contains(",4,\"a,b\",1,1,x"))
        #expect(try encode("[[1,1,\"x\"]]", node: "").contains(",4,,1,1,x"))
    }

    @Test("Of rows with one key the first is taken, in whichever column of the agent's the key stands; the next frame begins anew")
    func keys() throws {
        var encoder = CSVEncoder()
        let target = ColumnMap.Target(width: 3, sources: [0, 1, 2], columns: Self.columns, key: .column("t"))
        #expect(target.keySource == 2)
        for _ in 0..<2 {
            let bytes = Array(#"[[1,1,"a"],[2,2,"b"] , [3,3,"a"],[4,4,"a"],[5,5,"ab"]]"#.utf8)
            encoder.begin(time: 0, tick: 0, node: "n")
            var out = ByteWriter()
            #expect(try encoder.append(bytes.span.bytes, rows: 0..<bytes.count, as: target, to: &out) == 3)
            let lines = out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }.split(separator: "\n")
            let doubled = encoder.doubled
            #expect(lines.map { $0.split(separator: ",")[3...].joined(separator: ",") } == ["1,1,a", "2,2,b", "5,5,ab"] && doubled == 2)
        }
    }

    @Test("A table with one row a tick takes no second one")
    func single() {
        var encoder = CSVEncoder()
        encoder.begin(time: 0, tick: 0, node: "n")
        let target = ColumnMap.Target(width: 3, sources: [0, 1, 2], columns: Self.columns, key: .single)
        let bytes = Array(#"[[1,1,"a"],[1,1,"a"]]"#.utf8)
        var out = ByteWriter()
        var fault: RowFault?
        do throws(RowFault) { _ = try encoder.append(bytes.span.bytes, rows: 0..<bytes.count, as: target, to: &out) } catch {
            fault = error
        }
        #expect(fault?.row == 1)
    }
}
