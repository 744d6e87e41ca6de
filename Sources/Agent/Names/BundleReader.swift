import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Looks for containers' bundles below the directories of containerd, CRI-O and Podman. It may block as long as their file systems do.
///
///     <run>/containerd/io.containerd.runtime.v2.task/<namespace>/<id>/config.json       containerd: a kubelet's, nerdctl's, …
///     <run>/k3s/containerd/…, <run>/k0s/containerd/…                                    the containerd of k3s, RKE2, k0s
///     <run>/containers/storage/overlay-containers/<id>/userdata/config.json             CRI-O
///     <lib>/containers/storage/overlay-containers/<id>/userdata/config.json             Podman, and containers.json beside <id>
///
/// What it meets there is held against what root's runtimes make: links aren't followed, a file has to be a regular one of root or of this agent's user, and of no
/// more bytes than a program's start can have.
struct BundleReader {
    let roots: NameRoots

    /// execve(2) takes 2 MiB of arguments and environment; escapes make them longer.
    private static let longestConfig: UInt64 = 4 << 20
    private static let longestList: UInt64 = 32 << 20
    private static let taskDirectory = "io.containerd.runtime.v2.task"
    private static let containerds = [["containerd"], ["k3s", "containerd"], ["k0s", "containerd"]]

    /// Where a directory is: below one of the roots, so that no link leads out of that.
    private struct Place {
        let root: String
        let names: [String]

        func open(_ more: String...) throws(DiskError) -> Descriptor {
            var here = try Descriptor.directory(root)
            for name in names + more { here = try here.directory(name) }
            return here
        }
    }

    /// Looks for each of these containers.
    func read(_ ids: [String]) -> NameAnswers {
        var answers = NameAnswers()
        let tasks = taskPlaces(&answers)
        let storages = storagePlaces(&answers)
        var lists: [String: Listed] = [:]
        for id in ids {
            var outcome = NameOutcome.silent
            func look(_ body: () throws(DiskError) -> NameOutcome) {
                if case .told = outcome { return }
                let found: NameOutcome
                do throws(DiskError) { found = try body() } catch { found = NameOutcome(error) }
                // What stands in the way at one place is told only if no other has the names.
                if found != .silent { outcome = found }
            }
            if Self.isName(id) {
                for place in tasks { look { () throws(DiskError) in try task(place, id) } }
                for place in storages { look { () throws(DiskError) in try stored(place, id, &lists) } }
            }
            answers.outcomes[id] = outcome
        }
        return answers
    }

    /// Whether it may be the name of a directory in which a runtime keeps a container. A cgroup's path may hold other ids.
    private static func isName(_ id: String) -> Bool {
        id.utf8.count <= 255 && !id.hasPrefix(".")
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    // MARK: containerd

    /// One for each namespace of each containerd.
    private func taskPlaces(_ answers: inout NameAnswers) -> [Place] {
        var places: [Place] = []
        for names in Self.containerds {
            let tasks = Place(root: roots.run, names: names + [Self.taskDirectory])
            answers.look("--run") { () throws(DiskError) in
                let namespaces = try tasks.open().names(of: Int(DT_DIR))
                places += namespaces.sorted().map { Place(root: roots.run, names: tasks.names + [$0]) }
            }
        }
        return places
    }

    private func task(_ place: Place, _ id: String) throws(DiskError) -> NameOutcome {
        let bundle = try place.open(id)
        let shim = (try? bundle.file("shim-binary-path").contents(limit: 4096)).map { String(decoding: $0, as: UTF8.self) }
        return try config(in: bundle, by: .containerd(shim: shim))
    }

    // MARK: CRI-O and Podman

    /// One for each storage driver, such as `overlay-containers`.
    private func storagePlaces(_ answers: inout NameAnswers) -> [Place] {
        var places: [Place] = []
        for (root, option) in [(roots.run, "--run"), (roots.lib, "--lib")] {
            let storage = Place(root: root, names: ["containers", "storage"])
            answers.look(option) { () throws(DiskError) in
                let drivers = try storage.open().names(of: Int(DT_DIR)).filter { $0.hasSuffix("-containers") }
                places += drivers.sorted().map { Place(root: root, names: storage.names + [$0]) }
            }
        }
        return places
    }

    /// What came of reading a list. A fault is kept too: a list of 32 MiB is not read again for each container.
    private enum Listed {
        case list(StorageList)
        case fault(NameOutcome)
    }

    /// - Parameter lists: those that were read in this round, by their paths.
    private func stored(_ place: Place, _ id: String, _ lists: inout [String: Listed]) throws(DiskError) -> NameOutcome {
        let driver = try place.open()
        let directory = try driver.directory(id)
        let told = try userdata(of: directory)
        if told != .silent { return told }
        var outcome = NameOutcome.silent
        for name in ["containers.json", "volatile-containers.json"] {
            let path = driver.child(name)
            if lists[path] == nil { lists[path] = list(name, in: driver) }
            switch lists[path] {
            case .list(let list)?: if let names = list.names(of: id) { return .told(names, isWhole: true) }
            case .fault(let fault)?: if fault != .silent { outcome = fault }
            case nil: break
            }
        }
        return outcome
    }

    private func list(_ name: String, in driver: borrowing Descriptor) -> Listed {
        do {
            let file = try driver.file(name)
            if let stranger = try stranger(file) { return .fault(.failed(stranger)) }
            return try .list(StorageList.read(file.contents(limit: Self.longestList)))
        } catch let error as DiskError {
            return .fault(NameOutcome(error))
        } catch {
            return .fault(.failed("\(driver.child(name)) is no list of containers"))
        }
    }

    private func userdata(of directory: borrowing Descriptor) throws(DiskError) -> NameOutcome {
        let userdata = try directory.directory("userdata")
        guard userdata.holds("config.json") else { return .silent }
        return try config(in: userdata, by: .storage)
    }

    // MARK: config.json

    private func config(in bundle: borrowing Descriptor, by writer: BundleAnnotations.Writer) throws(DiskError) -> NameOutcome {
        let file = try bundle.file("config.json")
        if let stranger = try stranger(file) { return .failed(stranger) }
        var bytes = try file.contents(limit: Self.longestConfig)
        // The environment in it may be secret, and doesn't stay in memory that is given back.
        defer {
            bytes.withUnsafeMutableBytes { bytes in
                if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
            }
        }
        do throws(JSONFault) {
            return try BundleAnnotations.names(in: bytes.span.bytes, by: writer).map { .told($0, isWhole: true) } ?? .silent
        } catch {
            return .failed("\(file.path) \(error)")
        }
    }

    /// Why a file isn't trusted; `nil` when it is.
    private func stranger(_ file: borrowing Descriptor) throws(DiskError) -> String? {
        let owner = try file.status().st_uid
        return owner == 0 || owner == geteuid() ? nil : "\(file.path) belongs to user \(owner)"
    }
}
