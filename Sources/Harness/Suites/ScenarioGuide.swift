// What each scenario does and what its parameters mean, for people who ask before they wait.

enum ScenarioGuide {
    /// What a case of the scenario does, from its beginning to its end.
    static func account(_ work: Plan.Work) -> String {
        switch work {
        case .idle:
            "What do replicas cost in memory? So many synthetic replicas are attached to a primary that nobody writes to; its "
                + "memory is read once it has settled. Bytes per replica are the slope over several replica counts."
        case .fast:
            "What do replicas cost under load? Synthetic replicas that hold everything are attached, clients write, first "
                + "unmeasured (warm-up) and then measured; then the load rests, every replica gets what it lacks, and each one's "
                + "stream is checked against what was sent."
        case .stalled:
            "What does a backlog cost in memory? A fresh server is filled, replicas are attached and stop reading, a set amount "
                + "of writes goes by, and the primary's memory is read."
        case .handshake(let handshake) where handshake.kind == .storm:
            "How long do many replicas need that arrive at once and stay? From the first connect until all are online."
        case .handshake:
            "How many replicas can arrive? Handshakes are made one after the other on fresh connections, so many at a time, and "
                + "each is closed by reset after its answer."
        case .resume(let resume) where resume.isStorm:
            "How long until many returning replicas are current? All come back at once to a primary whose tip is so far ahead, "
                + "while nobody writes."
        case .resume:
            "How long until a returning replica is current? It comes back again and again, each time so far behind, while "
                + "nobody writes; every step is timed."
        case .snapshot(let snapshot) where snapshot.receiver == .live:
            "How fast does an empty server become a current replica? One of the same make is started and told to follow; clients "
                + "may write meanwhile. At the end the data of both are compared."
        case .snapshot:
            "How fast is a full copy, and what does it do to clients? Replicas that hold nothing attach at once, take the copy and "
                + "follow the stream until they are current; clients may write meanwhile."
        case .lag:
            "How stale is a replica under load? Clients write at a set rate; a thousand times a second a marker goes between "
                + "their writes, and its acknowledgement is set against its arrival at each replica."
        case .faults:
            "What do faults do to clients and replicas, and how long until all is well again? Beside a load at a set rate the "
                + "faults of the timeline happen one after the other, each recorded and drawn."
        case .failover(let failover) where failover.topology == .stream:
            "What does it cost when the primary dies? Clients write to it, it is killed, and a supervisor that has asked in vain at "
                + "three heartbeats makes the best of two replicas the primary; every write that was acknowledged is looked for."
        case .failover:
            "What does it cost when the leader dies? Clients write to a group of three, its leader is killed, and the others elect "
                + "one; every write that was acknowledged is looked for, and the dead one comes back."
        case .catchUp:
            "How long until a node is current that was away, and what do clients feel of it? A follower is killed, much is written, "
                + "and it is started again beside a load at a set rate."
        case .capacity:
            "What does one configuration hold in memory? A fresh server is filled, replicas are attached, some of them stop "
                + "reading, and its memory is read at every step."
        case .ceiling:
            "What can this machine do at all? One thread writes one shared buffer to so many loopback sockets; memory is copied."
        }
    }

    static let parameters: [String: String] = [
        "replicas": "replicas that are measured", "value_size": "bytes per value, on average where they differ",
        "behaviour": "what the replicas do: see docs/scenarios.md", "connections": "connections of the load",
        "fan_out": "shared: one copy of a mutation for all replicas; copy: one for each",
        "pipeline": "commands of one connection on their way at a time; 0: does not apply",
        "loop": "closed: clients wait for answers, so a stall slows the load itself; open: writes go at set times",
        "write_rate": "writes per second, at times that are fixed beforehand", "arrival": "poisson: as chance has it",
        "load_limit": "bytes of writes per second at most", "value_sizes": "how sizes are distributed",
        "key_choice": "which keys are touched", "mix": "parts of each command",
        "bystanders": "others attached meanwhile", "settle": "seconds that idle replicas have been there",
        "compressibility": "share of a value that compresses away",
        "kind": "of handshake", "concurrency": "handshakes under way at a time",
        "sockets": "sockets that are written to",
        "receiver": "discarding: synthetic, throws the data away; live: a server of the same make",
        "ceiling_share": "percent of what a closed loop got through just before",
        "keys": "keys of the data", "transfer": "streamed: no file; file: through one",
        "snapshot_chunk_size": "bytes of one chunk of the copy", "source": "where what is lacked must come from",
        "log_records": "mutations that the server has taken", "distance": "mutations that the replica lacks",
        "index_interval": "records between two entries of the log's index", "backlog_size": "bytes of backlog",
        "topology": "stream: a primary with two replicas; channel: a group that elects its leader",
        "election": "quorum or nearest: how a group elects", "heartbeat": "milliseconds between two signs of life",
        "writers": "clients that wait for each answer",
        "class": "what catching up may take: foreground, background, or unlimited (no budget)",
        "bytes": "bytes of writes that the node has missed",
        "faults": "what goes wrong: KIND@START+LENGTH in seconds",
        "cache": "warm, or cold: the page cache is emptied before each resume",
    ]
}
