import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("Courses") struct CourseTests {
    private static let kind = LiveKind<RowSource>.container
    private static let place = kind.place("cpu_percent")

    private static func object(_ value: Double?) -> LiveObject {
        var values = kind.fields.map { _ in LiveValue.unknown }
        if let place, let value { values[place] = .number(value) }
        return LiveObject(values, kind)
    }

    @Test("A course tells what was noted at each of its last 150 steps and nothing for the others, whatever gaps lie between")
    func points() {
        #expect(Self.place != nil)
        var random = SeededRandom(state: 1)
        for longest in [1, 2, 3, 40, 400] {
            var course = Course(.container, at: 5)
            var noted: [Int: Double?] = [:]
            var position = 4
            for _ in 0..<1000 {
                position += 1 + Int(random.next() % UInt64(longest))
                let value = random.next() % 5 == 0 ? nil : Double(random.next() % 1000)
                course.append(Self.object(value), at: position)
                // What comes again, or late, changes nothing.
                course.append(Self.object(-1), at: position - Int(random.next() % 3))
                noted[position] = value
                let now = position + Int(random.next() % 3)
                let count = 1 + Int(random.next() % 300)
                let wanted = (max(0, now - count + 1)...now).map { $0 > position - Course.capacity ? noted[$0] ?? nil : nil }
                #expect(course.points(of: "cpu_percent", upTo: now, count: count) == wanted)
            }
            #expect(course.points(of: "rx_bytes_per_s", upTo: position, count: 3) == [nil, nil, nil])
        }
    }
}
