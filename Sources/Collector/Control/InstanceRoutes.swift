import Hummingbird
import StatsCore

/// `GET /instances`: the connected nodes, as text for people and kubemon's users, or as JSON.
struct InstanceRoutes {
    let recorder: Recorder
    let answers: AnswerPlaces

    func add(to router: Router<ControlContext>) {
        router.read("instances") { request, context in
            let nodes = await recorder.nodeReports().filter(\.isConnected)
            let report = InstancesReport(instances: nodes.reduce(0) { $0 + $1.instances }, nodes: nodes)
            if request.acceptsJSON { return try answers.json(report, to: context.channel) }
            let text = VisibleText.escape(Self.text(report), keeping: "\n")
            return try answers.answer(Array(text.utf8), type: "text/plain; charset=utf-8", to: context.channel)
        }
    }

    static func text(_ report: InstancesReport) -> String {
        let lines = report.nodes.map { node in
            "\(node.monitor) (\(node.node)): operating system, \(node.containers) containers, \(node.processes) processes\n"
        }
        return "Connected instances: \(report.instances)\n" + lines.joined()
    }
}
