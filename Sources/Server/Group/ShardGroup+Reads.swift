// What the channel wants to read: from memory where it is there, and from the log otherwise.

import Channels
import Engine
import NIOCore
import Primitives
import ReplicationLog

extension ShardGroup {
    func read(_ job: ReadJob) {
        if let previous = self.records.mark(before: job.from) {
            let chunk = self.records.chunk(from: job.from, before: self.channel.durable, byteLimit: job.byteLimit)
            let oldest = self.shard.log?.store.log.map.oldest ?? self.records.first
            return self.take(.read(job.number, .found(previous: previous, records: chunk, firstRetained: oldest)))
        }
        guard let log = self.shard.log?.store.log, let readers = self.shard.node.logReaders else {
            return self.take(.read(job.number, .failed))
        }
        let (disk, base, end, loop) = (self.disk, self.diskBase, self.records.first, self.shard.loop)
        if let outcome = disk.takeAhead(job, log) {
            self.readAhead(job, outcome, log)
            return self.take(.read(job.number, outcome))
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        readers.perform {
            let outcome = disk.read(job, before: end, log, base)
            loop.execute {
                bound.value.readAhead(job, outcome, log)
                bound.value.take(.read(job.number, outcome))
            }
        }
    }

    /// Whoever is far behind will ask for what comes next; it is read while the answer is on its way.
    private func readAhead(_ job: ReadJob, _ outcome: ReadOutcome, _ log: ReplicationLog) {
        guard case .found(_, let records, _) = outcome, let last = records.last else { return }
        let (disk, end) = (self.disk, self.records.first)
        self.shard.node.logReaders?.perform { disk.readAhead(from: last.seq + 1, job, before: end, log) }
    }
}
