/// What a sweep over settings found, as part of a run.
package struct SweepRecord: Codable, Sendable, Equatable {
    package init() {}
}
