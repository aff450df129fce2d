// Reads back what was acknowledged.

import Glibc

enum Pause {
    static func milliseconds(_ count: UInt32) { usleep(count * 1000) }
}

struct GroupFindings: Equatable {
    /// Keys of what is not there.
    var missing: [String] = []
    /// There with another value than was written: what nobody wrote.
    var invented = 0
}

enum GroupCheck {
    /// Keys of one question.
    private static let batch = 500
    private static let mostFailures = 100

    static func key(_ number: UInt32, _ writer: Int) -> String { "\(writer):\(number)" }

    /// Asks a member for what writers were told, from places on.
    /// - Parameter places: how many of each writer's have been checked before; moved on.
    static func check(
        _ acknowledged: [[UInt32]],
        from places: inout [Int],
        at member: Int,
        of ports: [UInt16]
    ) throws(HarnessError) -> GroupFindings {
        let client = GroupClient(ports: ports, member: member, seconds: 10)
        var findings = GroupFindings()
        var failures = 0
        for (writer, numbers) in acknowledged.enumerated() {
            while places[writer] < numbers.count {
                let slice = numbers[places[writer]..<min(numbers.count, places[writer] + Self.batch)]
                let answer = client.ask(["MGET"] + slice.map { Self.key($0, writer) })
                if [.moved, .unreachable, .unknown].contains(answer), failures < Self.mostFailures {
                    failures += 1
                    Pause.milliseconds(50)
                    continue
                }
                guard case .reply(.array(let values)) = answer, values.count == slice.count else {
                    throw HarnessError(.targetFailed, "member \(member + 1) does not answer MGET: \(answer)")
                }
                for (number, value) in zip(slice, values) {
                    if value == .bulk(nil) {
                        findings.missing.append(Self.key(number, writer))
                    } else if value != .bulk("\(number)") {
                        findings.invented += 1
                    }
                }
                places[writer] += slice.count
            }
        }
        return findings
    }
}
