import Engine
import Keyspace
import Primitives
import Replication

extension Shard {
    func apply(_ settings: Settings) {
        self.queryBufferLimit = settings.queryBufferLimit
        self.engine.stream.linkTimeout = Milliseconds(settings.linkTimeoutSeconds) * 1000
        self.refreshWriteRefusal()
        self.timing.set(settings)
        if settings.backlogBytes != self.engine.stream.backlog.limitBytes {
            self.engine.stream.backlog.setLimit(bytes: settings.backlogBytes)
        }
    }

    func resetStatistics() {
        self.statistics = ShardStatistics()
        self.engine.stream.resetStatistics()
        self.engine.keyspace.resetStatistics()
    }
}
