import Glibc

/// Lets the calling thread, which must be one that may block, do nothing for a while.
func pauseThread(milliseconds: UInt32) {
    usleep(milliseconds * 1000)
}
