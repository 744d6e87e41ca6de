import NIOCore
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension ListenAddress {
    /// Explains why the collector can't listen on this address; for a port in use it names the process that holds it, if that can be found.
    func failure(_ error: any Error, option: String) -> StartFailure {
        guard let code = (error as? IOError)?.errnoCode else { return StartFailure("can't listen on \(self): \(error)") }
        switch code {
        case EADDRINUSE:
            let holder = PortHolder.find(port: port).map { " by \($0)" } ?? ""
            return StartFailure(
                "can't listen on \(self): the port is in use\(holder). End that process, or give another address with \(option)")
        case EACCES:
            return StartFailure("can't listen on \(self): ports below 1024 need root. Give another with \(option)")
        case EADDRNOTAVAIL:
            return StartFailure(
                "can't listen on \(self): this host has no such address. Give another with \(option), such as 0.0.0.0:\(port)")
        default:
            return StartFailure("can't listen on \(self): \(String(cString: strerror(code)))")
        }
    }
}
