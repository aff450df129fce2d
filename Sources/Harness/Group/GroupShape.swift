// How a group is set up.

import Sockets

package enum GroupPolicy: String, CaseIterable, Sendable { case quorum, nearest }

struct GroupShape {
    var policy = GroupPolicy.quorum
    var heartbeatMilliseconds = 500
    /// Processes.
    var nodes = 3
    /// One more member that is no process of ours, with the lowest id: it dials the others.
    var hasGuest = false
    /// The ways between the members can be cut.
    var canBeCut = false
    /// Disks of the members can be slowed down, and their clocks moved.
    var hasMachineFaults = false
    /// Another build of the engine; nil for this one.
    var executable: String?
    /// Beside those that every member needs.
    var settings: [ServerSetting] = []

    /// For what should take a few heartbeats.
    var patienceSeconds: Double { 20 + Double(self.heartbeatMilliseconds) * 40 / 1000 }
    /// After so long a leader without a majority must not acknowledge anything, and a silent one is given up: three intervals.
    var silenceSeconds: Double { Double(3 * self.heartbeatMilliseconds) / 1000 }
}
