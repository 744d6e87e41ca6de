/// The table `disk`: a row per block device. Sectors are of 512 bytes.
package enum DiskTable {
    package static func visit<V: ColumnVisitor & ~Copyable>(_ device: borrowing DiskStats.Device, _ v: inout V) {
        v.identity(
            "device", device.name, "/proc/diskstats 3",
            "The device's name; a volume or an array (dm-…, md…) counts once more what its disks count")
        v.counter("reads", device.reads, "/proc/diskstats 4", "Reads completed")
        v.counter("reads_merged", device.readsMerged, "/proc/diskstats 5", "Reads merged with a neighbour in the queue")
        v.counter("read_sectors", device.readSectors, unit: "sectors", "/proc/diskstats 6", "Sectors read")
        v.counter("read_us", device.readTime, "/proc/diskstats 7", "Time that reads took, summed over reads")
        v.counter("writes", device.writes, "/proc/diskstats 8", "Writes completed")
        v.counter("writes_merged", device.writesMerged, "/proc/diskstats 9", "Writes merged with a neighbour in the queue")
        v.counter("write_sectors", device.writeSectors, unit: "sectors", "/proc/diskstats 10", "Sectors written")
        v.counter("write_us", device.writeTime, "/proc/diskstats 11", "Time that writes took, summed over writes")
        v.gauge("in_flight", device.inFlight, "/proc/diskstats 12", "Requests that the device has not answered yet")
        v.counter("io_us", device.ioTime, "/proc/diskstats 13", "Time in which a request was in flight")
        v.counter("weighted_io_us", device.weightedIOTime, "/proc/diskstats 14", "Time with requests in flight, times their number")
        v.counter("discards", device.discards, "/proc/diskstats 15", "Discards completed")
        v.counter("discards_merged", device.discardsMerged, "/proc/diskstats 16", "Discards merged with a neighbour in the queue")
        v.counter("discard_sectors", device.discardSectors, unit: "sectors", "/proc/diskstats 17", "Sectors discarded")
        v.counter("discard_us", device.discardTime, "/proc/diskstats 18", "Time that discards took, summed over discards")
        v.counter("flushes", device.flushes, "/proc/diskstats 19", "Flushes completed")
        v.counter("flush_us", device.flushTime, "/proc/diskstats 20", "Time that flushes took, summed over flushes")
    }
}

extension TickRows {
    /// Appends a row of `disk` for each device that is wanted.
    package mutating func append(disks stats: borrowing DiskStats) {
        for device in stats.devices where device.isWanted {
            row(.disk) { DiskTable.visit(device, &$0) }
        }
    }
}
