// The files of a `FaultyStorage`: what is read now, what is on the disk, and the changes between the two.

internal import Primitives

/// Touched under the storage's lock only, which is why it may cross threads.
final class FaultyFile: @unchecked Sendable {
    enum Change {
        case write([UInt8], offset: Int)
        case truncate(Int)
        /// The size of a write whose bytes were lost.
        case extend(Int)
    }

    /// What reads find.
    private(set) var contents: [UInt8]
    /// What a sync has made safe. Kept as a copy of its own, so that a write after a sync copies nothing.
    private(set) var durable: [UInt8]
    /// Changes since the last sync, oldest first.
    private(set) var unsynced: [Change] = []

    init(_ bytes: [UInt8] = []) {
        self.contents = bytes
        self.durable = Array(bytes)
    }

    func change(_ change: Change) {
        self.contents.apply(change)
        self.unsynced.append(change)
    }

    func sync() {
        for change in self.unsynced { self.durable.apply(change) }
        self.unsynced.removeAll()
    }

    /// What a failed sync does: the changes count as written though they are not.
    /// - Parameters:
    ///   - isStillRead: whether reads go on finding them.
    ///   - lasting: those that are on the disk all the same.
    func drop(isStillRead: Bool, lasting: [Change]) {
        for change in lasting { self.durable.apply(change) }
        self.unsynced.removeAll()
        if !isStillRead { self.contents = Array(self.durable) }
    }

    /// What a crash does: only what is on the disk is left.
    func crash(lasting: [Change]) { self.drop(isStillRead: false, lasting: lasting) }

    func flip(at offset: Int, bits: UInt8) {
        self.contents[offset] ^= bits
        if offset < self.durable.count { self.durable[offset] ^= bits }
        // A sync to come would undo it.
        if !self.unsynced.isEmpty { self.unsynced.append(.write([self.contents[offset]], offset: offset)) }
    }
}

extension [UInt8] {
    /// Makes a change; what lies between the old end and a later offset is zeros.
    mutating func apply(_ change: FaultyFile.Change) {
        switch change {
        case .write(let bytes, let offset):
            self.extend(to: offset)
            let over = Swift.min(bytes.count, self.count - offset)
            self.withUnsafeMutableBytes { target in
                target[offset..<(offset + over)].copyBytes(from: bytes[..<over])
            }
            self += bytes[over...]
        case .truncate(let size):
            if size < self.count { self.removeLast(self.count - size) }
            self.extend(to: size)
        case .extend(let size):
            self.extend(to: size)
        }
    }

    private mutating func extend(to size: Int) {
        // An array is copied as a whole; any other sequence takes its time in a debug build.
        if size > self.count { self += [UInt8](repeating: 0, count: size - self.count) }
    }
}

/// The names of files, and the changes to them since the last sync.
struct FaultyDirectory {
    enum Change {
        case create(String, FaultyFile)
        case remove(String, FaultyFile)
        case rename(String, target: String, FaultyFile)
    }

    private(set) var names: [String: FaultyFile] = [:]
    private(set) var durableNames: [String: FaultyFile] = [:]
    private var unsynced: [Change] = []

    /// Bytes of all files that have a name.
    var bytes: Int { self.names.values.reduce(0) { $0 + $1.contents.count } }

    /// Every file that a crash may leave, in an order that depends on the calls alone.
    var reachable: [FaultyFile] {
        let changed = self.unsynced.map { change in
            switch change {
            case .create(_, let file), .remove(_, let file), .rename(_, _, let file): file
            }
        }
        var seen: Set<ObjectIdentifier> = []
        let durable = self.durableNames.sorted { $0.key < $1.key }.map(\.value)
        return (durable + changed).filter { seen.insert(ObjectIdentifier($0)).inserted }
    }

    mutating func create(_ name: String) -> FaultyFile {
        let file = FaultyFile()
        self.change(.create(name, file))
        return file
    }

    mutating func remove(_ name: String) -> Bool {
        guard let file = self.names[name] else { return false }
        self.change(.remove(name, file))
        return true
    }

    mutating func rename(_ name: String, to target: String) -> Bool {
        guard let file = self.names[name] else { return false }
        self.change(.rename(name, target: target, file))
        return true
    }

    mutating func install(_ file: FaultyFile, as name: String) {
        self.names[name] = file
        self.durableNames[name] = file
    }

    mutating func sync() {
        self.durableNames = self.names
        self.unsynced.removeAll()
    }

    /// Leaves the durable names, changed by those of the changes since that last.
    mutating func crash(lasts: () -> Bool) {
        for change in self.unsynced where lasts() { Self.apply(change, to: &self.durableNames) }
        self.unsynced.removeAll()
        self.names = self.durableNames
    }

    private mutating func change(_ change: Change) {
        Self.apply(change, to: &self.names)
        self.unsynced.append(change)
    }

    private static func apply(_ change: Change, to names: inout [String: FaultyFile]) {
        switch change {
        case .create(let name, let file):
            names[name] = file
        case .remove(let name, let file):
            // After a crash that lost what went before, the name may be another file's, which nobody removed.
            if names[name] === file { names[name] = nil }
        case .rename(let name, let target, let file):
            if names[name] === file { names[name] = nil }
            names[target] = file
        }
    }
}
