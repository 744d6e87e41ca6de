/// What a container may use; `nil` where nothing limits it.
struct CgroupLimits {
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

    package init(_ location: CgroupLocation, _ tally: inout ReadTally) {
        v1 = CgroupV1(location.controllers, &tally)
        v2 = CgroupV2(location.unified, &tally)
    }

    /// Reads all counters, and the container's own limits.
    ///
    /// - Parameter now: the monotonic clock in nanoseconds, read just before.
    package mutating func read(
        at now: UInt64, into counters: inout ContainerCounters, _ buffer: inout ReadBuffer, _ tally: inout ReadTally
    ) {
        // On a hybrid host each controller is in one version only. Version 1's files are read last, so they win.
        v2.read(into: &counters, &buffer, &tally)
        v1.read(into: &counters, &buffer, &tally)
        if limitsReadAt.map({ now &- $0 >= CgroupLimits.lifetime }) ?? true {
            limits = CgroupLimits()
            settings = CgroupSettings()
            v2.readLimits(into: &limits, &buffer, &tally)
            v2.readSettings(into: &settings, &buffer, &tally)
            v1.readLimits(into: &limits, &buffer, &tally)
            limitsReadAt = now
        }
        counters.cpuLimit = limits.cpu
        // Of version 1, memory.stat has told the least limit on the way up.
        counters.memoryLimit = CgroupLimits.least(counters.memoryLimit, limits.memory)
        counters.pidsLimit = limits.pids
        counters.details.settings = settings
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
