// A channel for Swift code: the core of `Channels` with a clock, somebody's transport and somebody's storage around it.
//
// The handle that a program holds and the driver that does the work are two things, so that dropping the handle ends the work:
// whatever runs holds the driver, and only the program holds the handle.

internal import Channels

/// A node's part in a replicated channel. Dropping the last reference closes it.
///
///     let channel = try await ReplicatedChannel.open(configuration, storage: storage, transport: transport)
///     let seq = try await channel.write([payload])
///     for await position in channel.decided { … }
public final class ReplicatedChannel: Sendable {
    public enum Role: Sendable {
        case leader
        case replica
        case candidate
        case idle
    }

    /// What a node says of itself.
    public struct Status: Sendable {
        public var role: Role
        /// Whom it takes for the leader; itself while it leads.
        public var leader: UInt16?
        public var term: UInt64
        /// The first record that can be read.
        public var first: UInt64
        /// The next one to be written.
        public var tail: UInt64
        /// Records before this seq are decided.
        public var decided: UInt64
        /// Records that were cut away because the leader does not have them.
        public var recordsDiscarded: UInt64
        /// The end was told: nothing is under way any more.
        public var isStopped: Bool
    }

    /// The seq before which everything is decided, and on this node's disk, each time it moves. A slow reader misses
    /// values, and never the last one.
    public let decided: AsyncStream<UInt64>
    private let driver: ChannelDriver

    private init(_ driver: ChannelDriver, _ decided: AsyncStream<UInt64>) {
        self.driver = driver
        self.decided = decided
    }

    deinit {
        let driver = self.driver
        Task { await driver.close(forEverybody: false) }
    }

    /// Reads the storage, and takes part from then on.
    /// - Throws: `ChannelError.configuration`, or `unreadable` when the storage cannot be opened.
    public static func open(
        _ configuration: ChannelConfiguration,
        storage: some ChannelStorage,
        transport: some ChannelTransport
    ) async throws(ChannelError) -> ReplicatedChannel {
        let options = try configuration.options()
        let (stream, continuation) = AsyncStream.makeStream(of: UInt64.self, bufferingPolicy: .bufferingNewest(1))
        let stored: StoredChannel
        do { stored = try await storage.open() } catch { throw .unreadable }
        let driver = ChannelDriver(
            configuration.name,
            options,
            stored,
            storage: storage,
            transport: transport,
            seed: .random(in: 0 ... .max),
            decided: continuation
        )
        await driver.start()
        return ReplicatedChannel(driver, stream)
    }

    /// Gives the channel what another member sent.
    /// - Parameter node: who it is, as the transport has proved.
    /// - Returns: false when the channel has no room, or the bytes are no message: do not read on at once.
    @discardableResult
    public func receive(_ message: [UInt8], from node: UInt16) async -> Bool {
        await self.driver.receive(message, from: node)
    }

    /// Writes records, together and in this order, and returns when they are decided: under the quorum policy when a majority
    /// has them on disk, under the nearest policy when this node has.
    /// - Returns: the seq of the first.
    @discardableResult
    public func write(_ payloads: [[UInt8]]) async throws(ChannelError) -> UInt64 {
        try await self.driver.write(payloads).get()
    }

    /// Decided records from a seq on, at most so many bytes of payload, but one at least where there is one. Records with
    /// which leaderships begin are left out.
    public func read(from seq: UInt64, byteLimit: Int = 1 << 20) async throws(ChannelError) -> [ChannelEntry] {
        try await self.driver.readDecided(from: seq, byteLimit: byteLimit).get()
    }

    public var status: Status { get async { await self.driver.status } }

    /// Tells how far another member is; only the nearest policy needs it.
    public func measured(_ roundTrip: Duration, to node: UInt16) async {
        await self.driver.measured(Microseconds(roundTrip / .microseconds(1)), to: node)
    }

    /// Old records before this seq were removed from the storage, which may be done as far as `Status.decided`.
    public func pruned(first: UInt64) async { await self.driver.pruned(first) }

    /// Leaves for good, and returns when nothing is under way any more. Closing again is fine.
    /// - Parameter forEverybody: a leader tells its replicas to leave, too.
    public func close(forEverybody: Bool = false) async { await self.driver.close(forEverybody: forEverybody) }
}
