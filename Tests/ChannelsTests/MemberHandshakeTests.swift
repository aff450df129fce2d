import Channels
import Testing

@Suite("the handshake of members")
struct MemberHandshakeTests {
    private func side(
        _ node: UInt16,
        _ secret: String = "secret",
        nonce: UInt8? = nil,
        as side: MemberSecret.Side = .dialer
    ) -> MemberHandshake {
        MemberHandshake(
            secret: Array(secret.utf8),
            node: NodeID(node),
            members: [NodeID(1), NodeID(2), NodeID(3)],
            nonce: [UInt8](repeating: nonce ?? UInt8(node), count: 32),
            side: side
        )
    }

    private func feed(_ side: inout MemberHandshake, _ bytes: [UInt8]) -> MemberHandshake.Outcome {
        bytes.withUnsafeBytes { side.received($0) }
    }

    @Test("two members with the same secret prove themselves, however the bytes are cut", arguments: [1, 5, 38, 1000])
    func proves(step: Int) {
        var left = self.side(1)
        var right = self.side(2, as: .acceptor)
        var toRight = left.opening
        var toLeft = right.opening
        var proved: [NodeID] = []
        while !toRight.isEmpty || !toLeft.isEmpty {
            for isRight in [true, false] {
                let piece = Array((isRight ? toRight : toLeft).prefix(step))
                guard !piece.isEmpty else { continue }
                if isRight { toRight.removeFirst(piece.count) } else { toLeft.removeFirst(piece.count) }
                switch isRight ? self.feed(&right, piece) : self.feed(&left, piece) {
                case .goOn(let send): if isRight { toLeft += send } else { toRight += send }
                case .proved(let node, let send, let rest):
                    if isRight { toLeft += send } else { toRight += send }
                    proved.append(node)
                    #expect(rest.isEmpty)
                case .failed(let failure): Issue.record("\(failure)")
                }
            }
        }
        #expect(Set(proved) == [NodeID(1), NodeID(2)])
    }

    @Test("what comes behind the proof is kept for the first message")
    func rest() {
        var left = self.side(1)
        var right = self.side(2, as: .acceptor)
        guard case .goOn(let proof) = self.feed(&left, right.opening) else { return #expect(Bool(false)) }
        let outcome = self.feed(&right, left.opening + proof + [7, 8])
        guard case .proved(NodeID(1), _, let rest) = outcome else { return #expect(Bool(false), "\(outcome)") }
        #expect(rest == [7, 8])
    }

    @Test("another secret, a stranger's number, the own number, and garbage are refused")
    func refusals() {
        var left = self.side(1)
        var other = self.side(2, "another", as: .acceptor)
        let right = self.side(2, as: .acceptor)
        guard case .goOn(let proof) = self.feed(&other, left.opening) else { return #expect(Bool(false)) }
        #expect(self.feed(&left, right.opening + proof) == .failed(.wrongProof))
        for number in [UInt16(1), 4, 999] {
            var side = self.side(1, nonce: 9)
            #expect(self.feed(&side, self.side(number, nonce: 4).opening) == .failed(.unknownNode(NodeID(number))))
        }
        var garbage = self.side(1)
        #expect(self.feed(&garbage, Array("GET /".utf8)) == .failed(.notAMember))
    }

    @Test("what a member sent proves nothing when it comes back")
    func reflection() {
        // Somebody without the secret pretends to be node 2 and sends back what node 1 says.
        var left = self.side(1)
        var hello = left.opening
        hello[4] = 2
        #expect(self.feed(&left, hello) == .failed(.wrongProof))
        // With random bytes of its own it needs a proof of the other direction.
        var again = self.side(1)
        guard case .goOn(let proof) = self.feed(&again, self.side(2, nonce: 5).opening) else {
            return #expect(Bool(false))
        }
        #expect(self.feed(&again, proof) == .failed(.wrongProof))
    }
}
