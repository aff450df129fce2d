package import RESP

extension Keyspace {
    /// Carries out a command whose arity has been checked. Appends one reply, and leaves in `mutations` what it did.
    package mutating func execute(_ id: CommandID, _ command: Command, _ reply: Writer) {
        switch id {
        case .set: self.set(command, reply)
        case .get: self.get(command, reply)
        case .getset: self.getset(command, reply)
        case .getdel: self.getdel(command, reply)
        case .getex: self.getex(command, reply)
        case .setnx: self.setnx(command, reply)
        case .setex: self.setex(command, .secondsFromNow, named: "setex", reply)
        case .psetex: self.setex(command, .millisecondsFromNow, named: "psetex", reply)
        case .mset: self.mset(command, reply)
        case .msetnx: self.msetnx(command, reply)
        case .mget: self.mget(command, reply)
        case .append: self.append(command, reply)
        case .strlen: self.strlen(command, reply)
        case .getrange, .substr: self.getrange(command, reply)
        case .setrange: self.setrange(command, reply)
        case .incr: self.add(1, to: command[1], reply)
        case .decr: self.add(-1, to: command[1], reply)
        case .incrby: self.incrby(command, reply)
        case .decrby: self.decrby(command, reply)
        case .incrbyfloat: self.incrbyfloat(command, reply)
        case .del, .unlink: self.del(command, reply)
        case .exists, .touch: self.exists(command, reply)
        case .type: self.type(command, reply)
        case .rename: self.rename(command, reply)
        case .renamenx: self.renamenx(command, reply)
        case .copy: self.copy(command, reply)
        case .randomkey: self.randomkey(reply)
        case .keys: self.keys(command, reply)
        case .scan: self.scan(command, reply)
        case .expire: self.expire(command, .secondsFromNow, named: "expire", reply)
        case .pexpire: self.expire(command, .millisecondsFromNow, named: "pexpire", reply)
        case .expireat: self.expire(command, .unixSeconds, named: "expireat", reply)
        case .pexpireat: self.expire(command, .unixMilliseconds, named: "pexpireat", reply)
        case .ttl: self.lifetime(command, .secondsFromNow, reply)
        case .pttl: self.lifetime(command, .millisecondsFromNow, reply)
        case .expiretime: self.lifetime(command, .unixSeconds, reply)
        case .pexpiretime: self.lifetime(command, .unixMilliseconds, reply)
        case .persist: self.persist(command, reply)
        case .dbsize: reply.integer(self.count)
        case .flushall, .flushdb: self.flush(command, reply)
        case .memory: self.memory(command, reply)
        case .object: self.object(command, reply)
        case .hset, .hsetnx, .hmset, .hget, .hmget, .hgetall, .hdel, .hlen, .hstrlen, .hexists, .hkeys, .hvals,
            .hincrby, .hincrbyfloat, .hscan, .hrandfield:
            self.executeOnHash(id, command, reply)
        case .lpush, .rpush, .lpushx, .rpushx, .lpop, .rpop, .llen, .lrange, .lindex, .lset, .ltrim, .lrem, .linsert,
            .lmove, .rpoplpush, .lpos:
            self.executeOnList(id, command, reply)
        case .sadd, .srem, .smembers, .sismember, .smismember, .scard, .spop, .srandmember, .smove, .sinter, .sunion,
            .sdiff, .sinterstore, .sunionstore, .sdiffstore, .sintercard, .sscan:
            self.executeOnSet(id, command, reply)
        case .zadd, .zrem, .zscore, .zmscore, .zincrby, .zcard, .zcount, .zlexcount, .zrank, .zrevrank, .zrange,
            .zrangebyscore, .zrevrangebyscore, .zrevrange, .zrangebylex, .zrevrangebylex, .zremrangebyrank,
            .zremrangebyscore, .zremrangebylex, .zpopmin, .zpopmax, .zrandmember, .zscan:
            self.executeOnSortedSet(id, command, reply)
        case .ping, .echo, .quit, .hello, .select, .client, .reset, .command, .config, .info, .role, .time, .debug,
            .wait,
            .waitaof, .slots, .topology, .replicaof, .slaveof, .failover, .takeover, .multi, .exec, .discard, .watch,
            .unwatch, .token, .waitForPlaces, .digest, .slowlog, .save, .bgsave, .lastsave, .shutdown, .cluster,
            .readonly, .readwrite, .read:
            // A connection's command that reached a shard all the same, say in a replica's stream: no reason to stop.
            reply.error(CommandError.notForShard)
        }
    }
}
