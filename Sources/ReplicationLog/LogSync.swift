/// When the disk is waited for, as in Redis's `appendfsync`. Under all three a reply waits until the system has its write, so
/// that the end of the process alone costs nothing acknowledged.
package enum LogSync: String, CaseIterable, Sendable {
    /// A reply leaves, and a replica sees the write, after its sync.
    case always
    /// Synced once a second, and after every 32 MiB: a loss of power costs at most the last two seconds.
    case everysec
    /// The system decides when; a loss of power costs what it had not written yet.
    case no
}
