/// Why a connection of an uplink has ended, where neither the network nor the collector says it.
enum UplinkEnd {
    struct Silence: Error, CustomStringConvertible {
        let length: Duration
        var description: String { "the collector has said nothing for \(length)" }
    }

    /// Another collector has the agent now, or this one has all that there was for it.
    struct Unneeded: Error {}

    /// The collector has frames of this start that weren't sent under its name: it is another one of the list, too, and would take what it gets under two names for the same frames.
    struct NamedTwice: Error, CustomStringConvertible {
        let others: [CollectorAddress]
        var description: String {
            "this is the same collector as \(others.map(\.description).joined(separator: " or ")): name each collector once in --collector, by one address"
        }
    }

    struct Closed: Error, CustomStringConvertible {
        var description: String { "the collector closed the connection" }
    }
}
