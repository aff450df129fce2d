import Primitives
import Simulation
import Testing

@testable import ReplicationLog

/// Every flip of one bit and every truncation of every file of a small log.
@Suite(.timeLimit(.minutes(2))) struct LogDamageTests {
    private let files: [(name: String, bytes: [UInt8])]
    private let records: [RecordCopy]
    private let segments: [LSN]

    /// Segments that were sealed as they were full, after a failed sync, and before a skip; and one that is being written.
    init() throws {
        let scene = try LogScene()
        try scene.write(9)
        scene.storage.faults.failingSyncs = .number(scene.storage.counters.syncs + 1)
        try scene.append(2)
        #expect(throws: LogError.self) { try scene.sync() }
        try scene.sync()
        try scene.append(6)
        try scene.sync()
        try scene.skip(to: 40)
        try scene.append(5)
        try scene.sync()
        self.files = try scene.storage.list().map { ($0.name, try scene.bytes(of: $0.name)) }
        self.records = try scene.records()
        self.segments = scene.segments
        #expect(self.segments == [1, 8, 10, 16, 40] && self.records.count == 22 && self.files.count == 10)
    }

    /// What comes of a log with one file harmed.
    private struct Outcome {
        var records: [RecordCopy] = []
        /// Something was said: an error, a cut, or an index that had to be made again.
        var isReported = false
        var error: LogError?
    }

    private func storage(with harmed: [UInt8], as name: String) -> FaultyStorage {
        let storage = FaultyStorage()
        for file in self.files { storage.install(file.name, file.name == name ? harmed : file.bytes) }
        return storage
    }

    private func outcome(_ storage: FaultyStorage) -> Outcome {
        var outcome = Outcome()
        do throws(LogError) {
            let (log, recovery) = try ReplicationLog.open(storage, options: LogScene.options())
            outcome.isReported = recovery.cut != nil || recovery.rebuiltIndexes > 0
            for segment in log.map.segments where segment.last >= segment.first {
                let reader = LogReader(storage, log.map, after: segment.first - 1)
                try reader.read(through: segment.last) { view in
                    outcome.records.append(RecordCopy(view))
                    return true
                }
            }
        } catch {
            outcome.isReported = true
            outcome.error = error
        }
        return outcome
    }

    /// Records that came back are the first of those that were written; fewer of them only where something was said.
    private func check(_ outcome: Outcome, _ what: @autoclosure () -> String, mayBeShort: Bool = false) {
        guard outcome.records.elementsEqual(self.records.prefix(outcome.records.count)) else {
            Issue.record("\(what()): a record came back that was not written")
            return
        }
        if outcome.records.count < self.records.count, !outcome.isReported, !mayBeShort {
            Issue.record("\(what()): \(outcome.records.count) records came back, and nothing was said")
        }
    }

    @Test("after the flip of any bit of any file what is read is right, or the damage is told")
    func flips() {
        for file in self.files {
            for offset in file.bytes.indices {
                for bit in 0..<8 {
                    var bytes = file.bytes
                    bytes[offset] ^= 1 << UInt8(bit)
                    let outcome = self.outcome(self.storage(with: bytes, as: file.name))
                    self.check(outcome, "\(file.name), bit \(bit) of byte \(offset)")
                }
            }
        }
    }

    @Test("the same where a crash brought back what a cut on record has taken off")
    func cutOff() throws {
        let name = SegmentName.log(8)
        let kept = try #require(self.files.first { $0.name == name }?.bytes)
        let abandoned = kept + LogScene.encoded(10) + LogScene.encoded(11)
        let manifest = try #require(self.files.first { $0.name == Manifest.fileName }?.bytes)
        for harmed in [nil] + (0..<manifest.count * 8).map({ $0 as Int? }) {
            var bytes = manifest
            if let harmed { bytes[harmed / 8] ^= 1 << UInt8(harmed % 8) }
            let storage = self.storage(with: bytes, as: Manifest.fileName)
            storage.install(name, abandoned)
            let outcome = self.outcome(storage)
            self.check(outcome, "bit \(harmed ?? -1) of the manifest")
            if harmed == nil { #expect(outcome.records == self.records && !outcome.isReported) }
        }
    }

    @Test("after any truncation of any file what is read is right, or the damage is told")
    func truncations() throws {
        let last = SegmentName.log(try #require(self.segments.last))
        for file in self.files {
            for count in file.bytes.indices {
                let outcome = self.outcome(self.storage(with: Array(file.bytes[..<count]), as: file.name))
                // Nothing tells that the last segment went on, if what is left ends with a whole record.
                self.check(outcome, "\(file.name), its first \(count) bytes", mayBeShort: file.name == last)
            }
        }
    }

    @Test("a file between others that is gone is told, or made again")
    func missing() throws {
        // Without its first segment a log is one that was pruned, without its last one that ended before.
        let ends = [self.segments.first, self.segments.last].compactMap { $0.map(SegmentName.log) }
        for file in self.files where !ends.contains(file.name) {
            let storage = self.storage(with: file.bytes, as: file.name)
            try storage.remove(file.name)
            self.check(self.outcome(storage), "without \(file.name)")
        }
    }

    @Test("a flipped bit in a sealed segment is found by a reader and by an inspection, and told with its place")
    func sealed() throws {
        for first in self.segments.dropLast() {
            let name = SegmentName.log(first)
            let bytes = try #require(self.files.first { $0.name == name }?.bytes)
            for offset in bytes.indices {
                var harmed = bytes
                harmed[offset] ^= 0x10
                let storage = self.storage(with: harmed, as: name)
                let outcome = self.outcome(storage)
                guard case .damaged(name, let found, _)? = outcome.error?.code, found <= offset else {
                    Issue.record("byte \(offset) of \(name): \(String(describing: outcome.error))")
                    continue
                }
                let inspection = try LogInspection(storage)
                #expect(!inspection.isSound)
                let segment = inspection.segments.first { $0.name == name }
                #expect(segment?.damage != nil && segment?.validBytes == found, "byte \(offset) of \(name)")
            }
        }
    }

    @Test("a bit of an index that flips after the log was opened changes no record")
    func indexAfterOpening() throws {
        for file in self.files where file.name.hasSuffix(".idx") {
            for offset in file.bytes.indices {
                for bit in 0..<8 {
                    let storage = self.storage(with: file.bytes, as: file.name)
                    let (log, _) = try ReplicationLog.open(storage, options: LogScene.options())
                    storage.flip(file.name, at: offset, bits: 1 << UInt8(bit))
                    for position in [4, 8, 12, 14] as [Position] {
                        let reader = LogReader(storage, log.map, after: position)
                        let found = try reader.records(through: 17)
                        #expect(found == self.records.filter { $0.lsn > position && $0.lsn <= 17 })
                    }
                }
            }
        }
    }

    @Test("a file that shrinks while it is read ends the reading", arguments: [10, 60, 150])
    func shrinking(size: Int) throws {
        let storage = self.storage(with: [], as: "none")
        let (log, _) = try ReplicationLog.open(storage, options: LogScene.options())
        try storage.open(SegmentName.log(1), create: false).truncate(to: size)
        #expect(throws: LogError.self) { try LogScene.records(of: log) }
        let file = try storage.open(SegmentName.log(1), create: false)
        let scan = try SegmentScan(file, first: 1, limitBytes: 280, interval: 4)
        #expect(scan.damage != nil && scan.validBytes <= size)
    }
}
