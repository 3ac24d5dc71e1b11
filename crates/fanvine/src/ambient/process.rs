//! What the operating system says of this process and its disk.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What the process uses; none where the system does not say it in the way of Linux.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Memory it has in use.
    pub memory_bytes: Option<u64>,
    /// Files and connections it has open.
    pub open_files: Option<u64>,
    /// Time on the processors.
    pub cpu_seconds: Option<f64>,
}

/// What this process uses now.
pub fn usage() -> Usage {
    Usage {
        memory_bytes: memory(),
        open_files: std::fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as u64),
        cpu_seconds: cpu(),
    }
}

fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1_024)
}

fn cpu() -> Option<f64> {
    // SAFETY: the system fills in the structure it is given, which is plain numbers.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::getrusage(libc::RUSAGE_SELF, &mut usage) == 0).then_some(usage)?
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Some(seconds(usage.ru_utime) + seconds(usage.ru_stime))
}

/// The most files a process may have open.
pub fn most_open_files() -> Option<u64> {
    // SAFETY: as above.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        (libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0).then_some(limit.rlim_cur)
    }
}

/// The space of a file system.
#[derive(Debug, Clone, Copy)]
pub struct Disk {
    /// All of it.
    pub all_bytes: u64,
    /// What may still be written.
    pub free_bytes: u64,
}

/// The space where `path` is, which must exist.
pub fn disk(path: &Path) -> Option<Disk> {
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    // SAFETY: the path ends in a zero byte; the system fills in the structure, which is plain numbers.
    let space = unsafe {
        let mut space: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(path.as_ptr(), &mut space) == 0).then_some(space)?
    };
    let block = space.f_frsize;
    Some(Disk { all_bytes: space.f_blocks * block, free_bytes: space.f_bavail * block })
}
