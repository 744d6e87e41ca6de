import Hummingbird
import NIOCore
import NIOPosix
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `GET /runs`, `GET /runs/<dir>` and `GET /runs/<dir>/<file>`.
struct CatalogueRoutes {
    let recorder: Recorder
    let data: DataDirectory

    func add(to router: Router<BasicRequestContext>) {
        router.get("runs") { _, _ in
            try Response.json(await NIOThreadPool.singleton.runIfActive { [data] in try RunCatalogue.list(data) })
        }
        router.get("runs/**") { request, _ in
            let name = try request.tail(after: "runs")
            if let slash = name.lastIndex(of: "/"), RunFiles.published.contains(String(name[name.index(after: slash)...])) {
                return try await download(String(name[name.index(after: slash)...]), of: RunPath(String(name[..<slash])))
            }
            return try await download(RunFiles.manifest, of: RunPath(name))
        }
    }

    /// A file under way to a client.
    private final class Download: Sendable {
        let file: Descriptor
        let length: UInt64

        init(_ file: consuming Descriptor, limit: UInt64?) throws {
            let status = try file.status()
            guard status.st_mode & S_IFMT == S_IFREG else { throw DiskError("read", file.path, code: EINVAL) }
            length = min(UInt64(status.st_size), limit ?? .max)
            self.file = file
        }

        func piece(at offset: UInt64) throws -> ByteBuffer {
            var buffer = ByteBuffer()
            let wanted = Int(min(256 * 1024, length - offset))
            _ = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { room in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<wanted]), at: offset)
            }
            return buffer
        }
    }

    /// Sends a file; of the run in progress as much as is durable, so that no line is cut.
    private func download(_ name: String, of run: RunPath) async throws -> Response {
        let limit = await recorder.durableLength(of: name, in: run)
        let download: Download
        do {
            download = try Download(data.open(run).file(name), limit: limit)
        } catch let error as DiskError where error.isAbsent || error.isInTheWay {
            throw ControlFailure(code: "not_found", message: "there is no \(name) of a run `\(run)`")
        }
        let body = ResponseBody(contentLength: Int(download.length)) { writer in
            var offset: UInt64 = 0
            while offset < download.length {
                let start = offset
                let piece = try await NIOThreadPool.singleton.runIfActive { try download.piece(at: start) }
                guard piece.readableBytes > 0 else { break }
                offset += UInt64(piece.readableBytes)
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
        let type = name.hasSuffix(".json") ? "application/json" : "text/csv; charset=utf-8; header=present"
        return Response(status: .ok, headers: [.contentType: type], body: body)
    }
}
