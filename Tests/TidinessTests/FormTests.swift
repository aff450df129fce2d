import Testing

@Suite struct FormTests {
    private static let longestFile = 350
    private static let longestFunction = 70

    @Test("no file is longer than 350 lines, and each ends with one line end")
    func files() {
        #expect(SourceTree.files.count > 100)
        for file in SourceTree.files {
            #expect(file.lines.count - 1 <= Self.longestFile, "\(file.path) has \(file.lines.count - 1) lines")
            #expect(file.text.hasSuffix("\n") && !file.text.hasSuffix("\n\n"), "\(file.path)")
            #expect(!file.text.contains("\t") && !file.text.utf8.contains(0x0d), "\(file.path) has a tab or a CR in it")
        }
    }

    @Test("no function is longer than 70 lines")
    func functions() {
        for file in SourceTree.files {
            for function in FunctionLengths.find(in: file.code) {
                #expect(function.length <= Self.longestFunction, "\(file.path):\(function.line)")
            }
        }
    }

    @Test("the counter of function lengths counts right")
    func counter() {
        let lines: [Substring] = [
            "struct A {", "    func one() { 1 }", "    package init(", "        a: Int", "    ) {",
            "        if a { say(\"}\") }", "    }", "    let x = [1].map { $0 }", "}",
        ]
        let found = FunctionLengths.find(in: lines)
        #expect(found.map(\.line) == [2, 3])
        #expect(found.map(\.length) == [1, 5])
    }

    @Test("nothing is tried or cast by force")
    func force() {
        // Put together here, so that this file does not break its own rule.
        for word in ["try" + "!", " as" + "! "] { self.expectNowhere(word, in: SourceTree.files) }
    }

    @Test("only the executable prints")
    func printing() {
        let silent = SourceTree.sources.filter { $0.module != "sluice" }
        for word in [" print(", "debugPrint(", " dump("] { self.expectNowhere(word, in: silent) }
    }

    @Test("nothing is left for later in a comment, and no machine's folder is named")
    func leftovers() {
        for word in [
            "TO" + "DO", "FIX" + "ME", "HA" + "CK", "/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/", "/Us" + "ers/",
        ] {
            for file in SourceTree.files {
                for (index, line) in file.lines.enumerated() {
                    #expect(!line.contains(word), "\(file.path):\(index + 1) has \(word)")
                }
            }
        }
    }

    private func expectNowhere(_ word: String, in files: [SourceFile]) {
        for file in files {
            for (index, line) in file.code.enumerated() {
                #expect(!line.contains(word), "\(file.path):\(index + 1) has \(word)")
            }
        }
    }
}
