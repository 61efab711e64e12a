"""What runs in the emulator's process: MiniStack, and our patches where it would let a test say what AWS would not.

Each module owns one difference and has one `install()`. It refuses to start on another MiniStack than the one it was written for.
"""
