/// Where functions begin and how many lines they take, by counting braces outside of string literals.
enum FunctionLengths {
    static func find(in lines: [Substring]) -> [(line: Int, length: Int)] {
        var found: [(line: Int, length: Int)] = []
        var open: [(start: Int, depth: Int)] = []
        var waiting: Int?
        var depth = 0
        for (index, line) in lines.enumerated() {
            if waiting == nil, Self.beginsFunction(line) { waiting = index }
            for brace in Self.braces(line) {
                if brace == "{" {
                    if let start = waiting { open.append((start, depth)) }
                    waiting = nil
                    depth += 1
                } else {
                    depth -= 1
                    if let last = open.last, last.depth == depth {
                        open.removeLast()
                        found.append((last.start + 1, index - last.start + 1))
                    }
                }
            }
        }
        return found
    }

    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "private", "fileprivate", "static", "mutating", "override", "final",
        "convenience", "required", "consuming", "borrowing",
    ]

    private static func beginsFunction(_ line: Substring) -> Bool {
        let words = line.split(separator: " ")
        guard let index = words.firstIndex(where: { $0 == "func" || $0.hasPrefix("init(") || $0.hasPrefix("init?(") })
        else { return false }
        return words[..<index].allSatisfy { Self.modifiers.contains($0) || $0.hasPrefix("@") }
    }

    private static func braces(_ line: Substring) -> [Character] {
        var found: [Character] = []
        var isInside = false
        var previous: Character = " "
        for character in line {
            if character == "\"", previous != "\\" { isInside.toggle() }
            if !isInside, character == "{" || character == "}" { found.append(character) }
            previous = character
        }
        return found
    }
}
