// A disk that loses, tears and fails as disks do, in memory.
//
// Two things are durable apart from each other: the bytes of a file after `sync` on it, and its name after `syncDirectory`.
// Until then a crash may keep or lose either (FaultyStorage+Crash.swift). That is less than most file systems give, so what
// survives here survives on them. After a failed sync the data is marked clean all the same, as Linux does (see "Can
// Applications Recover from fsync Failures?", Rebello et al., USENIX ATC 2020): a second sync succeeds without it.
//
// Everything follows from the seed and the order of the calls.

internal import Primitives
package import ReplicationLog
internal import Synchronization

package final class FaultyStorage: LogStorage {
    /// What goes wrong, until told otherwise.
    package struct Faults: Equatable, Sendable {
        /// Every other write, as the seed has it, takes only the first of its bytes.
        package var hasShortWrites = false
        /// Bytes of all files that have a name; nil for no bound.
        package var capacityBytes: Int?
        package var failingWrites = FailingCalls.none
        package var failingReads = FailingCalls.none
        package var failingSyncs = FailingCalls.none
        package var failingDirectorySyncs = FailingCalls.none
        /// Whether reads still find what a failed sync has dropped (the page cache has it until it needs the room), or
        /// what the disk has.
        package var readsSeeDroppedWrites = true
        /// Whether some of what a failed sync has dropped is on the disk all the same, as the seed has it.
        package var droppedWritesMayLast = false
        /// Changes that still happen: writes, truncations, syncs, and changes of names. Every call after them fails, as if
        /// the power were gone, until `crash`; nil for no bound.
        package var changesBeforePowerLoss: Int?

        package init() {}
    }

    /// Which calls of a kind fail. They are counted from 1, as in `Counters`.
    package enum FailingCalls: Equatable, Sendable {
        case none
        case all
        case number(Int)

        func includes(_ number: Int) -> Bool {
            switch self {
            case .none: false
            case .all: true
            case .number(let failing): number == failing
            }
        }
    }

    /// Calls, those that failed among them, and the bytes that went through.
    package struct Counters: Equatable, Sendable {
        package var writes = 0
        package var reads = 0
        package var syncs = 0
        package var directorySyncs = 0
        package var bytesWritten = 0
        package var bytesRead = 0
        /// Files whose beginning the system was told to forget, and how often.
        package var uncached: [String: Int] = [:]
    }

    struct State {
        var directory = FaultyDirectory()
        var faults = Faults()
        var counters = Counters()
        var generator: SeededGenerator
        /// Goes up with each crash; handles of an earlier one are dead.
        var life = 0

        /// To be called before a change: takes it into account, or fails.
        mutating func change(_ operation: String, _ file: String) throws(StorageError) {
            guard let left = self.faults.changesBeforePowerLoss else { return }
            guard left > 0 else { throw .unpowered(operation, file) }
            self.faults.changesBeforePowerLoss = left - 1
        }

        func look(_ operation: String, _ file: String) throws(StorageError) {
            if self.faults.changesBeforePowerLoss == 0 { throw .unpowered(operation, file) }
        }
    }

    let state: Mutex<State>

    package init(seed: UInt64 = 0) {
        self.state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    package var faults: Faults {
        get { self.state.withLock { $0.faults } }
        set { self.state.withLock { $0.faults = newValue } }
    }

    /// Bytes of all files that have a name.
    package var usedBytes: Int { self.state.withLock { $0.directory.bytes } }

    package var counters: Counters { self.state.withLock { $0.counters } }

    package func list() throws(StorageError) -> [StoredFile] {
        try self.locked { (state) throws(StorageError) in
            try state.look("readdir", ".")
            return state.directory.names.map { StoredFile(name: $0.key, bytes: $0.value.contents.count) }
                .sorted { $0.name < $1.name }
        }
    }

    package func open(_ name: String, create: Bool) throws(StorageError) -> any StoredFileHandle {
        let (file, life) = try self.locked { (state) throws(StorageError) in
            try state.look("open", name)
            if let file = state.directory.names[name] { return (file, state.life) }
            guard create else { throw .missing("open", name) }
            try state.change("open", name)
            return (state.directory.create(name), state.life)
        }
        return FaultyFileHandle(self, name: name, file: file, life: life)
    }

    package func remove(_ name: String) throws(StorageError) {
        try self.locked { (state) throws(StorageError) in
            try state.change("unlink", name)
            guard state.directory.remove(name) else { throw .missing("unlink", name) }
        }
    }

    package func rename(_ name: String, to target: String) throws(StorageError) {
        try self.locked { (state) throws(StorageError) in
            try state.change("rename", name)
            guard state.directory.rename(name, to: target) else { throw .missing("rename", name) }
        }
    }

    package func syncDirectory() throws(StorageError) {
        try self.locked { (state) throws(StorageError) in
            try state.change("fsync", ".")
            state.counters.directorySyncs += 1
            guard !state.faults.failingDirectorySyncs.includes(state.counters.directorySyncs) else {
                throw .broken("fsync", ".")
            }
            state.directory.sync()
        }
    }

    /// Puts a file there that is durable in name and contents, as if it had always been.
    package func install(_ name: String, _ bytes: [UInt8]) {
        self.state.withLock { $0.directory.install(FaultyFile(bytes), as: name) }
    }

    /// Flips bits of a file, in what is read and on the disk alike.
    package func flip(_ name: String, at offset: Int, bits: UInt8 = 1) {
        self.state.withLock { state in
            guard let file = state.directory.names[name], offset < file.contents.count else {
                preconditionFailure("there is no byte \(offset) in \(name)")
            }
            file.flip(at: offset, bits: bits)
        }
    }

    /// What the disk has of a file whose name is durable; nil where there is none.
    package func durableContents(of name: String) -> [UInt8]? {
        self.state.withLock { $0.directory.durableNames[name]?.durable }
    }

    /// `withLock` with the errors of storage.
    func locked<Result: Sendable>(
        _ body: (inout State) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try self.state.withLock { (state) throws(StorageError) in try body(&state) }
    }
}

extension StorageError {
    static func missing(_ operation: String, _ file: String) -> StorageError {
        StorageError(.missing, operation: operation, file: file, reason: "No such file or directory")
    }

    static func full(_ operation: String, _ file: String) -> StorageError {
        StorageError(.noSpace, operation: operation, file: file, reason: "No space left on device")
    }

    static func unpowered(_ operation: String, _ file: String) -> StorageError {
        StorageError(.other, operation: operation, file: file, reason: "the power is gone")
    }

    static func broken(_ operation: String, _ file: String) -> StorageError {
        StorageError(.other, operation: operation, file: file, reason: "Input/output error")
    }
}
