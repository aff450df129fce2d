// Charts as values: a gnuplot script and its data, as text. Drawing them is the shell's business.

/// A chart that gnuplot draws from `script`, run in the directory that holds both files, into `<name>.svg`.
package struct Chart: Sendable, Equatable {
    /// File name without extension, the same in every run so that reports can be compared.
    package let name: String
    /// What it shows, in words: the image's alternative text.
    package let title: String
    /// One sentence on how to read it.
    package let reading: String
    package let script: String
    /// Tab-separated values in base units, one block per series.
    package let data: String
}

/// Whether the images exist that a report refers to.
package enum ChartState: Sendable, Equatable {
    case drawn
    /// The reason, with what to do about it.
    case skipped(String)
}
