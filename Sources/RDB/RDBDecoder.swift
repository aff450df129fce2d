// Reads an RDB file that comes in pieces, cut anywhere, and tells what it says as events whose bytes are borrowed.
//
// An item is what makes one event: an opcode with what belongs to it, a key with its string, an element. Items are read
// where they lie. Only one that a piece's end cuts is copied, to be joined with the rest of it; so no more than that is
// ever held, however long the file. An item is read from its beginning again once the bytes are there that it was short
// of, which it tells exactly: a string of 100 MB is looked at three times, not once per piece.
//
// The checksum goes over each piece at once, after its items: the events of a damaged file may come before the error
// does, so nothing is to be believed before `end`.

package import Primitives
import RESP

package final class RDBDecoder {
    enum Phase {
        case header
        /// Between values.
        case items
        /// Within a value whose elements stand one by one.
        case elements(RDBValueType)
        /// Within a list of packed nodes.
        case nodes(RDBValueType)
        /// Within functions: so many strings to skip, and then perhaps a flag that tells whether one or two follow.
        case function(strings: Int, thenFlag: Bool)
        /// Within a module's data.
        case module
        case footer
        case finished
        case failed(RDBError)
    }

    var phase = Phase.header
    /// When the next key expires.
    var expiry: Milliseconds?
    var database: UInt64 = 0
    /// Elements or nodes that the value begun still has.
    var remaining = 0
    /// Bytes to pass over before anything else is read.
    var toSkip = 0
    var hasChecksum = true
    /// What was passed over.
    package internal(set) var skipped = RDBSkipped()
    /// The version that the file says it has; 0 before its header has come.
    package internal(set) var version = 0

    /// Room for what does not stand in the file as it is: a key or member, a value, and a packed element and its value.
    let first = Writer()
    let second = Writer()
    let firstNumber = Writer()
    let secondNumber = Writer()
    /// The key of a list whose beginning has not been told yet.
    let heldKey = Writer()
    var holdsKey = false

    /// What has come of the item that was cut, where it begins in the file, and how many bytes it is short of at least.
    private let carry = Writer()
    private var carryOffset = 0
    private var missing = 0

    private(set) var checksum: UInt64 = 0
    /// The first byte of the present piece that is not in the checksum yet; nil past the end.
    private var unsummed: UnsafeRawPointer?
    /// Bytes of the pieces before the present one.
    private var taken = 0
    /// What is being read now, the piece or what was carried: where it begins in memory and in the file.
    private var origin: UnsafeRawPointer?
    private var originOffset = 0

    package init() {}

    /// Whether the end has been read and its checksum was right.
    package var isFinished: Bool {
        if case .finished = self.phase { true } else { false }
    }

    /// Bytes of the item that a piece's end has cut, which are held until the rest of it comes.
    package var heldBytes: Int { self.carry.count }

    /// Takes the next piece of the file, of any length; best are 16 KiB to 1 MiB, which a cache holds.
    /// - Parameter body: is given what the piece says. It may throw (code `refused`) to end the decoding.
    /// - Throws: what is wrong with the file. From then on every call throws the same.
    package func decode(_ piece: Bytes, _ body: (RDBEvent) throws(RDBError) -> Void) throws(RDBError) {
        if case .failed(let error) = self.phase { throw error }
        guard var input = RDBInput(piece) else { return }
        let isPastEnd =
            switch self.phase {
            case .footer, .finished: true
            case .header, .items, .elements, .nodes, .function, .module, .failed: false
            }
        self.unsummed = isPastEnd ? nil : input.cursor
        do throws(RDBInterruption) {
            if try self.joinCarried(&input, body) {
                self.origin = piece.baseAddress
                self.originOffset = self.taken
                try self.read(&input, body)
            }
        } catch {
            switch error {
            case .failed(let error):
                self.phase = .failed(error)
                throw error
            case .incomplete(let missing):
                self.carryOffset = self.offset(of: input.cursor)
                self.carry.raw(input.rest)
                self.missing = missing
            }
        }
        self.sum(to: input.end)
        self.taken += piece.count
    }

    /// There are no more pieces.
    /// - Throws: when the file is not whole.
    package func finish() throws(RDBError) {
        switch self.phase {
        case .finished: return
        case .failed(let error): throw error
        case .header, .items, .elements, .nodes, .function, .module, .footer:
            let error = RDBError(.missingBytes, offset: self.taken, "the snapshot stops before its end")
            self.phase = .failed(error)
            throw error
        }
    }

    /// Joins the item that was cut with the beginning of a piece.
    /// - Returns: whether it is complete, so that the reading goes on in the piece.
    private func joinCarried(
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) -> Bool {
        while self.carry.count > 0 {
            let rest = try input.take(min(self.missing, input.left))
            self.carry.raw(rest)
            self.missing -= rest.count
            guard self.missing == 0, var carried = RDBInput(self.carry.bytes) else { return false }
            self.origin = carried.cursor
            self.originOffset = self.carryOffset
            do throws(RDBInterruption) {
                try self.read(&carried, body)
                self.carry.removeAll()
            } catch {
                guard case .incomplete(let missing) = error else { throw error }
                self.missing = missing
            }
        }
        return true
    }

    /// Reads items until none is left, or one that is cut.
    private func read(
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        while input.cursor < input.end {
            if self.toSkip > 0 {
                let count = min(self.toSkip, input.left)
                input.cursor += count
                self.toSkip -= count
                continue
            }
            do throws(RDBInterruption) {
                try self.readOne(&input, body)
            } catch {
                guard case .failed(var refusal) = error, refusal.code == .refused else { throw error }
                refusal.offset = self.offset(of: input.cursor)
                throw .failed(refusal)
            }
        }
    }

    @inline(__always)
    private func readOne(
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        switch self.phase {
        case .items: try self.item(&input, body)
        case .elements(let type): try self.elements(of: type, &input, body)
        case .nodes(let type): try self.node(of: type, &input, body)
        case .function(let strings, let thenFlag): try self.function(strings, thenFlag, &input)
        case .module: try self.module(&input)
        case .header: try self.header(&input)
        case .footer: try self.footer(&input, body)
        case .finished: throw self.failure(.trailingBytes, at: input.cursor, "there are bytes after the end")
        case .failed(let error): throw .failed(error)
        }
    }

    /// Takes what has been read of the present piece into the checksum.
    func sum(to end: UnsafeRawPointer) {
        guard let start = self.unsummed else { return }
        self.checksum = CRC64.of(Bytes(start: start, count: end - start), continuing: self.checksum)
        self.unsummed = nil
    }

    /// Where in the file a byte stands that is being read.
    private func offset(of place: UnsafeRawPointer) -> Int {
        guard let origin = self.origin else { return self.taken }
        return self.originOffset + (place - origin)
    }

    func failure(_ code: RDBError.Code, at place: UnsafeRawPointer, _ message: String) -> RDBInterruption {
        .failed(RDBError(code, offset: self.offset(of: place), message))
    }

    @inline(__always)
    func tell(
        _ event: RDBEvent,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        do throws(RDBError) {
            try body(event)
        } catch {
            throw .failed(error)
        }
    }
}
