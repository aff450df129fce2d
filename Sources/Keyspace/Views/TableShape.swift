import Primitives

/// How the segments of a table are found: of the live one for the moment, of a detached one for good.
struct TableShape {
    let directory: UnsafeMutablePointer<Segment>
    /// The directory has 2^depth places.
    let depth: Int

    /// The segment in which a hash lies.
    func segment(_ hash: UInt64) -> Segment {
        self.directory[self.depth == 0 ? 0 : Int(hash >> UInt64(64 - self.depth))]
    }
}

extension Table {
    /// Valid until the table grows.
    var shape: TableShape { TableShape(directory: self.directory, depth: self.depth) }
}

/// A table that was emptied or exchanged while views had not seen all of it. It lives as long as one of them looks at it.
final class DetachedTable {
    private var release: Release?
    let shape: TableShape
    var viewCount = 0
    let estimatedBytes: Int
    let hash: KeyHash

    init(_ release: Release, _ hash: KeyHash) {
        self.hash = hash
        self.release = release
        self.estimatedBytes = release.estimatedBytes
        self.shape = release.shape
    }

    deinit {
        guard var release = self.release else { return }
        while release.step(segments: .max) {}
    }

    /// A view is done with it.
    /// - Returns: what is to be given back, after the last one.
    func leave() -> Release? {
        self.viewCount -= 1
        return self.viewCount == 0 ? self.release.take() : nil
    }
}
