import StatsCore

/// Reads state and speed of each interface. The state's file stays open and is read at every tick.
///
/// The speed's is read aside, when the state has changed and every ten seconds: whoever reads it waits for the kernel's lock of all interfaces, and then for the
/// driver, which may ask its hardware.
struct InterfaceLinks: ~Copyable {
    private final class Interface {
        let name: EncodedText?
        let speedFile: String
        var stateFile: OptionalFile
        var link = InterfaceLink()
        var question: BlockingFiles.Ticket?
        var askedAt: UInt64?

        init(_ name: EncodedText?, _ directory: String, _ tally: inout ReadTally) {
            self.name = name
            speedFile = "\(directory)/speed"
            stateFile = OptionalFile(directory, "operstate", &tally)
        }
    }

    /// Nanoseconds.
    private static let speedLifetime: UInt64 = 10_000_000_000

    private let sys: String
    /// Others' files wait longer than a driver may take, so it has its own.
    private let files = BlockingFiles()
    /// By the place of the interface in the kernel's list; `nil` for one that isn't wanted.
    private var interfaces: [Interface?] = []

    init(sys: String) { self.sys = sys }

    /// - Parameter now: the monotonic clock in nanoseconds.
    mutating func read(into network: inout NetDev, at now: UInt64, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        follow(network, &tally)
        // Gives up a thread that a driver holds.
        files.wait(until: 0)
        for (place, interface) in interfaces.enumerated() {
            guard let interface else { continue }
            if !read(interface, at: now, &buffer, &tally) { interfaces[place] = nil }
            network.setLink(interface.link, at: place)
        }
    }

    /// - Returns: `false` when the interface has gone.
    private func read(_ interface: Interface, at now: UInt64, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        var own = ReadTally()
        let isRead = interface.stateFile.read(into: &buffer, &own)
        tally.errors += own.errors
        let hasChanged = isRead ? interface.link.adopt(state: buffer.bytes) : interface.link.adopt(state: RawSpan())
        if let question = interface.question, let answer = files.take(question) {
            interface.question = nil
            if case .content(let bytes) = answer {
                interface.link.speed = InterfaceLink.speed(parsing: bytes.span.bytes)
            } else {
                interface.link.speed = nil
            }
        }
        // The speed was that of the state before. What is answered to a question of before the change is asked again.
        if hasChanged {
            if let question = interface.question { files.forget(question) }
            (interface.question, interface.askedAt, interface.link.speed) = (nil, nil, nil)
        }
        if interface.question == nil, interface.askedAt.map({ now &- $0 >= Self.speedLifetime }) ?? true {
            interface.question = files.ask(interface.speedFile)
            interface.askedAt = now
        }
        if own.isGone, let question = interface.question { files.forget(question) }
        return !own.isGone
    }

    /// Opens the files of new interfaces, and closes those of others.
    private mutating func follow(_ network: borrowing NetDev, _ tally: inout ReadTally) {
        let isSame =
            interfaces.count == network.interfaces.count
            && network.interfaces.indices.allSatisfy {
                let interface = network.interfaces[$0]
                return interface.isWanted ? interfaces[$0]?.name == interface.name : interfaces[$0] == nil
            }
        if isSame { return }
        let known = interfaces
        interfaces = network.interfaces.map { interface in
            guard interface.isWanted, let name = interface.name else { return nil }
            return known.first { $0?.name == name } ?? Interface(name, "\(sys)/class/net/\(name.text)", &tally)
        }
        for old in known {
            if let old, let question = old.question, !interfaces.contains(where: { $0 === old }) { files.forget(question) }
        }
    }
}
