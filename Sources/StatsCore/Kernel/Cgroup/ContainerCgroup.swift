/// What a container may use; `nil` where nothing limits it.
struct CgroupLimits: Equatable {
    var cpu: Double?
    var memory: UInt64?
    var pids: UInt64?

    /// How long limits are kept, in nanoseconds. They change rarely, so once a second is often enough.
    static let lifetime: UInt64 = 1_000_000_000

    /// The lower of two limits; `nil` is none.
    static func least<Value: Comparable>(_ one: Value?, _ other: Value?) -> Value? {
        guard let one, let other else { return one ?? other }
        return min(one, other)
    }

    mutating func lower(to other: CgroupLimits) {
        cpu = Self.least(cpu, other.cpu)
        memory = Self.least(memory, other.memory)
        pids = Self.least(pids, other.pids)
    }
}

/// Reads one container's counters from its cgroups, whichever versions they are of.
package struct ContainerCgroup: ~Copyable {
    private var v1: CgroupV1
    private var v2: CgroupV2
    private var limits = CgroupLimits()
    private var settings = CgroupSettings()
    private var limitsReadAt: UInt64?
    private var rest: CgroupRest

    package init(_ location: CgroupLocation, _ tally: inout ReadTally) {
        rest = CgroupRest(location.processes)
        v1 = CgroupV1(location.controllers, &tally)
        v2 = CgroupV2(location.unified, countsCPU: !v1.countsCPU, &tally)
    }

    /// Reads all counters that may have changed, and the container's own limits.
    ///
    /// - Parameters:
    ///   - now: the monotonic clock in nanoseconds, read just before.
    ///   - isWhole: whether everything is read, also what can't have changed: the kernel may have taken back memory, or it is the last reading.
    ///   - counters: empty.
    package mutating func read(
        at now: UInt64, isWhole: Bool = true, into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally
    ) {
        var own = ReadTally()
        // On a hybrid host each controller is in one version only. Version 1's files are read last, so they win.
        v2.readUse(into: &counters, &buffer, &own)
        v1.readUse(into: &counters, &buffer, &own)
        let hasChanged = readSettings(at: now, &buffer, &own)
        let reading = rest.next(&counters, mayHaveChanged: isWhole || hasChanged || own.errors > 0)
        if reading != .nothing {
            v2.readWaiting(into: &counters, &buffer, &own)
            v1.readWaiting(into: &counters, &buffer, &own)
        }
        if reading == .all {
            v2.readRest(into: &counters, &buffer, &own)
            v1.readRest(into: &counters, &buffer, &own)
        }
        // What couldn't be read is asked for again.
        rest.took(own.errors == 0 && !own.isGone ? counters : nil)
        tally.add(own)
        counters.cpuLimit = limits.cpu
        // Of version 1, memory.stat has told the least limit on the way up.
        counters.memoryLimit = CgroupLimits.least(counters.memoryLimit, limits.memory)
        counters.pidsLimit = limits.pids
        counters.details.settings = settings
    }

    /// Reads what is set for it, once a second at most.
    ///
    /// - Returns: whether a limit is another than before: of version 1, `memory.stat` tells the one that counts.
    private mutating func readSettings(at now: UInt64, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> Bool {
        if let limitsReadAt, now &- limitsReadAt < CgroupLimits.lifetime { return false }
        let before = limits
        limits = CgroupLimits()
        settings = CgroupSettings()
        v2.readLimits(into: &limits, &buffer, &tally)
        v2.readSettings(into: &settings, &buffer, &tally)
        v1.readLimits(into: &limits, &buffer, &tally)
        limitsReadAt = now
        return limits != before
    }
}

extension RawSpan {
    /// The number that is the whole content of a file; `nil` for `max`, for -1, and for a file that was cut short.
    @inline(__always) var onlyNumber: UInt64? {
        var cursor = ByteCursor(self)
        return cursor.wholeDecimal()
    }

    /// The number of the line `name value`; `nil` without such a line.
    func number(of name: StaticString) -> UInt64? {
        var cursor = ByteCursor(self)
        while !cursor.isAtEnd {
            if cursor.matches(cursor.word(), name) { return cursor.wholeDecimal() }
            cursor.skipLine()
        }
        return nil
    }

    /// As `onlyNumber`, but the largest number for `max`.
    var onlyNumberOrAll: UInt64? {
        var cursor = ByteCursor(self)
        return cursor.matches(cursor.word(), "max") && cursor.skip(UInt8(ascii: "\n")) ? .max : onlyNumber
    }

    /// Whether the last line ends in a newline. True for an empty file.
    var endsWhole: Bool { completeLines.byteCount == byteCount }
}
