import Foundation
import StatsCore
import TestSupport

@testable import Agent

/// Answers of real engines, and answers written after the API's reference.
enum EngineFixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: Checkout.fixtures(of: "AgentTests") + "/engine/" + name)))
    }

    static func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    static func reading(_ name: String) throws -> EngineReading? {
        let bytes = try bytes(name)
        return try EngineStats.decode(bytes.span.bytes)
    }
}
