import StatsCore

/// Refuses an agent whose id is another agent's, because a state directory or a whole machine was copied, and an agent whose state is
/// older than what it has delivered.
enum Fence {
    /// - Throws: `Refusal` with `cloned` or `stale_epoch`.
    static func check(_ hello: Hello, against known: Streams.Stream) throws(Refusal) {
        if known.session != nil, known.node != hello.node {
            throw cloned(hello, "is connected as node `\(known.node)`; unless it was just given another name, and is let in soon")
        }
        if known.epoch == hello.epoch, let ours = known.epochID, let theirs = hello.epochID, ours != theirs {
            throw cloned(hello, "was here with another epoch \(hello.epoch), as node `\(known.node)`")
        }
        // After a crash the rest of an epoch may end before what was acknowledged. The epoch's id shows that it is the same epoch.
        let isSame = known.epochID != nil && known.epochID == hello.epochID
        guard hello.epoch > known.epoch || hello.epoch == known.epoch && (isSame || hello.nextSeq > known.accepted) else {
            throw Refusal(
                code: "stale_epoch",
                message: "agent \(hello.agent) was here with epoch \(known.epoch) up to frame \(known.accepted), as node `\(known.node)`, "
                    + "and comes with epoch \(hello.epoch), next frame \(hello.nextSeq): its state is older than what it has delivered, "
                    + "or was copied. " + remedy(hello))
        }
    }

    private static func cloned(_ hello: Hello, _ what: String) -> Refusal {
        Refusal(code: "cloned", message: "agent \(hello.agent) \(what): its state directory is a copy. " + remedy(hello))
    }

    private static func remedy(_ hello: Hello) -> String {
        "On the host of node `\(hello.node)` end sonde-agent, remove its state directory (/var/lib/sonde-agent, or what --state says), "
            + "and start it again: it will have an id of its own"
    }
}
