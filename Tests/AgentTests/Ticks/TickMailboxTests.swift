import StatsCore
import Testing

@testable import Agent

@Suite("The mailbox of the newest tick", .timeLimit(.minutes(10))) struct TickMailboxTests {
    /// Leaves a tick with one container whose id is `id`; it took 20 ms to read.
    private func note(_ id: String, to mailbox: TickMailbox) {
        var rows = TickRows()
        var reading = ContainerReading()
        reading.containerID = EncodedText(id)
        rows.append(reading)
        let header = TickHeader(run: "", epoch: 1, seq: 0, tick: 1, time: 1_000_000, begin: 1_000_000, end: 1_020_000)
        mailbox.note(header, rows, interval: 500_000)
    }

    private func ids(_ tick: TickMailbox.Tick?) -> [String] {
        var ids: [String] = []
        tick?.rows.forEachRow(of: .container) { row in if let id = row.text("container_id") { ids.append(id) } }
        return ids
    }

    @Test("The newest tick stays for whoever looks, and is gone once it was taken")
    func newest() {
        let mailbox = TickMailbox()
        #expect(mailbox.newest() == nil && mailbox.take() == nil && mailbox.times == nil)
        note("a", to: mailbox)
        note("b", to: mailbox)
        #expect(ids(mailbox.newest()) == ["b"])
        #expect(ids(mailbox.newest()) == ["b"])
        #expect(ids(mailbox.take()) == ["b"])
        #expect(mailbox.take() == nil && mailbox.newest() == nil)
        #expect(mailbox.times?.interval == 500_000)
        note("c", to: mailbox)
        #expect(ids(mailbox.take()) == ["c"])
    }

    @Test("A tick's instant is by as much before its end as its header says")
    func times() throws {
        let mailbox = TickMailbox()
        let before = Clocks.monotonicMicroseconds()
        note("a", to: mailbox)
        let times = try #require(mailbox.newest()?.times)
        #expect((before...Clocks.monotonicMicroseconds()).contains(times.read))
        #expect(times.instant == times.read - 20_000)
    }

    @Test("A stale tick is handed out to nobody; when it was is still told")
    func stale() {
        let mailbox = TickMailbox { tick, now in now >= tick.read }
        note("a", to: mailbox)
        #expect(mailbox.newest() == nil && mailbox.take() == nil)
        #expect(mailbox.times != nil)
    }

    @Test("Ticks that come sooner than the period are passed over")
    func period() {
        let mailbox = TickMailbox(period: 3_600_000_000)
        note("a", to: mailbox)
        note("b", to: mailbox)
        #expect(ids(mailbox.newest()) == ["a"])
    }

    @Test("Who waits is woken for a tick that came before, and for the next; the end wakes for good")
    func wakes() async {
        let mailbox = TickMailbox()
        note("a", to: mailbox)
        var wakes = mailbox.wakes().makeAsyncIterator()
        #expect(await wakes.next() != nil)
        #expect(ids(mailbox.take()) == ["a"])
        note("b", to: mailbox)
        #expect(await wakes.next() != nil)
        mailbox.finish()
        #expect(await wakes.next() == nil)
        #expect(mailbox.take() == nil)
        note("c", to: mailbox)
        #expect(mailbox.newest() == nil)
        var late = mailbox.wakes().makeAsyncIterator()
        #expect(await late.next() == nil)
    }
}
