import Measurement
import Sockets

/// A soak of one target: rounds of `SoakScenario` until the time is over, each recorded when it ends.
package final class Soak {
    private let specification: TargetSpecification
    private let minutes: Double
    private let recorder: RunRecorder
    private let tell: (BenchEvent) -> Void

    private static let keys: UInt64 = 10_000
    private static let valueSize = 1024

    package init(
        _ specification: TargetSpecification,
        minutes: Double,
        recorder: RunRecorder,
        tell: @escaping (BenchEvent) -> Void
    ) {
        self.specification = specification
        self.minutes = minutes
        self.recorder = recorder
        self.tell = tell
    }

    /// - Throws: at the first lost or doubled mutation, lost connection, refused command, or death of the server.
    package func run() throws(HarnessError) {
        do throws(HarnessError) {
            let seed = self.recorder.record.seed
            let target = try TargetLauncher.launch(self.specification)
            let session = try Session(target, connections: SoakScenario.connections, seed: seed)
            defer { session.stop() }
            self.recorder.add(try target.record())
            for note in target.notes { self.recorder.note(note) }
            try session.preload(keys: Self.keys, valueSize: Self.valueSize)
            try self.rounds(session, SoakCast(seed: seed))
        } catch {
            if error.code != .interrupted { self.recorder.invalidate(error.message) }
            self.recorder.finish(interrupted: error.code == .interrupted)
            throw error
        }
        self.recorder.finish(interrupted: false)
    }

    private func rounds(_ session: Session, _ first: SoakCast) throws(HarnessError) {
        var cast = first
        var allocated: [Double] = []
        let began = Clocks.monotonicNanoseconds
        let seconds = self.minutes * 60
        var place = 0
        while true {
            let elapsed = Double(Clocks.monotonicNanoseconds - began) / 1e9
            guard elapsed < seconds else { break }
            place += 1
            let planned = place + Int((seconds - elapsed) / SoakScenario.roundSeconds)
            let title = "soak \(self.specification) round \(place)" + Self.memory(allocated)
            self.tell(.trialBegan(title, place: place, of: planned, remainingSeconds: seconds - elapsed))
            let trial = try SoakScenario.round(session, &cast)
            allocated += trial.samples.filter { $0.metric == "allocator_allocated" }.map(\.value)
            self.recorder.add(
                trial,
                scenario: SoakScenario.name,
                target: self.specification.description,
                parameters: [Parameter("minutes", self.minutes)],
                expected: SoakScenario.expectedMetrics
            )
        }
        guard let growth = SoakScenario.growth(allocated) else {
            return self.recorder.note("The soak was too short to judge whether memory is flat: it takes eight rounds.")
        }
        self.recorder.note(
            "Memory of the server changed by \(Int(growth.bytes)) B from the second quarter to the last."
        )
        if !growth.isFlat { self.recorder.invalidate("memory grew by \(Int(growth.bytes)) B during the soak") }
    }

    private static func memory(_ allocated: [Double]) -> String {
        allocated.last.map { " (\(Int($0 / 1_048_576)) MiB allocated)" } ?? ""
    }
}
