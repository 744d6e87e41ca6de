import Testing

@testable import StatsCore

@Suite("The message environment") struct EnvironmentMessageTests {
    private static func decoded(_ text: String) throws -> EnvironmentMessage {
        try EnvironmentMessage(decoding: Array(text.utf8).span.bytes)
    }

    @Test("What an agent tells arrives as it was told")
    func roundTrip() throws {
        var container = ContainerSettings(id: "aa", name: "web", image: "nginx:1.27")
        (container.imageID, container.cpuLimit, container.memoryLimitBytes) = ("sha256:1", 1.5, 1 << 30)
        (container.restartPolicy, container.cpuset, container.pidsLimit) = ("on-failure:5", "0-1", 100)
        let message = EnvironmentMessage(
            host: .sample(), activity: HostActivity(load1: 0.5, stealPercent: 1, swapUsedBytes: 5), containers: [container],
            containersLeftOut: 3)
        let text = String(decoding: try message.encoded(), as: UTF8.self)
        #expect(text.contains(#""type":"environment""#))
        #expect(try Self.decoded(text) == message)
    }

    @Test("Members of other kinds are left out, containers beyond those that are kept are counted, and what is too large is refused")
    func rubbish() throws {
        let odd = try Self.decoded(
            #"{"type":"environment","host":7,"activity":[],"containers":[{"id":""},{"id":"a","name":1}],"containers_left_out":-1}"#)
        #expect(odd == EnvironmentMessage(containers: [ContainerSettings(id: "a", name: "", image: "")], containersLeftOut: 1))
        let many = (0..<600).map { #"{"id":"\#($0)"}"# }.joined(separator: ",")
        let message = try Self.decoded(#"{"type":"environment","containers":[\#(many)]}"#)
        #expect(message.containers?.count == 500 && message.containersLeftOut == 100)
        let large = #"{"type":"environment","x":"\#(String(repeating: "x", count: EnvironmentMessage.limit))"}"#
        #expect(throws: FrameError.self) { try Self.decoded(large) }
    }
}
