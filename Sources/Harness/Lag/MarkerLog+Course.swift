// The lag of one measurement over its time.

import Histogram

/// The lag of the markers of one stretch of time, over all replicas.
struct LagStretch: Equatable {
    /// The middle of the stretch, in monotonic nanoseconds.
    var nanoseconds: UInt64
    var medianMicroseconds: Double
    var longestMicroseconds: Double
}

extension MarkerLog {
    /// So short that a stall of a tenth of a second shows its shape, so long that each stretch has a score of markers.
    static let stretchNanoseconds: UInt64 = 20_000_000

    /// Stretches in which no marker was acknowledged are left out: there is nothing that could be late.
    func course(_ arrivals: [MarkerArrivals]) -> [LagStretch] {
        guard let begin = self.acknowledged.first else { return [] }
        var stretches: [LagStretch] = []
        var lags: [UInt64] = []
        var current: UInt64 = 0
        func close() {
            guard !lags.isEmpty else { return }
            lags.sort()
            stretches.append(
                LagStretch(
                    nanoseconds: begin + current * Self.stretchNanoseconds + Self.stretchNanoseconds / 2,
                    medianMicroseconds: Double(lags[lags.count / 2]) / 1000,
                    longestMicroseconds: Double(lags[lags.count - 1]) / 1000
                )
            )
            lags.removeAll()
        }
        for (place, acknowledged) in self.acknowledged.enumerated() {
            // Acknowledgements come in the order of sending, as all markers share a connection.
            let stretch = acknowledged > begin ? (acknowledged - begin) / Self.stretchNanoseconds : 0
            if stretch != current {
                close()
                current = stretch
            }
            for replica in arrivals where place < replica.times.count {
                let applied = replica.times[place]
                lags.append(applied > acknowledged ? applied - acknowledged : 0)
            }
        }
        close()
        return stretches
    }
}
