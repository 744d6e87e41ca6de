import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The facts about its host that an agent sends in `hello`, read once at the start.
struct HostFacts: Sendable {
    let bootID: String?
    let kernel: String?
    let cgroup: String?
    let cpus: Int
    let memory: UInt64?
    let topology: CPUTopology?
    /// Whether this agent may read every process's files: as root, or with the capabilities for it.
    let isPrivileged: Bool
    /// Whether `/proc` keeps the processes of other users from this agent, as it does with `hidepid` (proc(5)). Process 1 shows it: there always is one.
    let hidesProcesses: Bool
    let tables: [String: [String]]

    init(roots: KernelRoots) {
        bootID = roots.bootID
        kernel = KernelFile.word(of: "\(roots.proc)/sys/kernel/osrelease")
        cgroup = CgroupMount(roots: roots)?.mode?.rawValue
        cpus = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        memory = roots.hostMemory
        topology = CPUTopology(sys: roots.sys)?.fitting()
        isPrivileged = Capabilities.own?.readsEveryProcess ?? (geteuid() == 0)
        var buffer = ReadBuffer()
        hidesProcesses = (try? KernelFile.readOnce("\(roots.proc)/1/stat", into: &buffer)) == nil
        tables = Dictionary(uniqueKeysWithValues: Catalogue.tables.map { ($0.id.name, $0.columns.map(\.name)) })
    }

    /// The agent's kubemon name, made of the address that the collector sees and the node's name: `OSMonitor_192_168_0_3_node_0`.
    func monitor(address: String, node: String) -> String {
        "OSMonitor_\(Self.plain(address))_\(Self.plain(node))"
    }

    /// The host's name for itself.
    static var hostname: String {
        var name = utsname()
        uname(&name)
        return withUnsafeBytes(of: &name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func plain(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}
