import NIOCore
import Testing

@testable import Agent

@Suite("The window of frames") struct FrameWindowTests {
    /// A window with `count` frames in memory, each of 10 bytes and born at its number.
    private func window(_ count: UInt64, behind kept: Range<UInt64> = 1..<1) -> FrameWindow {
        var window = FrameWindow(kept)
        for _ in 0..<count { window.append(ByteBuffer(string: "frame no \(window.nextSeq)"), now: window.nextSeq) }
        return window
    }

    /// What is taken now: the last digits of the frames, and how it ended.
    private func take(_ window: inout FrameWindow, limit: Int = 1000) -> Taken {
        var batch: [ByteBuffer] = []
        let end = window.take(into: &batch, limit: limit)
        return Taken(frames: batch.compactMap { String(buffer: $0).last }.map(String.init).joined(), end: end)
    }

    private struct Taken: Equatable {
        var frames = ""
        var end = FrameWindow.Taking.isDone
    }

    @Test("Each frame is taken once, in order, as many at a time as fit")
    func order() {
        var window = window(3)
        #expect(window.bytes == 30 && window.count == 3 && window.unacknowledged == 3)
        let taken = [take(&window, limit: 15), take(&window, limit: 15), take(&window)]
        #expect(taken == [Taken(frames: "12", end: .isFull), Taken(frames: "3"), Taken()])
    }

    @Test("What is acknowledged is forgotten and never taken again, wherever the collector rewinds to")
    func acknowledged() {
        var window = window(3)
        window.acknowledge(through: 2)
        #expect(window.bytes == 10 && window.unacknowledged == 1 && window.acknowledged == 2)
        window.rewind(to: 1)
        let taken = take(&window)
        #expect(taken == Taken(frames: "3"))
        window.acknowledge(through: 1)
        #expect(window.acknowledged == 2)
        window.acknowledge(through: .max)
        #expect(window.acknowledged == 3 && window.nextSeq == 4 && window.bytes == 0)
    }

    @Test("What went to the disk is read there, and is still unacknowledged")
    func onDisk() {
        var window = window(3)
        window.forget(through: 2)
        #expect(window.bytes == 10 && window.unacknowledged == 3 && window.oldest?.seq == 3)
        let first = take(&window)
        let isWanted = window.noteSent(through: 2, rewinds: 0)
        let second = take(&window)
        #expect(first == Taken(end: .onDisk(from: 1, rewinds: 0)) && isWanted && second == Taken(frames: "3"))
    }

    @Test("A rewind while frames are read from the disk is not undone by them")
    func rewoundMeanwhile() {
        var window = window(3)
        window.forget(through: 3)
        let first = take(&window)
        window.rewind(to: 2)
        let isWanted = window.noteSent(through: 3, rewinds: 0)
        let second = take(&window)
        #expect(first == Taken(end: .onDisk(from: 1, rewinds: 0)) && !isWanted)
        #expect(second == Taken(end: .onDisk(from: 2, rewinds: 1)))
    }

    @Test("A rewind goes nowhere beyond the frames that there are", arguments: [4, 5, UInt64.max])
    func rewindAhead(seq: UInt64) {
        var window = window(3)
        window.rewind(to: seq)
        let first = take(&window)
        window.append(ByteBuffer(string: "4"), now: 4)
        let second = take(&window)
        #expect(first == Taken() && second == Taken(frames: "4"))
    }

    @Test("The frames of an earlier epoch are on the disk, and the numbers go on")
    func recovered() {
        var window = window(0, behind: 5..<9)
        #expect(window.acknowledged == 4 && window.nextSeq == 9 && window.unacknowledged == 4)
        let first = take(&window)
        window.acknowledge(through: 8)
        let second = take(&window)
        #expect(first == Taken(end: .onDisk(from: 5, rewinds: 0)) && second == Taken() && window.unacknowledged == 0)
    }

    @Test("Damaged frames are given up when all before them are acknowledged")
    func damaged() {
        var window = window(0, behind: 1..<9)
        window.acknowledge(through: 2)
        var isGivenUp = window.giveUp(4...5)
        #expect(!isGivenUp && window.acknowledged == 2)
        window.acknowledge(through: 3)
        isGivenUp = window.giveUp(4...5)
        #expect(isGivenUp && window.acknowledged == 5)
        let taken = take(&window)
        #expect(taken == Taken(end: .onDisk(from: 6, rewinds: 0)))
    }

    @Test("The oldest frames are handed out up to a limit, and stay until they are forgotten")
    func oldest() {
        let window = window(3)
        #expect(window.oldest(limit: 15).map(\.seq) == [1, 2])
        #expect(window.oldest(limit: 1000).map(\.seq) == [1, 2, 3])
        #expect(window.count == 3 && window.oldest?.born == 1)
    }
}
