//! Where files are kept, and when they are safe there.
//!
//! A file is written once and never changed. [`Depot::publish`] is the one atomic step: everything
//! else may be left half done by a crash and is swept away on the next start. The local depot
//! syncs what `object_store`'s local file system leaves to chance.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::object_store::ObjectStore;
use datafusion::object_store::local::LocalFileSystem;

/// A place that keeps immutable files under slash-separated names.
pub(crate) trait Depot: Send + Sync + std::fmt::Debug {
    /// Begins a file. It is safe once sealed and its folder [settled](Depot::settle).
    fn create(&self, path: &str) -> io::Result<Box<dyn Sink>>;
    /// Makes the names of sealed files in this folder safe.
    fn settle(&self, folder: &str) -> io::Result<()>;
    /// Writes a whole file that appears at once and safely, or not at all; refused where one exists.
    fn publish(&self, path: &str, bytes: &[u8]) -> io::Result<()>;
    /// The whole content of a file.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;
    /// A file to read from at random. A remote depot would fetch it first.
    fn open(&self, path: &str) -> io::Result<File>;
    /// The size of a file, none where there is none.
    fn size(&self, path: &str) -> io::Result<Option<u64>>;
    /// The names in a folder, with the folder before them, in order.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
    /// Removes a file; one that is gone already is no error.
    fn delete(&self, path: &str) -> io::Result<()>;
    /// The same files, as the query engine reads them.
    fn objects(&self) -> Arc<dyn ObjectStore>;
}

/// A file being written.
pub(crate) trait Sink: Write + Send {
    /// Makes the content safe.
    fn seal(self: Box<Self>) -> io::Result<()>;
}

/// A folder of this machine.
#[derive(Debug)]
pub(crate) struct LocalDepot {
    root: PathBuf,
    objects: Arc<LocalFileSystem>,
}

impl LocalDepot {
    /// Opens a folder, making it and these folders in it where they are missing.
    pub(crate) fn open(root: &Path, folders: &[&str]) -> io::Result<Self> {
        for folder in folders {
            fs::create_dir_all(root.join(folder))?;
        }
        sync_folder(root)?;
        if let Some(parent) = root.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
        let objects = LocalFileSystem::new_with_prefix(root).map_err(io::Error::other)?;
        Ok(Self { root: root.to_owned(), objects: Arc::new(objects) })
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

impl Depot for LocalDepot {
    fn create(&self, path: &str) -> io::Result<Box<dyn Sink>> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(self.at(path))?;
        Ok(Box::new(LocalSink(BufWriter::with_capacity(1 << 18, file))))
    }

    fn settle(&self, folder: &str) -> io::Result<()> {
        sync_folder(&self.at(folder))
    }

    fn publish(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let (target, draft) = (self.at(path), self.at(&format!("{path}.tmp")));
        let written = File::create(&draft).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        // Unlike a rename, a link never replaces what is there.
        let linked = written.and_then(|()| fs::hard_link(&draft, &target));
        let _ = fs::remove_file(&draft);
        linked?;
        sync_folder(target.parent().unwrap_or(&self.root)).inspect_err(|_| {
            let _ = fs::remove_file(&target);
        })
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.at(path))
    }

    fn open(&self, path: &str) -> io::Result<File> {
        File::open(self.at(path))
    }

    fn size(&self, path: &str) -> io::Result<Option<u64>> {
        match fs::metadata(self.at(path)) {
            Ok(about) => Ok(Some(about.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.at(folder))? {
            names.push(format!("{folder}/{}", entry?.file_name().to_string_lossy()));
        }
        names.sort();
        Ok(names)
    }

    fn delete(&self, path: &str) -> io::Result<()> {
        match fs::remove_file(self.at(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.objects) as Arc<dyn ObjectStore>
    }
}

struct LocalSink(BufWriter<File>);

impl Write for LocalSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Sink for LocalSink {
    fn seal(self: Box<Self>) -> io::Result<()> {
        let file = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
