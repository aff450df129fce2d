// A directory of folders that loses power: names of folders are safe after `syncFolders`, and what is in a folder as its own
// `FaultyStorage` has it. Of the names changed since, a crash keeps some and loses others.

internal import Primitives
package import ReplicationLog
internal import Synchronization

package final class FaultyFolders: FolderStorage {
    /// A folder keeps its files whatever it is called.
    private final class Folder: Sendable {
        private let seed: UInt64
        /// By the path below the folder; "" for the folder itself.
        private let places = Mutex<[String: FaultyStorage]>([:])

        init(seed: UInt64) { self.seed = seed }

        var storages: [FaultyStorage] {
            self.places.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
        }

        func storage(_ place: String) -> FaultyStorage {
            self.places.withLock { places in
                if let known = places[place] { return known }
                let made = FaultyStorage(seed: self.seed &+ UInt64(places.count))
                places[place] = made
                return made
            }
        }
    }

    private enum Change {
        case create(String, Folder)
        case rename(String, target: String, Folder)
        case remove(String, Folder)

        func apply(to names: inout [String: Folder]) {
            switch self {
            case .create(let name, let folder): names[name] = folder
            case .rename(let name, let target, let folder):
                if names[name] === folder { names[name] = nil }
                names[target] = folder
            case .remove(let name, let folder):
                if names[name] === folder { names[name] = nil }
            }
        }
    }

    private struct State {
        var names: [String: Folder] = [:]
        var durable: [String: Folder] = [:]
        var unsynced: [Change] = []
        var changesBeforePowerLoss: Int?
        var seed: UInt64

        mutating func change(_ operation: String, _ name: String, _ change: Change?) throws(StorageError) {
            if let left = self.changesBeforePowerLoss {
                guard left > 0 else { throw .unpowered(operation, name) }
                self.changesBeforePowerLoss = left - 1
            }
            guard let change else { return }
            change.apply(to: &self.names)
            self.unsynced.append(change)
        }
    }

    private let state: Mutex<State>

    package init(seed: UInt64 = 0) { self.state = Mutex(State(seed: seed)) }

    /// Changes of names that still happen, syncs included; every one after them fails, until `crash`.
    package var changesBeforePowerLoss: Int? {
        get { self.state.withLock { $0.changesBeforePowerLoss } }
        set { self.state.withLock { $0.changesBeforePowerLoss = newValue } }
    }

    package func folders() throws(StorageError) -> [String] {
        try self.locked { (state) throws(StorageError) in
            if state.changesBeforePowerLoss == 0 { throw .unpowered("readdir", ".") }
            return state.names.keys.sorted()
        }
    }

    package func folder(_ path: String) throws(StorageError) -> any LogStorage { try self.storage(path) }

    /// As `folder`, with its faults at hand.
    package func storage(_ path: String) throws(StorageError) -> FaultyStorage {
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        return try self.locked { (state) throws(StorageError) in
            let name = parts[0]
            if state.names[name] == nil {
                state.seed &+= 1000
                try state.change("mkdir", name, .create(name, Folder(seed: state.seed)))
            }
            guard let folder = state.names[name] else { throw .missing("open", name) }
            return folder.storage(parts.count > 1 ? parts[1] : "")
        }
    }

    package func renameFolder(_ name: String, to target: String) throws(StorageError) {
        try self.locked { (state) throws(StorageError) in
            guard let folder = state.names[name] else { throw .missing("rename", name) }
            guard state.names[target] == nil else {
                throw StorageError(.other, operation: "rename", file: name, reason: "Directory not empty")
            }
            try state.change("rename", name, .rename(name, target: target, folder))
        }
    }

    package func removeFolder(_ name: String) throws(StorageError) {
        try self.locked { (state) throws(StorageError) in
            guard let folder = state.names[name] else { throw .missing("rmdir", name) }
            try state.change("rmdir", name, .remove(name, folder))
        }
    }

    package func syncFolders() throws(StorageError) {
        try self.locked { (state) throws(StorageError) in
            try state.change("fsync", ".", nil)
            state.durable = state.names
            state.unsynced.removeAll()
        }
    }

    /// Loses power, and gets it back.
    package func crash(using generator: inout some RandomNumberGenerator) {
        let seed = generator.next()
        self.state.withLock { state in
            var generator = SeededGenerator(seed: seed)
            state.changesBeforePowerLoss = nil
            let all = Set(state.durable.keys).union(state.names.keys).sorted()
            let folders = all.compactMap { state.durable[$0] } + all.compactMap { state.names[$0] }
            var seen: Set<ObjectIdentifier> = []
            for folder in folders where seen.insert(ObjectIdentifier(folder)).inserted {
                for storage in folder.storages { storage.crash(using: &generator) }
            }
            for change in state.unsynced where Bool.random(using: &generator) { change.apply(to: &state.durable) }
            state.unsynced.removeAll()
            state.names = state.durable
        }
    }

    private func locked<Result: Sendable>(
        _ body: (inout State) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try self.state.withLock { (state) throws(StorageError) in try body(&state) }
    }
}
