import Histogram
import Measurement
import Workload

/// An open loop beside something that is measured: what clients saw before it, and what they saw meanwhile.
struct PacedLoad {
    private static let warmUpSeconds = 0.5

    private let session: Session
    /// What clients saw before; nil when that was not asked for.
    private let before: OpenLoopRecord?
    private var during: OpenLoopRecord?

    /// Starts the load and lets it run alone.
    /// - Parameters:
    ///   - load: what is sent; its own rate does not count.
    ///   - rate: writes per second.
    ///   - aloneSeconds: how long that is recorded; 0: not at all.
    init(
        _ session: Session,
        _ load: LoadCase,
        rate: Int,
        aloneSeconds: Double = 0
    ) throws(HarnessError) {
        var shape = load.shape
        shape.rate = rate
        self.session = session
        session.load.begin(shape)
        guard aloneSeconds > 0 else {
            self.before = nil
            return
        }
        try Wait.seconds(Self.warmUpSeconds)
        session.load.cutRecording()
        try Wait.seconds(aloneSeconds)
        guard let record = session.load.cutRecording() else { throw Self.ended(session) }
        self.before = record
    }

    private static func ended(_ session: Session) -> HarnessError {
        HarnessError(.targetFailed, session.load.state.failures.first ?? "the load of \(session.target.id) ended")
    }

    /// What is measured begins now.
    func begin() { self.session.load.cutRecording() }

    /// What is measured has ended; the load goes on.
    mutating func ended() throws(HarnessError) {
        guard let record = self.session.load.cutRecording() else { throw Self.ended(self.session) }
        self.during = record
    }

    /// Ends the load and waits for the answers that are due.
    func stop() throws(HarnessError) {
        self.session.load.end()
        try self.session.rest()
    }

    func add(to trial: inout Trial, seconds: Double) {
        trial.add("response_before", nanoseconds: self.before?.response)
        guard let during else { return }
        trial.add("response_during", nanoseconds: during.response)
        trial.add("wait_during", nanoseconds: during.wait)
        trial.add("service_during", nanoseconds: during.service)
        trial.add("generator_lateness", nanoseconds: during.lateness)
        let second = during.response
        if let first = self.before?.response, first.totalCount > 0, second.totalCount > 0,
            first.valueAtPercentile(99.9) > 0
        {
            let growth = Double(second.valueAtPercentile(99.9)) / Double(first.valueAtPercentile(99.9))
            trial.add("response_growth", growth, unit: "ratio", better: .lower)
            let usual = Double(second.valueAtPercentile(99)) / Double(max(1, first.valueAtPercentile(99)))
            trial.add("response_growth", usual, unit: "ratio", better: .lower, stat: "p99")
        }
        if seconds > 0 { trial.add("achieved_rate", Double(during.sent) / seconds, unit: "1/s", better: .neither) }
        if let before = self.before { trial.check(before) }
        trial.check(during)
    }
}
