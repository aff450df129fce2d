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
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        let (disk, base, end, loop) = (self.disk, self.diskBase, self.records.first, self.shard.loop)
        readers.perform {
            let outcome = disk.read(job, before: end, log, base)
            loop.execute { bound.value.take(.read(job.number, outcome)) }
        }
    }
}
