//! Which files an import reads, and how each is opened.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use super::delimited::Delimited;
use super::json_lines::JsonLines;
use super::mapping::{Format, Input};
use super::rows::{ReadError, RowReader};

/// Endings of files that are read when a folder is given and the mapping names no pattern.
const ENDINGS: &[(&str, Format)] = &[
    ("csv", Format::Csv),
    ("txt", Format::Csv),
    ("tsv", Format::Tsv),
    ("jsonl", Format::JsonLines),
    ("ndjson", Format::JsonLines),
    ("json", Format::JsonLines),
    ("parquet", Format::Parquet),
];

/// A reader of Parquet files, plugged in by the program.
pub type OpenParquet<'a> = &'a (dyn Fn(&Path) -> Result<Box<dyn RowReader>, ReadError> + Sync);

/// The file itself, or the matching files of a folder in the order of their names.
///
/// # Errors
/// The path does not exist, or nothing in the folder matches.
pub fn list(path: &Path, pattern: Option<&str>) -> Result<Vec<PathBuf>, ReadError> {
    let failed = |detail: String| ReadError { file: path.display().to_string(), detail };
    let about = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?;
    if !about.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| failed(error.to_string()))? {
        let file = entry.map_err(|error| failed(error.to_string()))?.path();
        let name = name_of(&file);
        let wanted = match pattern {
            Some(pattern) => matches(pattern, &name),
            None => format_of(&name).is_some(),
        };
        if wanted && file.is_file() {
            files.push(file);
        }
    }
    files.sort_by_key(|file| name_of(file));
    if files.is_empty() {
        return Err(failed(format!(
            "the folder holds no file {}",
            pattern.unwrap_or("*.csv, *.tsv, *.jsonl or *.parquet")
        )));
    }
    Ok(files)
}

/// The file's name without its folder.
pub fn name_of(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The format that a file's name tells; `.gz` at its end is passed over.
pub fn format_of(name: &str) -> Option<Format> {
    let name = name.to_ascii_lowercase();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    let (_, ending) = plain.rsplit_once('.')?;
    ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format)
}

/// Whether `name` is of the form `pattern`, in which `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces = pieces.peekable();
    let mut open = false;
    while let Some(piece) = pieces.next() {
        open = piece.is_empty();
        if pieces.peek().is_none() && !piece.is_empty() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    open || rest.is_empty()
}

/// Opens one file for reading by rows. `wanted` are the columns a mapping speaks of.
///
/// # Errors
/// The file cannot be opened, or its format is unknown.
pub fn open(
    file: &Path,
    input: &Input,
    wanted: &[String],
    parquet: Option<OpenParquet<'_>>,
) -> Result<Box<dyn RowReader>, ReadError> {
    let name = name_of(file);
    let failed = |detail: String| ReadError { file: name.clone(), detail };
    let format = input.format.or_else(|| format_of(&name)).ok_or_else(|| {
        failed("its name does not tell its format; give `format` under [input] of the mapping".to_owned())
    })?;
    match (format, parquet) {
        (Format::Parquet, Some(open)) if !looks_like_text(file, &name) => open(file),
        (Format::Parquet, None) => Err(failed("Parquet files are not read here".to_owned())),
        (Format::JsonLines, _) => Ok(Box::new(JsonLines::open(text(file)?, &name, wanted))),
        (Format::Tsv, _) => Ok(Box::new(Delimited::open(text(file)?, &name, input, Some(b'\t'))?)),
        (Format::Csv | Format::Parquet, _) => {
            Ok(Box::new(Delimited::open(text(file)?, &name, input, input.delimiter())?))
        }
    }
}

/// A mapping made for Parquet also reads the same table saved as CSV.
fn looks_like_text(_file: &Path, name: &str) -> bool {
    matches!(format_of(name), Some(Format::Csv | Format::Tsv))
}

/// The text of a file: decompressed, without a byte order mark, its bytes counted as they are on disk.
pub struct Text {
    /// The text.
    pub reader: Box<dyn BufRead + Send>,
    /// How many bytes of the file were read.
    pub done: Arc<AtomicU64>,
}

/// Opens a text file, gzip or plain, told apart by its first bytes.
///
/// # Errors
/// The file cannot be opened.
pub fn text(file: &Path) -> Result<Text, ReadError> {
    let failed = |error: io::Error| ReadError { file: name_of(file), detail: error.to_string() };
    let done = Arc::new(AtomicU64::new(0));
    let counted = Counted { file: File::open(file).map_err(failed)?, done: Arc::clone(&done) };
    let mut plain = BufReader::with_capacity(1 << 18, counted);
    let packed = plain.fill_buf().map_err(failed)?.starts_with(&[0x1f, 0x8b]);
    let mut reader: Box<dyn BufRead + Send> =
        if packed { Box::new(BufReader::with_capacity(1 << 18, MultiGzDecoder::new(plain))) } else { Box::new(plain) };
    if reader.fill_buf().map_err(failed)?.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    Ok(Text { reader, done })
}

struct Counted {
    file: File,
    done: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_with_stars() {
        assert!(matches("*.tsv", "train_view.tsv") && matches("train_*", "train_view.tsv") && matches("*", "x"));
        assert!(matches("a*b*c", "a-b-b-c") && matches("x.csv", "x.csv"));
        assert!(!matches("*.tsv", "x.tsv.bak") && !matches("x.csv", "x.csvs") && !matches("a*b", "b"));
    }

    #[test]
    fn a_format_is_told_by_the_name() {
        assert_eq!(format_of("A.CSV.gz"), Some(Format::Csv));
        assert_eq!(format_of("README"), None);
    }
}
