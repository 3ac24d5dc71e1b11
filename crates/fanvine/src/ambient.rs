//! The real clock, the real randomness, the real threads and memory: the only place that reaches for them.

pub mod process;

use std::sync::atomic::{AtomicI64, Ordering};

use fanvine_kernel::{Clock, Entropy, Timestamp};

/// How far the program's clock is ahead of the machine's, in microseconds: nothing, but where a demonstration lets time pass.
static AHEAD: AtomicI64 = AtomicI64::new(0);

/// Sets the program's clock so far ahead of the machine's, in microseconds.
pub fn set_ahead(micros: i64) {
    AHEAD.store(micros, Ordering::Relaxed);
}

/// How far the program's clock is ahead of the machine's, in microseconds.
pub fn ahead() -> i64 {
    AHEAD.load(Ordering::Relaxed)
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the ambient clock enters the program")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX).saturating_add(ahead()))
    }
}

/// The operating system's source of randomness, by way of a generator seeded from it.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is where ambient randomness enters the program")]
    fn fill(&self, into: &mut [u8]) {
        rand::Rng::fill_bytes(&mut rand::rng(), into);
    }
}

/// Lets this thread stand back when there is more to do than the machine can: requests come first, for the processor and for
/// the disk; what is derived from them catches up. Where threads have no priority of their own, nothing changes.
pub fn stand_back() {
    #[cfg(target_os = "linux")]
    {
        const NICE: libc::c_int = 19;
        /// `IOPRIO_WHO_PROCESS`, and the class `IOPRIO_CLASS_IDLE`: see ioprio_set(2).
        const OF_THREAD: libc::c_int = 1;
        const IDLE: libc::c_int = 3 << 13;
        // SAFETY: system calls on numbers. On Linux they concern the calling thread only. That they may be refused is no
        // concern: the thread then works as before.
        unsafe {
            libc::setpriority(libc::PRIO_PROCESS, 0, NICE);
            libc::syscall(libc::SYS_ioprio_set, OF_THREAD, 0, IDLE);
        }
    }
}

/// Lets memory that is not used go back to the system soon: a burst of events needs much of it, and others may need it
/// after. `MIMALLOC_PURGE_DELAY` says otherwise.
pub fn give_memory_back() {
    /// `mi_option_purge_delay` of mimalloc 3: how long free pages are kept, in milliseconds.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    const KEPT_MS: libc::c_long = 30;
    // SAFETY: sets a number in the allocator; the option exists in this version.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, KEPT_MS) };
}
