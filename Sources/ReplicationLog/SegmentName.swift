package import Primitives

/// Names of a segment's files: its first LSN in twenty decimal digits.
package enum SegmentName {
    package static func log(_ first: LSN) -> String { Self.digits(first) + ".rdlw" }

    package static func index(_ first: LSN) -> String { Self.digits(first) + ".idx" }

    private static func digits(_ lsn: LSN) -> String {
        let text = String(lsn)
        return String(repeating: "0", count: 20 - text.count) + text
    }

    /// The first LSN of the segment that is kept under a name; nil for any other file.
    package static func first(ofLog name: String) -> LSN? {
        guard name.hasSuffix(".rdlw"), name.utf8.count == 25 else { return nil }
        let digits = name.dropLast(5)
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let lsn = LSN(digits), lsn > 0 else { return nil }
        return lsn
    }
}
