/// The number of a mutation within its shard: 1, 2, 3 … without gaps.
package typealias LSN = UInt64

/// A count of mutations: position *n* means everything up to and including LSN *n*; 0 means nothing.
package typealias Position = UInt64

/// Milliseconds of wall-clock time since 1970. Cores are given it and never ask.
package typealias Milliseconds = Int64
