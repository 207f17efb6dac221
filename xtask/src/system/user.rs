//! Who runs this program.

/// The ids of the user and of the group. `None` on Windows, which has no such numbers.
pub fn ids() -> Option<(u32, u32)> {
    #[cfg(unix)]
    {
        // SAFETY: both take nothing and can't fail.
        Some(unsafe { (libc::getuid(), libc::getgid()) })
    }
    #[cfg(not(unix))]
    None
}
