import Testing

@testable import Reports

@Suite("Quantities as text")
struct QuantityTests {
    @Test(
        "a value is shown in the unit that gives it a few digits",
        arguments: ([
            (0.0, "B", "0 B"), (1023, "B", "1023 B"), (1024, "B", "1.00 KiB"), (1228.8, "B", "1.20 KiB"),
            (64 * 1_048_576, "B", "64.0 MiB"), (1_048_575, "B", "1.00 MiB"), (3e12, "B", "2794 GiB"),
            (0.25, "us", "0.250 µs"), (0.0123, "us", "12.3 ns"), (999.9, "us", "1.00 ms"), (2_500_000, "us", "2.50 s"),
            (12_345, "1/s", "12.3 k/s"), (950, "1/s", "950/s"), (1_850_000, "1/s", "1.85 M/s"),
            (0.012, "s", "12.0 ms"), (31.84, "ratio", "31.8×"), (0.934, "share", "93 %"), (0.004, "share", "0.40 %"),
            (7, "count", "7"), (7.5, "count", "7.50"), (3, "widgets", "3.00 widgets"), (-2048, "B", "-2.00 KiB"),
        ] as [(Double, String, String)])
    )
    func scaled(value: Double, unit: String, expected: String) {
        #expect(Quantity(unit: unit).text(value) == expected)
    }

    @Test("a range is printed in the scale and precision of its middle, and not at all when nothing would differ")
    func ranges() {
        #expect(Quantity(unit: "us").text(0.25, range: 0.24...0.271) == "0.250 µs (0.240…0.271)")
        #expect(Quantity(unit: "1/s").text(950_000, range: 900_000...1_200_000) == "950 k/s (900…1200)")
        #expect(Quantity(unit: "B").text(2048, range: 2048...2049) == "2.00 KiB")
    }

    @Test(
        "fixed decimals round, pad and keep the sign",
        arguments: [
            (1.005, 1, "1.0"), (0.05, 1, "0.1"), (-0.04, 1, "0.0"), (-1.26, 1, "-1.3"), (12.0, 0, "12"),
            (0.007, 3, "0.007"),
            (9.996, 2, "10.00"), (1e300, 2, "1e+300"),
        ]
    )
    func fixed(value: Double, places: Int, expected: String) {
        #expect(DecimalText.fixed(value, places: places) == expected)
    }

    @Test(
        "significant digits count from the first that is not zero",
        arguments: [
            (9.996, "10.0"), (0.001234, "0.00123"), (1234.5, "1235"), (0.0, "0"), (99.95, "100"),
        ]
    )
    func significant(value: Double, expected: String) {
        #expect(DecimalText.significant(value) == expected)
    }
}
