import Glibc

/// The kernel's cache of file contents.
enum PageCache {
    private static let switchPath = "/proc/sys/vm/drop_caches"

    /// Whether this process may empty it; that takes root, and a system that lets root.
    static var canDrop: Bool { access(Self.switchPath, W_OK) == 0 }

    /// Writes everything to disk and forgets it.
    static func drop() throws(HarnessError) {
        sync()
        let descriptor = open(Self.switchPath, O_WRONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, write(descriptor, "1", 1) == 1 else {
            throw HarnessError(.targetUnavailable, "the page cache could not be dropped; that takes root")
        }
    }
}
