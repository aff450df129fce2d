/// Three nodes, one of which leads.
protocol FailoverStage: AnyObject {
    /// Where clients connect, by node.
    var ports: [UInt16] { get }
    /// Waits until somebody leads.
    func leader() throws(HarnessError) -> Int
    func crash(_ node: Int)
    /// Looks once whether another node leads, and does what is to be done from outside for that.
    func successor(of victim: Int) throws(HarnessError) -> Int?
    /// Lets the others, and the victim where it can come back, get to the same data.
    func settle(_ victim: Int, _ leader: Int) throws(HarnessError) -> FailoverEnd
    func stop()
}

struct FailoverEnd {
    /// From when the victim was started again; nil where it stays away.
    var secondsToEqual: Double?
    /// Writes that nodes gave up, as they count them; nil where nobody does.
    var discarded: Int?
    /// What nodes do not agree in.
    var differences: [String] = []
}
