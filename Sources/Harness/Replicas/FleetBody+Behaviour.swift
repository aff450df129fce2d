// What replicas do beyond reading along: pause by their rate, leave, and come back.

import Sockets

extension FleetBody {
    /// What is due for one that follows the stream, or takes a copy.
    func behave(_ replica: SyntheticReplica, _ token: UInt64, _ now: UInt64) {
        switch replica.behaviour {
        case .fast, .stalled, .late, .silent:
            return
        case .slow:
            replica.pace.advance(to: now)
            if replica.isPaused, replica.pace.isOpen { self.goOn(replica, token) }
        case .flapping(let stay, let away):
            guard !self.isHurried, replica.reader != nil, now - replica.onlineSince >= UInt64(stay * 1e9) else {
                return
            }
            if let socket = replica.socket { self.poller.remove(socket) }
            replica.leave(until: now + UInt64(away * 1e9), byReset: replica.resumes.isMultiple(of: 2))
        }
    }

    func pause(_ replica: SyntheticReplica, _ token: UInt64) {
        replica.isPaused = true
        self.watch(replica, [], token)
    }

    private func goOn(_ replica: SyntheticReplica, _ token: UInt64) {
        replica.isPaused = false
        self.watch(replica, .readable, token)
    }

    /// The load is over: slow replicas read what they lack as fast as they can, and nobody leaves any more.
    func hurry() {
        self.isHurried = true
        for (token, replica) in self.replicas where replica.behaviour.readRate != nil {
            replica.pace = Pace(bytesPerSecond: nil)
            if replica.isPaused { self.goOn(replica, token) }
        }
    }
}
