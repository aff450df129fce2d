// How the values of a suite are read, each with the bounds that it has.

import Primitives
import Workload
import Yams

enum SuiteReadings {
    static func text(_ node: Node, _ source: SuiteSource) throws(HarnessError) -> String {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            throw source.error(at: node, "this is a text, not \(node.form)")
        }
        return scalar.string
    }

    /// A whole number; suffixes as in sizes: k is 1000, kb is 1024.
    static func number(_ range: ClosedRange<Int>) -> SuiteReading<Int> {
        { (node, source) throws(HarnessError) in
            guard case .scalar(let scalar) = node, let number = ByteSize.parse(scalar.string) else {
                throw source.error(at: node, "this is a whole number such as 16, 50k or 64kb, not \(node.form)")
            }
            guard range.contains(number) else {
                throw source.error(at: node, "\(number) is outside of \(range.lowerBound)…\(range.upperBound)")
            }
            return number
        }
    }

    static func count(_ range: ClosedRange<UInt64>) -> SuiteReading<UInt64> {
        let read = self.number(Int(range.lowerBound)...Int(range.upperBound))
        return { (node, source) throws(HarnessError) in UInt64(try read(node, source)) }
    }

    static func decimal(_ range: ClosedRange<Double>) -> SuiteReading<Double> {
        { (node, source) throws(HarnessError) in
            guard case .scalar(let scalar) = node, let number = Double(scalar.string), number.isFinite else {
                throw source.error(at: node, "this is a number such as 2 or 0.5, not \(node.form)")
            }
            guard range.contains(number) else {
                throw source.error(at: node, "\(scalar.string) is outside of \(range.lowerBound)…\(range.upperBound)")
            }
            return number
        }
    }

    /// One of certain words.
    static func word<Word: RawRepresentable & CaseIterable>(
        _ words: Word.Type,
        _ allowed: [Word]? = nil
    ) -> SuiteReading<Word> where Word.RawValue == String {
        let words = allowed ?? Array(Word.allCases)
        return { (node, source) throws(HarnessError) in
            if let text = node.scalar?.string, let word = words.first(where: { $0.rawValue == text }) { return word }
            let known = words.map(\.rawValue).joined(separator: ", ")
            throw source.error(at: node, "this is one of \(known), not \(node.form)")
        }
    }

    // MARK: - Of a load

    static var valueSize: SuiteReading<Int> { self.number(ValueSizes.allowed) }

    /// `1024`, `{uniform: [64, 4096]}`, `{lognormal: {median: 200, sigma: 1.2, from: 24, to: 64kb}}`, `{table: {64: 9, 4kb: 1}}`.
    static func valueSizes(_ node: Node, _ source: SuiteSource) throws(HarnessError) -> ValueSizes {
        guard case .mapping = node else { return .fixed(try self.valueSize(node, source)) }
        let fields = try SuiteFields(
            node,
            of: "a distribution of sizes",
            allowed: ["uniform", "lognormal", "table"],
            source
        )
        if let node = fields["uniform"] {
            guard case .sequence(let bounds) = node, bounds.count == 2 else {
                throw source.error(at: node, "uniform takes the smallest and the largest size: [64, 4096]")
            }
            let (least, most) = (try self.valueSize(bounds[0], source), try self.valueSize(bounds[1], source))
            guard least < most else { throw source.error(at: node, "\(least) is not below \(most)") }
            return .uniform(least...most)
        }
        if let node = fields["lognormal"] { return .lognormal(try self.lognormal(node, source)) }
        guard let node = fields["table"] else {
            throw source.error(at: node, "a distribution of sizes is uniform, lognormal or table")
        }
        return .table(try self.table(node, source))
    }

    private static func lognormal(_ node: Node, _ source: SuiteSource) throws(HarnessError) -> LogNormalSizes {
        let what = "a lognormal distribution"
        let fields = try SuiteFields(node, of: what, allowed: ["median", "sigma", "from", "to"], source)
        let median = try self.valueSize(try fields.required("median", of: what), source)
        let sigma = try self.decimal(0.01...5)(try fields.required("sigma", of: what), source)
        let least = try fields.value("from", self.valueSize) ?? ValueSizes.allowed.lowerBound
        // So that one value in a million does not decide on the memory of a run.
        let most = try fields.value("to", self.valueSize) ?? max(median, 1 << 20)
        guard least <= median, median <= most, least < most else {
            throw source.error(at: node, "the median \(median) does not lie in \(least)…\(most)")
        }
        return LogNormalSizes(median: median, sigma: sigma, in: least...most)
    }

    private static func table(_ node: Node, _ source: SuiteSource) throws(HarnessError) -> SizeTable {
        guard case .mapping(let mapping) = node, (1...SizeTable.entryLimit).contains(mapping.count) else {
            throw source.error(at: node, "a table gives sizes their weights: {64: 9, 4096: 1}")
        }
        var entries: [SizeTable.Entry] = []
        for (size, weight) in mapping {
            entries.append(
                SizeTable.Entry(
                    size: try self.valueSize(size, source),
                    weight: try self.number(1...SizeTable.weightLimit)(weight, source)
                )
            )
        }
        return SizeTable(entries)
    }

    /// Keys beyond these have more digits than the generator writes.
    static let keyCounts: ClosedRange<UInt64> = 1...1_000_000_000

    /// `10000`, `{sequential: 10000}`, `{zipf: 0.99, count: 10000}`.
    static func keys(_ node: Node, _ source: SuiteSource) throws(HarnessError) -> KeyDistribution {
        let count = self.count(self.keyCounts)
        guard case .mapping = node else { return .uniform(keys: try count(node, source)) }
        let what = "a choice of keys"
        let fields = try SuiteFields(node, of: what, allowed: ["uniform", "sequential", "zipf", "count"], source)
        if let exponent = try fields.value("zipf", self.decimal(ZipfKeys.exponents)) {
            let keys = try count(try fields.required("count", of: "zipf"), source)
            return .zipf(ZipfKeys(keys: keys, exponent: exponent))
        }
        if let keys = try fields.value("sequential", count) { return .sequential(keys: keys) }
        if let keys = try fields.value("uniform", count) { return .uniform(keys: keys) }
        throw source.error(at: node, "a choice of keys is uniform, sequential, or zipf with a count")
    }

    /// `{set: 80, incr: 10, append: 5, del: 5}`.
    static func mix(_ node: Node, _ source: SuiteSource) throws(HarnessError) -> MutationMix {
        let fields = try SuiteFields(node, of: "a mix", allowed: MutationMix.Kind.allCases.map(\.word), source)
        var parts: [MutationMix.Kind: Int] = [:]
        for kind in MutationMix.Kind.allCases {
            parts[kind] = try fields.value(kind.word, self.number(0...1_000_000)) ?? 0
        }
        guard parts.values.contains(where: { $0 > 0 }) else {
            throw source.error(at: node, "a mix gives at least one command a share above 0")
        }
        let mix = MutationMix(
            set: parts[.set] ?? 0,
            increment: parts[.increment] ?? 0,
            append: parts[.append] ?? 0,
            delete: parts[.delete] ?? 0,
            hashSet: parts[.hashSet] ?? 0,
            listPush: parts[.listPush] ?? 0
        )
        guard !mix.growsForever else {
            throw source.error(at: node, "append and lpush let values grow without end; give del a share as well")
        }
        return mix
    }

    // MARK: - Of replicas

    static var replicas: SuiteReading<Int> { self.number(0...10_000) }

    /// `{slow: 2, stalled: 1}`.
    static func bystanders(_ node: Node, _ source: SuiteSource) throws(HarnessError) -> Bystanders {
        let fields = try SuiteFields(
            node,
            of: "a crowd of bystanders",
            allowed: BehaviourKind.allCases.map(\.rawValue),
            source
        )
        var counts: [BehaviourKind: Int] = [:]
        for kind in BehaviourKind.allCases { counts[kind] = try fields.value(kind.rawValue, self.replicas) ?? 0 }
        return Bystanders(counts)
    }
}
