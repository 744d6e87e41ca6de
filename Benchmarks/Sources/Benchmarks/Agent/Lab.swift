import Glibc

/// A Docker engine that the lab's scripts start for the benchmark, and its containers.
final class Lab {
    let socket: String
    private let scripts: String
    private let scratch: Scratch
    private let environment: [String: String]
    private var isUp = false

    init(root: String, scratch: Scratch) {
        scripts = "\(root)/Tests/Lab"
        self.scratch = scratch
        let place = "/tmp/sonde-benchmarks-lab"
        environment = ["SONDE_LAB": place]
        socket = "\(place)/docker.sock"
    }

    /// Why there can be no engine; `nil` when there can.
    static var obstacle: String? {
        if !Machine.isRoot { return "not root" }
        let places = ["/usr/sbin", "/usr/bin", "/usr/local/bin", "/usr/local/sbin", "/sbin", "/bin"]
        return places.contains { access("\($0)/dockerd", X_OK) == 0 } ? nil : "no dockerd"
    }

    func up() throws {
        isUp = true
        try script("engine.sh", "up")
        try script("image.sh")
    }

    func down() {
        guard isUp else { return }
        isUp = false
        do {
            try Child.run(
                ["\(scripts)/engine.sh", "down"], environment: environment, log: scratch.file("down.log"), evenIfInterrupted: true)
        } catch {
            Terminal.note("the engine could not be ended: \(error)")
        }
    }

    /// Starts containers of seven processes each, which live as long as the container: a waiting shell, and six that work for
    /// a moment every second.
    func startSteady(_ numbers: ClosedRange<Int>) throws {
        // Reads, with a time limit, from a pipe without a writer: this sleeps without starting a new process each time.
        let child = "while :; do read -t 1 x <&3; k=0; while [ $k -lt 200 ]; do k=$((k+1)); done; done"
        let command = "busybox mkfifo /tmp/pipe; exec 3<>/tmp/pipe; for j in 1 2 3 4 5 6; do (\(child)) & done; wait"
        for number in numbers {
            try docker(
                "run", "-d", "--label", "sonde-lab=1", "--name", "steady\(number)", "-m", "64m", "sonde-lab", "/bin/sh", "-c", command)
        }
    }

    /// Starts the lab's own load: containers in which half of the processes are replaced every second.
    func startRestless(_ count: Int) throws { try script("workload.sh", "up", "\(count)") }

    /// Removes containers that `startSteady` started.
    func remove(_ numbers: ClosedRange<Int>) throws { try docker(["rm", "-f"] + numbers.map { "steady\($0)" }) }

    func removeAll() throws { try script("workload.sh", "down") }

    private func docker(_ words: String...) throws { try docker(words) }

    private func docker(_ words: [String]) throws {
        try Child.run(["docker", "-H", "unix://\(socket)"] + words, log: scratch.file("docker.log"))
    }

    private func script(_ words: String...) throws {
        try Child.run(["\(scripts)/\(words[0])"] + words.dropFirst(), environment: environment, log: scratch.file("lab.log"))
    }
}
