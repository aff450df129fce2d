// The header, what stands between values, what is passed over, and the end. Every function here reads from a copy of
// its input and gives it back when the item was complete, so that a cut item is read from its beginning again.

import Primitives
import RESP

extension RDBDecoder {
    private static let headerBytes = 9

    /// `REDIS` and four digits, or `VALKEY` and three.
    func header(_ input: inout RDBInput) throws(RDBInterruption) {
        var ahead = input
        let header = try ahead.take(Self.headerBytes)
        let name = Bytes(rebasing: header.prefix { $0 >= UInt8(ascii: "A") })
        let isRedis = name.equals(Bytes("REDIS"))
        let digits = header.dropFirst(name.count)
        guard isRedis || name.equals(Bytes("VALKEY")), digits.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) else {
            let message = "this is no snapshot: it begins with neither REDIS nor VALKEY and a version"
            throw self.failure(.notRDB, at: input.cursor, message)
        }
        let version = digits.reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) }
        guard (isRedis ? RDBLimits.redisVersions : RDBLimits.valkeyVersions).contains(version) else {
            let message = "version \(version) of the format is not supported"
            throw self.failure(.unsupportedVersion, at: input.cursor, message)
        }
        self.version = version
        self.hasChecksum = version >= RDBLimits.firstVersionWithChecksum
        self.phase = .items
        input = ahead
    }

    /// Reads one item between values; of strings, the most frequent one, as many as there are.
    func item(
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        if input.next == RDBValueType.string.rawValue { return try self.strings(&input, body) }
        if let opcode = RDBOpcode(rawValue: input.next) {
            var ahead = input
            ahead.cursor += 1
            try self.opcode(opcode, &ahead, body)
            input = ahead
        } else {
            try self.value(&input, body)
        }
    }

    private func strings(
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        repeat {
            var ahead = input
            ahead.cursor += 1
            let key = try self.string(&ahead, self.first)
            let value = try self.string(&ahead, self.second)
            if self.database != 0 { throw self.otherDatabase(key, at: input.cursor) }
            try self.tell(.string(key: key, value: value, expiry: self.expiry), body)
            self.expiry = nil
            input.cursor = ahead.cursor
        } while input.cursor < input.end && input.next == RDBValueType.string.rawValue
    }

    func otherDatabase(_ key: Bytes, at place: UnsafeRawPointer) -> RDBInterruption {
        self.failure(
            .otherDatabase,
            at: place,
            "the key \(RDBError.quoted(key)) is in database \(self.database), and there is only database 0"
        )
    }

    private func opcode(
        _ opcode: RDBOpcode,
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        switch opcode {
        case .expiryMilliseconds:
            let expiry = try input.integer(Int64.self)
            // Redis's way to say never.
            self.expiry = expiry == -1 ? nil : expiry
        case .expirySeconds: self.expiry = Int64(try input.integer(Int32.self)) * 1000
        case .frequency: _ = try input.integer(UInt8.self)
        case .idle: _ = try self.number(&input)
        case .slotInfo:
            // The slot, its keys, and those that expire.
            for _ in 0..<3 { _ = try self.number(&input) }
        case .selectDB:
            self.database = try self.number(&input)
            try self.tell(.selectDB(self.database), body)
        case .sizes:
            let keys = try self.number(&input)
            try self.tell(.sizes(keys: keys, expiring: try self.number(&input)), body)
        case .aux:
            let name = try self.string(&input, self.first)
            try self.tell(.aux(name: name, value: try self.string(&input, self.second)), body)
        case .function:
            self.skipped.functions += 1
            self.phase = .function(strings: 1, thenFlag: false)
        case .earlyFunction:
            // Its name, its engine, whether there is a description, that, and the code.
            self.skipped.functions += 1
            self.phase = .function(strings: 2, thenFlag: true)
        case .moduleAux: try self.beginModule(&input)
        case .end:
            self.sum(to: input.cursor)
            self.phase = .footer
            if !self.hasChecksum {
                self.phase = .finished
                try self.tell(.end, body)
            }
        }
    }

    func function(_ strings: Int, _ thenFlag: Bool, _ input: inout RDBInput) throws(RDBInterruption) {
        var ahead = input
        if strings > 0 {
            self.toSkip = try self.lengthOfPassed(&ahead)
            self.phase = strings == 1 && !thenFlag ? .items : .function(strings: strings - 1, thenFlag: thenFlag)
        } else {
            let hasDescription = try self.number(&ahead) != 0
            self.phase = .function(strings: hasDescription ? 2 : 1, thenFlag: false)
        }
        input = ahead
    }

    /// A module's name and when its data is to be loaded; then its data.
    private func beginModule(_ input: inout RDBInput) throws(RDBInterruption) {
        let place = input.cursor
        _ = try self.number(&input)
        let mark = try self.number(&input)
        _ = try self.number(&input)
        guard mark == RDBModuleMark.unsigned.rawValue else {
            throw self.failure(.badModule, at: place, "a module's data is damaged")
        }
        self.skipped.moduleFields += 1
        self.phase = .module
    }

    /// One field of a module's data.
    func module(_ input: inout RDBInput) throws(RDBInterruption) {
        var ahead = input
        guard let mark = RDBModuleMark(rawValue: try self.number(&ahead)) else {
            throw self.failure(.badModule, at: input.cursor, "a module's data is damaged")
        }
        switch mark {
        case .end: self.phase = .items
        case .signed, .unsigned: _ = try self.number(&ahead)
        case .float: _ = try ahead.integer(UInt32.self)
        case .double: _ = try ahead.integer(UInt64.self)
        case .string: self.toSkip = try self.lengthOfPassed(&ahead)
        }
        input = ahead
    }

    /// The checksum of everything before it; 0 when whoever wrote the file did not want one.
    func footer(
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        var ahead = input
        let stored = try ahead.integer(UInt64.self)
        guard stored == 0 || stored == self.checksum else {
            throw self.failure(
                .checksumMismatch,
                at: input.cursor,
                "the checksum is \(String(self.checksum, radix: 16)) and should be \(String(stored, radix: 16))"
            )
        }
        self.phase = .finished
        try self.tell(.end, body)
        input = ahead
    }
}

/// What stands before each field of a module's data.
private enum RDBModuleMark: UInt64 {
    case end = 0
    case signed = 1
    case unsigned = 2
    case float = 3
    case double = 4
    case string = 5
}
