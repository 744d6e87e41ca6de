import StatsCore
import Testing

@testable import Collector

@Suite("The collector's memory") struct MemoryRoomTests {
    @Test("It is divided by the limit of its cgroup, within reason; without a limit it is as with half a gibibyte")
    func divided() {
        func room(_ mebibytes: UInt64?) -> [Int] {
            let room = MemoryRoom(limit: mebibytes.map { $0 << 20 })
            return [room.live >> 20, room.frames >> 20]
        }
        #expect(room(256) == [32, 64] && room(1024) == [128, 256])
        #expect(room(nil) == room(512))
        #expect(room(1) == room(192) && room(1 << 30) == room(4096))
    }

    @Test("However little there is, an agent can deliver a frame of the largest size")
    func largest() {
        let share = MemoryBudget(room: MemoryRoom(limit: 1).frames).share(of: .large("::1"))
        #expect(share.grow(to: Frame.limit) {})
    }
}
