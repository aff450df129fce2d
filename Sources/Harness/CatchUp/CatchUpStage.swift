/// A leader, and a follower of it that can be taken away.
protocol CatchUpStage: AnyObject {
    var leader: Target { get }
    /// Ends the follower as a crash does.
    func crash()
    /// Starts it again on what it has.
    func restart() throws(HarnessError)
    /// How far the follower is, by positions of the leader; nil while it does not answer.
    func position() throws(HarnessError) -> UInt64?
    /// What leader and follower, both at rest and current, do not agree in.
    func differences() throws(HarnessError) -> [String]
    func stop()
}
