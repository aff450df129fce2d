extension CommandSpec {
    static let connection: [CommandSpec] = []
    static let server: [CommandSpec] = []
    static let generic: [CommandSpec] = []
}
