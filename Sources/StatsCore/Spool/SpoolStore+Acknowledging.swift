import Synchronization

extension SpoolStore {
    func acknowledge(_ position: StreamPosition) throws {
        let canDelete = book.withLock { book in
            book.acknowledge(position)
            return policy.isQueue || !book.covered.isEmpty
        }
        if canDelete { try writer.withLock { try removeCovered(&$0) } }
    }

    /// The cursor is made durable even when no segment can be deleted yet, because the next epoch begins after it.
    func finish(_ last: StreamPosition?) throws {
        let (position, open) = book.withLock { book in
            if let last { book.acknowledge(last) }
            return (book.acknowledged, book.segments.first { $0.isOpen && book.isCovered($0) }?.name)
        }
        try writer.withLock { writer in
            if let open, open == writer.segment?.name { try close(&writer) }
            if let position, writer.cursor.position != position { try writer.cursor.move(to: position) }
            try removeCovered(&writer)
        }
    }

    /// Deletes the covered segments, once the cursor that covers them is on the disk, or, of a queue, in its file.
    func removeCovered(_ writer: inout Writer) throws {
        if policy.isQueue, let open = writer.segment?.name, book.withLock({ $0.isCovered(open) }) {
            writer.segment = nil
            book.withLock { $0.change(open) { $0.isOpen = false } }
        }
        let (position, covered) = book.withLock { ($0.acknowledged, $0.covered) }
        guard let position, policy.isQueue || !covered.isEmpty else { return }
        var failure: (any Error)?
        do {
            try moveCursor(to: position, &writer)
        } catch {
            // The disk may be so full that only what is removed makes room for the cursor. A queue's records are done with all the same.
            guard policy.isQueue else { throw error }
            failure = error
        }
        for segment in covered { try remove(segment.name, &writer) }
        if let failure { throw failure }
    }

    private func moveCursor(to position: StreamPosition, _ writer: inout Writer) throws {
        guard writer.cursor.position != position else { return }
        try writer.cursor.move(to: position, syncing: !policy.isQueue)
        if policy.isQueue { writer.needsSync(SpoolCursor.name, writer.cursor.file) }
    }

    /// Removes a segment. Its bytes need no sync any more: that would write them to the disk for nobody.
    func remove(_ name: String, _ writer: inout Writer) throws {
        do {
            try directory.remove(name)
        } catch {
            // Somebody else may have done it.
            guard error.isAbsent else { throw error }
        }
        writer.unsynced.removeAll { $0.name == name }
        book.withLock { $0.remove(name) }
    }
}
