// The dispatcher's part for collections. Each function gets the commands of its family alone.

import RESP

extension Keyspace {
    mutating func executeOnHash(_ id: CommandID, _ command: Command, _ reply: Writer) {
        switch id {
        case .hset: self.hset(command, named: "hset", countsNew: true, reply)
        case .hmset: self.hset(command, named: "hmset", countsNew: false, reply)
        case .hsetnx: self.hsetnx(command, reply)
        case .hget: self.hget(command, reply)
        case .hmget: self.hmget(command, reply)
        case .hgetall: self.hgetall(command, reply)
        case .hdel: self.removeMembers(command, .hash, reply)
        case .hlen: self.count(command, .hash, reply)
        case .hstrlen: self.hstrlen(command, reply)
        case .hexists: self.contains(command, .hash, reply)
        case .hkeys: self.hashPart(command, values: false, reply)
        case .hvals: self.hashPart(command, values: true, reply)
        case .hincrby: self.hincrby(command, reply)
        case .hincrbyfloat: self.hincrbyfloat(command, reply)
        case .hscan: self.scanMembers(command, .hash, reply)
        case .hrandfield: self.hrandfield(command, reply)
        default: preconditionFailure("\(id) is no command on hashes")
        }
    }

    mutating func executeOnList(_ id: CommandID, _ command: Command, _ reply: Writer) {
        switch id {
        case .lpush: self.push(command, .left, onlyIfThere: false, reply)
        case .rpush: self.push(command, .right, onlyIfThere: false, reply)
        case .lpushx: self.push(command, .left, onlyIfThere: true, reply)
        case .rpushx: self.push(command, .right, onlyIfThere: true, reply)
        case .lpop: self.pop(command, .left, named: "lpop", reply)
        case .rpop: self.pop(command, .right, named: "rpop", reply)
        case .llen: self.count(command, .list, reply)
        case .lrange: self.lrange(command, reply)
        case .lindex: self.lindex(command, reply)
        case .lset: self.lset(command, reply)
        case .ltrim: self.ltrim(command, reply)
        case .lrem: self.lrem(command, reply)
        case .linsert: self.linsert(command, reply)
        case .lmove: self.lmove(command, from: ListEnd(command[3]), to: ListEnd(command[4]), reply)
        case .rpoplpush: self.lmove(command, from: .right, to: .left, reply)
        case .lpos: self.lpos(command, reply)
        default: preconditionFailure("\(id) is no command on lists")
        }
    }

    mutating func executeOnSet(_ id: CommandID, _ command: Command, _ reply: Writer) {
        switch id {
        case .sadd: self.sadd(command, reply)
        case .srem: self.removeMembers(command, .set, reply)
        case .smembers: self.smembers(command, reply)
        case .sismember: self.contains(command, .set, reply)
        case .smismember: self.smismember(command, reply)
        case .scard: self.count(command, .set, reply)
        case .spop: self.spop(command, reply)
        case .srandmember: self.srandmember(command, reply)
        case .smove: self.smove(command, reply)
        case .sinter: self.combine(command, .intersection, reply)
        case .sunion: self.combine(command, .union, reply)
        case .sdiff: self.combine(command, .difference, reply)
        case .sinterstore: self.combineAndStore(command, .intersection, reply)
        case .sunionstore: self.combineAndStore(command, .union, reply)
        case .sdiffstore: self.combineAndStore(command, .difference, reply)
        case .sintercard: self.sintercard(command, reply)
        case .sscan: self.scanMembers(command, .set, reply)
        default: preconditionFailure("\(id) is no command on sets")
        }
    }

    mutating func executeOnSortedSet(_ id: CommandID, _ command: Command, _ reply: Writer) {
        switch id {
        case .zadd: self.zadd(command, reply)
        case .zrem: self.removeMembers(command, .sortedSet, reply)
        case .zscore: self.zscore(command, reply)
        case .zmscore: self.zmscore(command, reply)
        case .zincrby: self.zincrby(command, reply)
        case .zcard: self.count(command, .sortedSet, reply)
        case .zcount: self.zcount(command, .score, reply)
        case .zlexcount: self.zcount(command, .lex, reply)
        case .zrank: self.zrank(command, reversed: false, reply)
        case .zrevrank: self.zrank(command, reversed: true, reply)
        case .zrange: self.zrange(command, .rank, isOpen: true, reply)
        case .zrangebyscore: self.zrange(command, .score, reply)
        case .zrevrangebyscore: self.zrange(command, .score, reversed: true, reply)
        case .zrevrange: self.zrange(command, .rank, reversed: true, reply)
        case .zrangebylex: self.zrange(command, .lex, reply)
        case .zrevrangebylex: self.zrange(command, .lex, reversed: true, reply)
        case .zremrangebyrank: self.zremrange(command, .rank, reply)
        case .zremrangebyscore: self.zremrange(command, .score, reply)
        case .zremrangebylex: self.zremrange(command, .lex, reply)
        case .zpopmin: self.zpop(command, highest: false, reply)
        case .zpopmax: self.zpop(command, highest: true, reply)
        case .zrandmember: self.zrandmember(command, reply)
        case .zscan: self.scanMembers(command, .sortedSet, reply)
        default: preconditionFailure("\(id) is no command on sorted sets")
        }
    }
}
