// What a snapshot says, as values that can be compared; and files built byte by byte.

import Primitives
import RDB
import RESP

/// One key of a snapshot.
struct Record: Equatable {
    enum Value: Equatable {
        case string([UInt8])
        case list([[UInt8]])
        case set([[UInt8]])
        case hash([[[UInt8]]])
        case sortedSet([[UInt8]], scores: [Double])
    }

    var key: [UInt8]
    var value: Value
    var expiry: Milliseconds?
}

/// Takes events, and insists on their order.
final class Reading {
    private(set) var records: [Record] = []
    private(set) var aux: [String: String] = [:]
    private(set) var sizes: [UInt64] = []
    private(set) var announced: [Int?] = []
    private(set) var ended = false
    private(set) var events = 0
    private var isOpen = false
    private var elements = 0
    let decoder = RDBDecoder()

    /// Reads a whole file.
    /// - Parameter pieceBytes: how long the pieces are in which it comes.
    init(_ file: [UInt8], pieceBytes: Int = .max) throws(RDBError) {
        var start = 0
        while start < file.count {
            let count = min(pieceBytes, file.count - start)
            // A copy of its own, so that a byte read beyond it is found by the sanitizer, and one kept too long, too.
            try self.take(Array(file[start..<(start + count)]))
            start += count
        }
        try self.decoder.finish()
    }

    private func take(_ piece: [UInt8]) throws(RDBError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: piece.count, alignment: 1)
        copy.copyBytes(from: piece)
        defer {
            copy.initializeMemory(as: UInt8.self, repeating: 0xee)
            copy.deallocate()
        }
        try self.decoder.decode(Bytes(copy)) { (event) throws(RDBError) in self.take(event) }
    }

    private func take(_ event: RDBEvent) {
        self.events += 1
        switch event {
        case .aux(let name, let value): self.aux[name.text] = value.text
        case .selectDB: break
        case .sizes(let keys, let expiring): self.sizes = [keys, expiring]
        case .string(let key, let value, let expiry):
            precondition(!self.isOpen)
            self.records.append(Record(key: Array(key), value: .string(Array(value)), expiry: expiry))
        case .begin(let kind, let key, let count, let expiry):
            precondition(!self.isOpen)
            self.isOpen = true
            self.elements = 0
            self.announced.append(count)
            self.records.append(Record(key: Array(key), value: Self.empty(kind), expiry: expiry))
        case .element(let member, let value, let score):
            precondition(self.isOpen && !score.isNaN)
            self.elements += 1
            self.append(Array(member), Array(value), score)
        case .endOfValue:
            precondition(self.isOpen && self.elements > 0)
            precondition(self.announced.last.flatMap { $0 }.map { $0 == self.elements } ?? true)
            self.isOpen = false
        case .end:
            precondition(!self.isOpen && !self.ended)
            self.ended = true
        }
    }

    private static func empty(_ kind: RDBKind) -> Record.Value {
        switch kind {
        case .list: .list([])
        case .set: .set([])
        case .hash: .hash([])
        case .sortedSet: .sortedSet([], scores: [])
        }
    }

    private func append(_ member: [UInt8], _ value: [UInt8], _ score: Double) {
        let last = self.records.count - 1
        switch self.records[last].value {
        case .string: preconditionFailure("a string has no elements")
        case .list(let members): self.records[last].value = .list(members + [member])
        case .set(let members): self.records[last].value = .set(members + [member])
        case .hash(let fields): self.records[last].value = .hash(fields + [[member, value]])
        case .sortedSet(let members, let scores):
            self.records[last].value = .sortedSet(members + [member], scores: scores + [score])
        }
    }
}

/// What decoding a file ends with.
func failure(of file: [UInt8], pieceBytes: Int = .max) -> RDBError? {
    do throws(RDBError) {
        _ = try Reading(file, pieceBytes: pieceBytes)
        return nil
    } catch {
        return error
    }
}

/// Bytes one behind the other; long sums are too much for the compiler.
func join(_ parts: [UInt8]...) -> [UInt8] { parts.flatMap { $0 } }

extension [UInt8] {
    init(_ text: String) { self = Array(text.utf8) }

    /// A little-endian number.
    init<Number: FixedWidthInteger>(_ number: Number) {
        self = Swift.withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}

/// A string below 64 bytes, or of any length, as it stands in a file.
func string(_ bytes: [UInt8]) -> [UInt8] {
    bytes.count < 64 ? [UInt8(bytes.count)] + bytes : [0x80] + [UInt8](UInt32(bytes.count).byteSwapped) + bytes
}

func string(_ text: String) -> [UInt8] { string([UInt8](text)) }

/// A file around items.
func file(_ items: [UInt8], version: String = "REDIS0010", checksum: Bool = true) -> [UInt8] {
    let bytes = [UInt8](version) + items + [0xff]
    return bytes + [UInt8](checksum ? bytes.withUnsafeBytes { CRC64.of($0) } : 0)
}

/// A file of the encoder's, written in pieces.
func encode(pieceBytes: Int = 4096, _ body: (inout RDBEncoder, Writer) -> Void) -> [UInt8] {
    let writer = Writer()
    var encoder = RDBEncoder()
    var file: [UInt8] = []
    encoder.header(to: writer)
    body(&encoder, writer)
    while writer.count > pieceBytes {
        // The pieces of a real owner are cut between items; the checksum does not mind.
        let piece = Array(writer.bytes.prefix(pieceBytes))
        let rest = Array(writer.bytes.dropFirst(pieceBytes))
        piece.withUnsafeBytes { encoder.checksum($0) }
        file += piece
        writer.removeAll()
        rest.withUnsafeBytes { writer.raw($0) }
    }
    encoder.end(from: 0, to: writer)
    return file + Array(writer.bytes)
}

extension RDBEncoder {
    /// Writes a record.
    mutating func record(_ record: Record, to writer: Writer) {
        record.key.withUnsafeBytes { key in
            switch record.value {
            case .string(let value):
                value.withUnsafeBytes { self.string(key, $0, expiry: record.expiry, to: writer) }
            case .list(let members):
                self.begin(.list, key, count: members.count, expiry: record.expiry, to: writer)
                for member in members { member.withUnsafeBytes { self.member($0, to: writer) } }
            case .set(let members):
                self.begin(.set, key, count: members.count, expiry: record.expiry, to: writer)
                for member in members { member.withUnsafeBytes { self.member($0, to: writer) } }
            case .hash(let fields):
                self.begin(.hash, key, count: fields.count, expiry: record.expiry, to: writer)
                for field in fields {
                    field[0].withUnsafeBytes { name in
                        field[1].withUnsafeBytes { self.field(name, $0, to: writer) }
                    }
                }
            case .sortedSet(let members, let scores):
                self.begin(.sortedSet, key, count: members.count, expiry: record.expiry, to: writer)
                for (member, score) in zip(members, scores) {
                    member.withUnsafeBytes { self.member($0, score: score, to: writer) }
                }
            }
        }
    }
}
