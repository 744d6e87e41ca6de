extension KernelRoots {
    /// The boot of the host, during which its monotonic clock is the same, as `sys/kernel/random/boot_id` says (random(4)); `nil` when it can't
    /// be read.
    package var bootID: String? { KernelFile.word(of: "\(proc)/sys/kernel/random/boot_id") }
}
