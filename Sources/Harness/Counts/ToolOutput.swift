// What the tools that count print: jemalloc's statistics at the end of a process, strace's summary, callgrind's file. Only the
// lines that are needed are read; a text without them gives nil, and the count is unavailable.

/// What an allocator handed out since its process began. Source: `malloc_stats_print` of jemalloc 5, `stats_print:true`.
struct AllocatorOutput: Equatable {
    /// Requests that were served.
    var blocks: UInt64
    /// Their bytes, each rounded up to its size class.
    var bytes: UInt64

    /// Sums the tables of size classes, small and large.
    init?(parsing text: String) {
        var blocks: UInt64 = 0
        var bytes: UInt64 = 0
        var tables = 0
        var isInTable = false
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard let first = words.first else { continue }
            if first == "bins:" || first == "large:", words.count > 4, words[1] == "size", words[2] == "ind" {
                isInTable = true
                tables += 1
            } else if isInTable, words.count > 4, let size = UInt64(first), let count = UInt64(words[3]) {
                blocks += count
                bytes += size * count
            } else if first != "---" {
                isInTable = false
            }
        }
        guard tables == 2, blocks > 0 else { return nil }
        self.blocks = blocks
        self.bytes = bytes
    }
}

/// How often a process entered the kernel. Source: the table of `strace -c`.
struct SystemCallOutput: Equatable {
    var calls: [String: UInt64]

    var total: UInt64 { self.calls.values.reduce(0, +) }

    init?(parsing text: String) {
        var calls: [String: UInt64] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            // % time, seconds, usecs/call, calls, errors where there are any, and the name.
            guard (5...6).contains(words.count), Double(words[0]) != nil, let count = UInt64(words[3]) else { continue }
            let name = String(words[words.count - 1])
            if name != "total" { calls[name, default: 0] += count }
        }
        guard !calls.isEmpty else { return nil }
        self.calls = calls
    }
}

/// Instructions of a whole process. Source: the `summary:` or `totals:` line of a callgrind profile.
enum InstructionOutput {
    static func count(parsing text: String) -> UInt64? {
        for line in text.split(whereSeparator: \.isNewline).reversed() {
            let words = line.split(separator: " ")
            if words.count >= 2, words[0] == "summary:" || words[0] == "totals:" { return UInt64(words[1]) }
        }
        return nil
    }
}
