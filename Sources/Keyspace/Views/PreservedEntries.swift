import Glibc

/// Entries that were changed or removed before a view had come to them. The view owns them until it has drained them.
///
/// A stack of pages: one that grew by doubling would stop the shard for as long as it takes to copy it.
final class PreservedEntries {
    /// Word 0 is the address of the page beneath.
    private var page: UnsafeMutablePointer<UInt>?
    private var fill = PreservedEntries.pageWords
    /// Of the blocks and of the pages.
    private(set) var allocatedBytes = 0

    private static let pageWords = 512
    private static let pageBytes = pageWords * MemoryLayout<UInt>.size

    deinit {
        while let entry = self.pop() { entry.deallocate() }
    }

    var isEmpty: Bool { self.page == nil }

    func push(_ entry: Entry) {
        if self.fill == Self.pageWords {
            let beneath = UInt(bitPattern: self.page)
            let page = UnsafeMutablePointer<UInt>.allocate(capacity: Self.pageWords)
            page[0] = beneath
            self.page = page
            self.fill = 1
            self.allocatedBytes += Self.pageBytes
        }
        self.page?[self.fill] = UInt(bitPattern: entry.block)
        self.fill += 1
        self.allocatedBytes += entry.allocatedBytes
    }

    /// Takes the entry that came last; the caller now owns it.
    func pop() -> Entry? {
        guard let page = self.page else { return nil }
        self.fill -= 1
        guard let block = UnsafeMutableRawPointer(bitPattern: page[self.fill]) else {
            preconditionFailure("a page holds entries")
        }
        let entry = Entry(block: block)
        self.allocatedBytes -= entry.allocatedBytes
        if self.fill == 1 {
            self.page = UnsafeMutablePointer(bitPattern: page[0])
            self.fill = Self.pageWords
            self.allocatedBytes -= Self.pageBytes
            page.deallocate()
        }
        return entry
    }
}
