// What a target says about itself, through INFO and CONFIG GET under Redis's names.

package import Measurement

/// Fields of INFO by name.
package struct TargetInfo: Sendable {
    private var fields: [String: String] = [:]

    /// Parses the text of INFO: `name:value` lines, `#` headings.
    package init(parsing text: String) {
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { self.fields[String(parts[0])] = String(parts[1]) }
        }
    }

    package subscript(_ name: String) -> String? { self.fields[name] }

    package func number(_ name: String) -> UInt64? { self.fields[name].flatMap { UInt64($0) } }

    /// Ids of the replicas that INFO replication lists; Redis's have none.
    var replicaIDs: [String] {
        var ids: [String] = []
        var place = 0
        while let fields = self.fields["slave\(place)"]?.split(separator: ",") {
            ids += fields.filter { $0.hasPrefix("id=") }.map { String($0.dropFirst(3)) }
            place += 1
        }
        return ids
    }
}

extension Target {
    package func info(_ section: String) throws(HarnessError) -> TargetInfo {
        let reply = try self.control.ask("INFO", section)
        guard let text = reply.text else {
            throw HarnessError(.targetFailed, "\(self.id) does not answer INFO \(section): \(reply)")
        }
        return TargetInfo(parsing: text)
    }

    /// The position where a replica that holds everything would resume.
    package func tip() throws(HarnessError) -> StartingPoint {
        let info = try self.info("replication")
        guard let history = info["master_replid"], let offset = info.number("master_repl_offset") else {
            throw HarnessError(
                .targetFailed,
                "\(self.id) does not tell its replication id and offset in INFO replication"
            )
        }
        return .position(offset, history: history)
    }

    /// Replicas that the target counts.
    package func connectedReplicas() throws(HarnessError) -> Int {
        Int(try self.info("replication").number("connected_slaves") ?? 0)
    }

    /// How the data of two servers of this make are compared, in words for a report.
    var verification: String {
        switch self.dialect {
        case .replicate: "digests of all data"
        case .psync: "number of keys, and up to \(KeyWalk.keyLimit) values one by one"
        }
    }

    /// What this server and another one, both at rest, do not agree in.
    func differences(from other: Target) throws(HarnessError) -> [String] {
        switch self.dialect {
        case .replicate:
            let (own, others) = (try self.digest(), try other.digest())
            return own == others ? [] : ["digest \(own) and \(others)"]
        case .psync:
            // DEBUG DIGEST would look at everything, but a server in its usual configuration refuses it.
            var walk = KeyWalk(self.control, other.control)
            try walk.run()
            return walk.differences
        }
    }

    /// A digest of all data, by the bundled engine's reckoning; equal data have equal digests.
    private func digest() throws(HarnessError) -> String {
        let reply = try self.control.ask("REPL.DIGEST")
        if case .error(let text) = reply {
            throw HarnessError(.targetFailed, "\(self.id) gives no digest of its data: \(text)")
        }
        return Self.digest(of: reply)
    }

    /// Position and digest of each shard, out of a list of names and values for each.
    static func digest(of reply: Reply) -> String {
        guard case .array(let shards) = reply else { return reply.text ?? "\(reply)" }
        return shards.map { shard in
            guard case .array(let fields) = shard else { return "\(shard)" }
            return ["position", "digest"].map { name in
                let place = fields.firstIndex { $0.text == name }
                guard let place, fields.indices.contains(place + 1) else { return "no \(name)" }
                return fields[place + 1].text ?? fields[place + 1].number.map(String.init) ?? "no \(name)"
            }
            .joined(separator: " ")
        }
        .joined(separator: ", ")
    }

    /// Lets the target forget replicas that are gone for good. The engine keeps a slot for each id, holds its log for it, and
    /// does not take back one that it had to give up on. A target that keeps no slots has nothing to forget.
    func dropSlots(_ ids: some Sequence<String>) throws(HarnessError) {
        guard self.specification.supports(.slots) else { return }
        for id in ids { _ = try self.control.ask("REPL.SLOTS", "DROP", id) }
    }

    /// The target as the run record describes it.
    package func record() throws(HarnessError) -> TargetRecord {
        let server = try self.info("server")
        let product =
            if let version = server["sluice_version"] {
                "Sluice \(version)"
            } else if let version = server["valkey_version"] {
                "Valkey \(version)"
            } else if let version = server["redis_version"] {
                "Redis \(version)"
            } else {
                "unknown product"
            }
        var settings: [Parameter] = []
        for name in self.specification.profile.reportedSettings {
            if case .array(let pair) = try self.control.ask("CONFIG", "GET", name), pair.count == 2,
                let value = pair[1].text
            {
                settings.append(Parameter(name, value))
            }
        }
        if let allocator = try self.info("memory")["mem_allocator"] {
            settings.append(Parameter("mem_allocator", allocator))
        }
        settings.append(Parameter("verification", self.verification))
        return TargetRecord(id: self.id, product: product, configuration: settings)
    }
}
