//! The few file operations the log makes durable things with, in one place so that tests can make them fail.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
#[cfg(test)]
use std::sync::Arc;

/// Hands out the operations; under test it may carry a plan of faults.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    #[cfg(test)]
    pub(crate) faults: Arc<faults::Faults>,
}

impl Disk {
    /// Creates the file empty, emptying one that is there.
    pub(crate) fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)
    }

    pub(crate) fn write_at(&self, file: &File, bytes: &[u8], position: u64) -> io::Result<()> {
        #[cfg(test)]
        self.faults.before_write(file, bytes, position)?;
        file.write_all_at(bytes, position)
    }

    pub(crate) fn sync(&self, file: &File) -> io::Result<()> {
        #[cfg(test)]
        self.faults.before_sync()?;
        file.sync_data()
    }

    /// Makes names created or removed in a folder durable.
    pub(crate) fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        #[cfg(test)]
        self.faults.before_sync_dir()?;
        File::open(dir)?.sync_all()
    }

    pub(crate) fn set_len(&self, file: &File, len: u64) -> io::Result<()> {
        #[cfg(test)]
        self.faults.before_set_len()?;
        file.set_len(len)
    }
}

#[cfg(test)]
pub(crate) mod faults {
    //! A disk that fills up, or whose operations fail, on command.

    use std::fs::File;
    use std::io::{self, ErrorKind};
    use std::os::unix::fs::FileExt;
    use std::sync::atomic::{AtomicI64, AtomicU32, Ordering::SeqCst};

    /// What shall fail next; zero and `i64::MAX` mean nothing.
    #[derive(Debug)]
    pub(crate) struct Faults {
        /// Bytes by which files may still grow. The write that crosses it is done in part, as a real disk does.
        pub(crate) space: AtomicI64,
        pub(crate) failing_syncs: AtomicU32,
        pub(crate) failing_dir_syncs: AtomicU32,
        pub(crate) failing_truncations: AtomicU32,
    }

    impl Default for Faults {
        fn default() -> Self {
            Faults {
                space: AtomicI64::new(i64::MAX),
                failing_syncs: AtomicU32::new(0),
                failing_dir_syncs: AtomicU32::new(0),
                failing_truncations: AtomicU32::new(0),
            }
        }
    }

    fn strike(counter: &AtomicU32) -> io::Result<()> {
        match counter.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)) {
            Ok(_) => Err(io::Error::other("injected fault")),
            Err(_) => Ok(()),
        }
    }

    impl Faults {
        pub(crate) fn before_write(&self, file: &File, bytes: &[u8], position: u64) -> io::Result<()> {
            let space = self.space.load(SeqCst);
            if space == i64::MAX {
                return Ok(());
            }
            let len = file.metadata()?.len();
            let growth = (position + bytes.len() as u64).saturating_sub(len) as i64;
            if growth <= space {
                self.space.fetch_sub(growth, SeqCst);
                return Ok(());
            }
            let fitting = (bytes.len() as i64 - growth + space).max(0) as usize;
            file.write_all_at(&bytes[..fitting], position)?;
            self.space.store(0, SeqCst);
            Err(ErrorKind::StorageFull.into())
        }

        pub(crate) fn before_sync(&self) -> io::Result<()> {
            strike(&self.failing_syncs)
        }

        pub(crate) fn before_sync_dir(&self) -> io::Result<()> {
            strike(&self.failing_dir_syncs)
        }

        pub(crate) fn before_set_len(&self) -> io::Result<()> {
            strike(&self.failing_truncations)
        }
    }
}
