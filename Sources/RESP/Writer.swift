// Builds RESP in memory that is used again and again: replies of a connection's read, mutations of a command. It grows by
// doubling, and gives back what a single large reply made it grow to.
//
// A final class with concrete methods and raw storage, because it stands on the path of every command: no existential, no
// generic, no uniqueness check per append.

import Glibc
package import Primitives

package final class Writer {
    /// The bytes written so far. Valid until the next write.
    private(set) var storage: UnsafeMutableRawPointer
    package private(set) var count = 0
    private var capacity: Int

    /// The dialect of the connection that the reply is for; mutations are always RESP2.
    package var version = ProtocolVersion.resp2

    private static let initialCapacity = 16 * 1024
    /// A writer that grew past this is given back to the allocator when it is emptied.
    private static let retainedCapacity = 4 * 1024 * 1024

    /// - Parameter capacity: bytes that it has room for at first; nil: what most replies need.
    package init(capacity: Int? = nil) {
        self.capacity = capacity ?? Self.initialCapacity
        self.storage = malloc(self.capacity)
    }

    deinit { free(self.storage) }

    package var bytes: Bytes { Bytes(start: self.storage, count: self.count) }

    /// Memory that it takes, whatever of it is in use.
    package var allocatedBytes: Int { self.capacity }

    package func removeAll() {
        self.count = 0
        if self.capacity > Self.retainedCapacity {
            free(self.storage)
            self.storage = malloc(Self.initialCapacity)
            self.capacity = Self.initialCapacity
        }
    }

    /// Takes back everything written after the first `count` bytes.
    package func truncate(to count: Int) {
        precondition(count <= self.count)
        self.count = count
    }

    /// Makes room and returns where to write; `commit` tells how much was written.
    package func reserve(_ additional: Int) -> UnsafeMutableRawPointer {
        if self.capacity - self.count < additional { self.grow(additional) }
        return self.storage + self.count
    }

    package func commit(_ written: Int) { self.count += written }

    @inline(never)
    private func grow(_ additional: Int) {
        self.capacity = max(self.capacity * 2, self.count + additional)
        guard let larger = realloc(self.storage, self.capacity) else { fatalError("out of memory") }
        self.storage = larger
    }

    package func raw(_ bytes: Bytes) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        memcpy(self.reserve(bytes.count), source, bytes.count)
        self.count += bytes.count
    }

    package func raw(_ literal: StaticString) {
        memcpy(self.reserve(literal.utf8CodeUnitCount), literal.utf8Start, literal.utf8CodeUnitCount)
        self.count += literal.utf8CodeUnitCount
    }

    package func raw(_ text: String) {
        var text = text
        text.withUTF8 { self.raw(Bytes($0)) }
    }

    package func byte(_ byte: UInt8) {
        self.reserve(1).storeBytes(of: byte, as: UInt8.self)
        self.count += 1
    }

    /// Writes a number in decimal digits.
    package func decimal(_ value: Int64) {
        let target = self.reserve(20).assumingMemoryBound(to: UInt8.self)
        self.count += Decimal.write(value, to: target)
    }
}

/// The two dialects of the protocol; a connection begins with RESP2 and changes with `HELLO`.
package enum ProtocolVersion: Int64, Sendable {
    case resp2 = 2
    case resp3 = 3
}
