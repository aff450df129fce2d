package import Primitives

/// What kinds of mutations a load consists of, in parts of any sum.
package struct MutationMix: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case set, increment, append, delete, hashSet, listPush
    }

    package var set = 1
    package var increment = 0
    package var append = 0
    package var delete = 0
    package var hashSet = 0
    package var listPush = 0

    /// SET alone: what throughput is measured with, and what synthetic replicas check value by value.
    package static let sets = MutationMix()
    /// Every kind. Deletions keep what grows (appended values, hashes, lists) at a few elements each.
    package static let every = MutationMix(set: 50, increment: 10, append: 10, delete: 10, hashSet: 10, listPush: 10)

    package init(
        set: Int = 1,
        increment: Int = 0,
        append: Int = 0,
        delete: Int = 0,
        hashSet: Int = 0,
        listPush: Int = 0
    ) {
        self.set = set
        self.increment = increment
        self.append = append
        self.delete = delete
        self.hashSet = hashSet
        self.listPush = listPush
        precondition(self.sum > 0 && Kind.allCases.allSatisfy { self.parts($0) >= 0 }, "a mix has parts")
    }

    /// Whether it is SET alone.
    package var isPlain: Bool { self.sum == self.set }

    package func parts(_ kind: Kind) -> Int {
        switch kind {
        case .set: self.set
        case .increment: self.increment
        case .append: self.append
        case .delete: self.delete
        case .hashSet: self.hashSet
        case .listPush: self.listPush
        }
    }

    private var sum: Int { self.set + self.increment + self.append + self.delete + self.hashSet + self.listPush }

    /// A kind for a random number; each comes as often as its parts say.
    package func kind(_ random: UInt64) -> Kind {
        var place = Int(random % UInt64(self.sum))
        for kind in Kind.allCases {
            if place < self.parts(kind) { return kind }
            place -= self.parts(kind)
        }
        preconditionFailure("the parts of a mix add up to its sum")
    }
}

/// A pipeline's worth of mixed commands in RESP, made anew for each round trip.
///
/// Every kind has keys of its own, so that none meets a value of the wrong type; DEL takes those of all kinds in turns. A SET
/// carries a header and a sequence number as in `SetBatch`, so that its stream can be checked; other kinds carry filler.
package struct MixedBatch: Sendable {
    package let depth: Int
    package let mix: MutationMix
    /// The commands, ready to be sent.
    package private(set) var bytes: [UInt8] = []
    private let filler: [UInt8]

    /// Fields of one hash.
    private static let fields: UInt64 = 16
    /// The keys of the kinds.
    private static let prefixes: [StaticString] = ["key:", "cnt:", "app:", "hsh:", "lst:"]

    /// - Parameter valueSize: bytes per value, at least `MutationHeader.minimumValueSize`.
    package init(depth: Int, valueSize: Int, mix: MutationMix, using generator: inout SeededGenerator) {
        precondition(depth > 0, "a batch holds at least one command")
        precondition(valueSize >= MutationHeader.minimumValueSize, "values need at least 24 bytes")
        self.depth = depth
        self.mix = mix
        self.filler = (0..<valueSize).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    /// Makes the next batch: `depth` new commands, of which the ledger enters the SETs.
    package mutating func advance(
        connection: UInt32,
        keys: KeyDistribution,
        ledger: inout Ledger,
        using generator: inout SeededGenerator
    ) {
        self.bytes.removeAll(keepingCapacity: true)
        for _ in 0..<self.depth {
            let kind = self.mix.kind(generator.next() >> 32)
            // Only a SET takes a sequence number; the others borrow the next one to find their key.
            let header =
                kind == .set
                ? ledger.next(connection: connection)
                : MutationHeader(connection: connection, sequence: ledger.last[Int(connection)])
            let number = keys.key(number: ledger.count, header, &generator)
            self.append(kind, number, header, &ledger, draw: generator.next())
        }
    }

    private mutating func append(
        _ kind: MutationMix.Kind,
        _ number: UInt64,
        _ header: MutationHeader,
        _ ledger: inout Ledger,
        draw: UInt64
    ) {
        switch kind {
        case .set:
            self.open("*3\r\n$3\r\nSET\r\n")
            self.key("key:", number)
            let key = self.bytes.count - 2 - LoadKey.size
            self.bulk(self.filler)
            let value = (self.bytes.count - 2 - self.filler.count)..<(self.bytes.count - 2)
            let digest = self.bytes.withUnsafeMutableBytes { bytes in
                header.write(to: UnsafeMutableRawBufferPointer(rebasing: bytes[value]))
                let written = UnsafeRawBufferPointer(rebasing: bytes[key..<(key + LoadKey.size)])
                return header.digest(key: written, valueSize: value.count)
            }
            ledger.enter(digest)
        case .increment:
            self.open("*2\r\n$4\r\nINCR\r\n")
            self.key("cnt:", number)
        case .append:
            self.open("*3\r\n$6\r\nAPPEND\r\n")
            self.key("app:", number)
            self.bulk(self.filler)
        case .delete:
            self.open("*2\r\n$3\r\nDEL\r\n")
            self.key(Self.prefixes[Int(draw % UInt64(Self.prefixes.count))], number)
        case .hashSet:
            self.open("*4\r\n$4\r\nHSET\r\n")
            self.key("hsh:", number)
            self.bulk(Array("field:\(draw % Self.fields)".utf8))
            self.bulk(self.filler)
        case .listPush:
            self.open("*3\r\n$5\r\nLPUSH\r\n")
            self.key("lst:", number)
            self.bulk(self.filler)
        }
    }

    private mutating func open(_ text: StaticString) {
        self.bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func key(_ prefix: StaticString, _ number: UInt64) {
        self.open("$16\r\n")
        let start = self.bytes.count
        self.bytes.append(contentsOf: repeatElement(0, count: LoadKey.size))
        self.bytes.withUnsafeMutableBytes { bytes in
            let key = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<(start + LoadKey.size)])
            LoadKey.write(number, prefix: prefix, to: key)
        }
        self.open("\r\n")
    }

    private mutating func bulk(_ value: [UInt8]) {
        self.bytes.append(contentsOf: "$\(value.count)\r\n".utf8)
        self.bytes.append(contentsOf: value)
        self.open("\r\n")
    }
}
