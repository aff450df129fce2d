/// What a paired comparison of two builds or targets found, as part of a run.
package struct ComparisonRecord: Codable, Sendable, Equatable {
    package init() {}
}
