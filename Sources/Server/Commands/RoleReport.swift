import Primitives
import RESP

/// ROLE. Source: https://redis.io/docs/latest/commands/role/; offsets are positions, summed over the shards.
enum RoleReport {
    static func write(_ shards: [ShardFacts], primary: PrimaryAddress?, _ writer: Writer) {
        if let primary, let state = FollowerSummary(shards)?.state {
            writer.array(5)
            writer.bulk("slave")
            writer.bulk(primary.host)
            writer.integer(Int(primary.port))
            writer.bulk(state)
            return writer.integer(Int64(clamping: shards.reduce(0) { $0 + $1.tip }))
        }
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
