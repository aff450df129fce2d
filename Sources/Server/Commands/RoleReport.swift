import Primitives
import RESP

/// ROLE. Source: https://redis.io/docs/latest/commands/role/; offsets are positions, summed over the shards.
enum RoleReport {
    static func write(_ shards: [ShardFacts], _ writer: Writer) {
        // As in Redis, those that are being copied do not count yet.
        let replicas = ReplicaSummary.all(shards).filter { $0.state == "online" }
        writer.array(3)
        writer.bulk("master")
        writer.integer(Int64(clamping: shards.reduce(0) { $0 + $1.tip }))
        writer.array(replicas.count)
        for replica in replicas {
            writer.array(3)
            writer.bulk(replica.host)
            writer.bulk("\(replica.port)")
            writer.bulk("\(replica.acknowledged)")
        }
    }
}
