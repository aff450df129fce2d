/// A command, as what the dispatcher switches over. In the order of the groups of Redis's documentation.
package enum CommandID: UInt8, Sendable {
    // connection
    case ping, echo, quit, hello, select, client, reset
    // server
    case command, config, info, role, dbsize, flushall, flushdb, time, memory, debug, slowlog
    // replication
    case wait, waitaof, slots, topology, token, waitForPlaces, digest
    // transactions
    case multi, exec, discard, watch, unwatch
    // string
    case set, get, getset, getdel, getex, setnx, setex, psetex, mset, msetnx, mget, append, strlen, getrange, substr
    case setrange, incr, decr, incrby, decrby, incrbyfloat
    // generic
    case del, unlink, exists, touch, type, rename, renamenx, copy, randomkey, keys, scan
    case expire, pexpire, expireat, pexpireat, ttl, pttl, expiretime, pexpiretime, persist
}
