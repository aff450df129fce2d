/// The allocator's size classes, worked out instead of asked for: multiples of 16 up to 128, then four per doubling
/// (jemalloc(3), "size classes"). An entry asks for exactly a class, so that its spare room is known without a call.
enum SizeClass {
    static func roundUp(_ size: Int) -> Int {
        guard size > 128 else { return max(16, (size + 15) & ~15) }
        let doubling = Int.bitWidth - 1 - (size - 1).leadingZeroBitCount
        let step = 1 << (doubling - 2)
        return (size + step - 1) & ~(step - 1)
    }
}
