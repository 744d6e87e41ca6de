/// Whether this process runs in a container, by the files that engines put into one and by the path of its cgroup.
///
///     /.dockerenv             Docker
///     /run/.containerenv      Podman
///     /run/systemd/container  systemd-nspawn, LXC: the file holds the name
///     /proc/self/cgroup       0::/kubepods.slice/…   11:memory:/docker/4c0…
///
/// Source: systemd-detect-virt(1). The environment of process 1, which would also tell it, is never read.
package enum ContainerSigns {
    /// - Parameter root: where the file system begins that this process sees.
    /// - Returns: `docker`, `podman`, `kubernetes`, `lxc`, …; `nil` when nothing says so.
    package static func engine(root: String = "", cgroup: String?) -> String? {
        if let paths = cgroup, paths.contains("/kubepods") { return "kubernetes" }
        if DirectoryList.exists("\(root)/.dockerenv") { return "docker" }
        if DirectoryList.exists("\(root)/run/.containerenv") { return "podman" }
        if let name = KernelFile.word(of: "\(root)/run/systemd/container") { return name }
        guard let paths = cgroup else { return nil }
        for (sign, name) in [
            ("/docker/", "docker"), ("/docker-", "docker"), ("/libpod-", "podman"), ("/lxc/", "lxc"), ("/lxc.payload", "lxc"),
        ]
        where paths.contains(sign) { return name }
        return nil
    }
}
