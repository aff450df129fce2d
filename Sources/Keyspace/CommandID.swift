/// A command, as what the dispatcher switches over. In the order of the groups of Redis's documentation.
package enum CommandID: UInt8, Sendable {
    // connection
    case ping, echo, quit, hello, select, client, reset
    // server
    case command, config, info, role, dbsize, flushall, flushdb, time, memory, object, debug, slowlog
    case save, bgsave, lastsave, shutdown
    // replication
    case wait, waitaof, slots, topology, replicaof, slaveof, failover, takeover, token, waitForPlaces, digest
    // groups
    case cluster, readonly, readwrite, read
    // transactions
    case multi, exec, discard, watch, unwatch
    // string
    case set, get, getset, getdel, getex, setnx, setex, psetex, mset, msetnx, mget, append, strlen, getrange, substr
    case setrange, incr, decr, incrby, decrby, incrbyfloat
    // hash
    case hset, hsetnx, hmset, hget, hmget, hgetall, hdel, hlen, hstrlen, hexists, hkeys, hvals, hincrby, hincrbyfloat
    case hscan, hrandfield
    // list
    case lpush, rpush, lpushx, rpushx, lpop, rpop, llen, lrange, lindex, lset, ltrim, lrem, linsert, lmove, rpoplpush
    case lpos
    // set
    case sadd, srem, smembers, sismember, smismember, scard, spop, srandmember, smove, sinter, sunion, sdiff
    case sinterstore, sunionstore, sdiffstore, sintercard, sscan
    // sorted set
    case zadd, zrem, zscore, zmscore, zincrby, zcard, zcount, zlexcount, zrank, zrevrank, zrange, zrangebyscore
    case zrevrangebyscore, zrevrange, zrangebylex, zrevrangebylex, zremrangebyrank, zremrangebyscore, zremrangebylex
    case zpopmin, zpopmax, zrandmember, zscan
    // generic
    case del, unlink, exists, touch, type, rename, renamenx, copy, randomkey, keys, scan
    case expire, pexpire, expireat, pexpireat, ttl, pttl, expiretime, pexpiretime, persist
}
