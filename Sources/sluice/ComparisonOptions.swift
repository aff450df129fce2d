import ArgumentParser
import Foundation
import Harness

/// What turns `sluice bench` into a comparison.
struct ComparisonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Compare with another build, or another target, in interleaved trials.",
            discussion: """
                The path of another build of this program, or anything that --target takes. Both servers stay up, and short \
                trials take turns on them: A B B A. The other one is A, the --target is B, and a change for the worse means \
                that B is worse. Cases are those of the suite gate, unless --suite names another one.
                """,
            valueName: "build|target"
        )
    )
    var against: String?

    @Flag(help: "Compare the target with itself, and tell this machine's false alarms and smallest visible change.")
    var aa = false

    @Option(help: "Comparisons to make with --aa.")
    var repetitions = 1

    @Flag(
        help: """
            Count what does not wobble: heap bytes, allocations, system calls, bytes on the wire, instructions. With \
            --against both sides are counted in any case, unless --no-counts forbids it.
            """
    )
    var counts = false

    @Flag(help: "With --against: judge timings alone.")
    var noCounts = false

    @Flag(help: "With --against: end at the first look that finds a regression.")
    var failFast = false

    @Flag(help: "End with 4 for an improvement beyond its bound, and with 5 for nothing but noise.")
    var strict = false

    @Option(help: ArgumentHelp("File for the comparison as JSON.", valueName: "file"))
    var json: String?

    @Option(help: ArgumentHelp("File for the comparison in Markdown.", valueName: "file"))
    var markdown: String?

    /// Whether two sides are measured.
    var isPaired: Bool { self.against != nil || self.aa }

    /// More would take days.
    private static let mostRepetitions = 1000

    func validate() throws {
        guard self.against == nil || !self.aa else {
            throw ValidationError("--against and --aa exclude each other.")
        }
        guard (1...Self.mostRepetitions).contains(self.repetitions) else {
            throw ValidationError("--repetitions takes 1 to \(Self.mostRepetitions).")
        }
        guard self.repetitions == 1 || self.aa else { throw ValidationError("--repetitions belongs to --aa.") }
        guard !self.noCounts || (self.against != nil && !self.counts) else {
            throw ValidationError("--no-counts belongs to --against, without --counts.")
        }
        guard !self.failFast || self.against != nil else { throw ValidationError("--fail-fast belongs to --against.") }
        guard self.isPaired || (self.json == nil && self.markdown == nil && !self.strict) else {
            throw ValidationError("--strict, --json and --markdown belong to --against and --aa.")
        }
    }

    /// The two sides, A first.
    /// - Parameter target: the one that is judged.
    func sides(
        _ target: TargetSpecification,
        _ targets: TargetOptions
    ) throws(HarnessError) -> (a: TargetSpecification, b: TargetSpecification) {
        var (a, b) = (target, target)
        if let against {
            a =
                FileManager.default.isExecutableFile(atPath: against)
                ? TargetSpecification(.sluice, .child(executable: against), knobs: target.knobs)
                : try targets.specification(against)
        }
        // Two builds of one product are told apart by letters, two products by their names.
        if a.product == b.product {
            a.label = "a"
            b.label = "b"
        }
        return (a, b)
    }
}
