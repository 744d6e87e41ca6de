import Glibc

/// A port on loopback at which nobody listens, and that nobody else is given: it is bound. A program that sets `SO_REUSEADDR`, as servers do, may
/// listen there all the same.
package struct ReservedPort {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let number: UInt16
    private let descriptor: Int32

    package init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && getsockname(descriptor, address, &size) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            throw Failure(description: "no port can be reserved: \(String(cString: strerror(errno)))")
        }
        number = UInt16(bigEndian: address.sin_port)
    }

    package func release() { close(descriptor) }
}
