import Foundation
import TestSupport
import Testing

@testable import StatsCore

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Charts, compared with golden files (SONDE_UPDATE_GOLDEN=1 rewrites them), and read by an XML parser.
@Suite("A figure") struct FigureTests {
    private static let hostile = "<script>alert(1)</script> & \"'\u{202e}\u{0}\u{1b}]]> 名前 😀"

    private static func figure(name: String = "web1") -> Figure {
        let span: ClosedRange<Int64> = 1_700_000_000_000_000...1_700_000_060_000_000
        var line = ChartLine(span: span, columns: 800)
        var other = ChartLine(span: span, columns: 800)
        for second in 0...60 where !(20...29).contains(second) {
            let time = span.lowerBound + Int64(second) * 1_000_000
            line.add(Double(second * second % 97), at: time, joined: second != 0 && second != 30)
            other.add(40, at: time, joined: second != 0 && second != 30)
        }
        var figure = Figure(
            title: "CPU of \(name)", summary: "Every 1s on 1 node", axis: TimeAxis(span: span, origin: span.lowerBound),
            names: [name, "db"],
            panels: [Figure.Panel(title: "cpu_percent", unit: .percent, lines: [line, other])])
        var bands = ChartBands(span: span, columns: 800)
        bands.add(from: span.lowerBound + 19_000_000, to: span.lowerBound + 30_000_000)
        figure.bands = bands
        figure.marks = [
            Figure.Mark(.mark, time: span.lowerBound + 40_000_000, label: "load on, \(name)"),
            Figure.Mark(.end, time: span.lowerBound + 50_000_000, label: "container die \(name)"),
        ]
        figure.notes = ["Left out, with lower means: \(name)"]
        return figure
    }

    private static var scatter: ScatterFigure {
        var figure = ScatterFigure(title: "Sizes", summary: "s", x: "Virtual", y: "Resident", unit: .bytes, groups: ["a", hostile])
        for index in 1...50 { figure.add(x: Double(index) * 0x1p20, y: Double(index * index) * 0x1p12, group: index % 2, label: hostile) }
        figure.add(x: 0, y: 5, group: 0, label: "nowhere")
        return figure
    }

    private static var timeline: TimelineFigure {
        var figure = TimelineFigure(title: "When", summary: "s", axis: TimeAxis(span: 0...60_000_000, origin: 0))
        for second in 0...50 { figure.add(kind: second % 5 == 0 ? "mark" : hostile, time: Int64(second) * 1_000_000, label: hostile) }
        return figure
    }

    @Test(
        "A figure is drawn as the golden file has it",
        arguments: [("figure", figure().svg()), ("scatter", scatter.svg(styled: false)), ("timeline", timeline.svg(styled: false))])
    func golden(name: String, svg: String) throws {
        let path = URL(fileURLWithPath: Checkout.fixtures(of: "StatsCoreTests") + "/charts/\(name).svg")
        if ProcessInfo.processInfo.environment["SONDE_UPDATE_GOLDEN"] == "1" { try Data(svg.utf8).write(to: path) }
        #expect(try String(contentsOf: path, encoding: .utf8) == svg)
    }

    @Test("Whatever things are called, a figure is well-formed XML, and the names are text in it")
    func wellFormed() throws {
        for svg in [Self.figure(name: Self.hostile).svg(), Self.scatter.svg(), Self.timeline.svg()] {
            let reader = SVGReader()
            let parser = XMLParser(data: Data(svg.utf8))
            parser.delegate = reader
            #expect(parser.parse(), "\(String(describing: parser.parserError))")
            #expect(!reader.elements.contains("script"))
            #expect(reader.text.contains("<script>alert(1)</script> & \"'"))
            #expect(reader.root["role"] == "img")
            #expect(reader.root["aria-labelledby"]?.hasSuffix("-desc") == true)
        }
    }

    @Test("No line of a figure leads into a shaded gap")
    func noLineInGap() throws {
        let svg = Self.figure().svg()
        let paths = svg.split(separator: "\n").filter { $0.contains("class=\"line c0\" d=\"M") && $0.contains("<title>web1") }
        let path = try #require(paths.first)
        #expect(path.split(separator: "M").count == 3, "one stroke on each side of the gap")
    }

    @Test("A mark's label stands on the paper, an event's is told to whoever rests on its line")
    func marks() {
        let svg = Self.figure().svg()
        #expect(svg.contains(">load on, web1</text>"))
        #expect(svg.contains("<title>50s: container die web1</title>"))
        #expect(!svg.contains(">container die web1</text>"))
    }
}

/// Collects the elements and texts of a document.
private final class SVGReader: NSObject, XMLParserDelegate {
    var elements: [String] = []
    var root: [String: String] = [:]
    var text = ""

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String] = [:]
    ) {
        if elements.isEmpty { root = attributes }
        elements.append(name)
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
