//! The frame: what one group commit leaves on disk.
//!
//! ```text
//! header, 32 bytes, little endian        body
//!  0 magic "FvL1"                         keys      16 bytes each, never compressed, so that the tail of a log
//!  4 crc32 of bytes 8.. and the body                can be re-indexed without unpacking it
//!  8 body length                          payload   the records' lengths (4 bytes each), then their bytes;
//! 12 payload length before compression              lz4 block when that saves an eighth
//! 16 first offset
//! 24 number of records
//! 28 codec (0 plain, 1 lz4)
//! ```
//!
//! A record that was forgotten has the length [`FORGOTTEN`] and no bytes; its offset and its key stay.
//!
//! The checksum starts from the log's own salt: a record whose bytes imitate a frame is not mistaken for one.
//! The magic is not zero, so space filled with zeros ahead of the writer reads as the end of the log.

use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size};

pub(crate) const HEADER_BYTES: usize = 32;
pub(crate) const KEY_BYTES: usize = 16;
pub(crate) const LENGTH_BYTES: usize = 4;
pub(crate) const MAGIC: [u8; 4] = *b"FvL1";
/// Stands where the length of a record was that is not kept any more. No record is as long.
const FORGOTTEN: u32 = u32::MAX;
const PLAIN: u32 = 0;
const LZ4: u32 = 1;
/// Below this a payload is not worth a try at compression.
const SMALLEST_COMPRESSED: usize = 256;

/// Builds frames, keeping its buffers between them.
pub(crate) struct Encoder {
    salt: u32,
    payload: Vec<u8>,
    packed: Vec<u8>,
    frame: Vec<u8>,
    table: CompressTable,
}

impl Encoder {
    pub(crate) fn new(salt: u32) -> Self {
        Encoder { salt, payload: Vec::new(), packed: Vec::new(), frame: Vec::new(), table: CompressTable::large() }
    }

    /// Assembles one frame; `records` yields as many items as there are keys, none for what was forgotten. The caller may
    /// lengthen the buffer.
    pub(crate) fn encode<'a>(
        &mut self,
        first: u64,
        keys: &[u128],
        records: impl Iterator<Item = Option<&'a [u8]>> + Clone,
    ) -> &mut Vec<u8> {
        self.payload.clear();
        for record in records.clone() {
            let length = record.map_or(FORGOTTEN, |record| record.len() as u32);
            self.payload.extend_from_slice(&length.to_le_bytes());
        }
        for record in records.flatten() {
            self.payload.extend_from_slice(record);
        }
        let compressed = self.compress();
        let (codec, payload) = match compressed {
            Some(len) => (LZ4, &self.packed[..len]),
            None => (PLAIN, &self.payload[..]),
        };
        let body_len = keys.len() * KEY_BYTES + payload.len();
        let frame = &mut self.frame;
        frame.clear();
        frame.extend_from_slice(&MAGIC);
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(&(body_len as u32).to_le_bytes());
        frame.extend_from_slice(&(self.payload.len() as u32).to_le_bytes());
        frame.extend_from_slice(&first.to_le_bytes());
        frame.extend_from_slice(&(keys.len() as u32).to_le_bytes());
        frame.extend_from_slice(&codec.to_le_bytes());
        for key in keys {
            frame.extend_from_slice(&key.to_le_bytes());
        }
        frame.extend_from_slice(payload);
        let crc = checksum(self.salt, &frame[8..]);
        frame[4..8].copy_from_slice(&crc.to_le_bytes());
        frame
    }

    /// Compresses the payload into `packed` and returns the length, or `None` when that would not pay.
    fn compress(&mut self) -> Option<usize> {
        if self.payload.len() < SMALLEST_COMPRESSED {
            return None;
        }
        let room = get_maximum_output_size(self.payload.len());
        if self.packed.len() < room {
            self.packed.resize(room, 0);
        }
        let len = compress_into_with_table(&self.payload, &mut self.packed, &mut self.table).ok()?;
        (len <= self.payload.len() / 8 * 7).then_some(len)
    }
}

fn checksum(salt: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(bytes);
    hasher.finalize()
}

/// A checked frame, still in the buffer it was read into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameRef<'a> {
    pub(crate) first: u64,
    pub(crate) count: u32,
    codec: u32,
    payload_len: usize,
    keys: &'a [u8],
    payload: &'a [u8],
}

/// The whole length of the frame that begins with these header bytes, or `None` if no frame begins so.
pub(crate) fn length(header: &[u8]) -> Option<usize> {
    (header.len() >= HEADER_BYTES && header[..4] == MAGIC).then(|| HEADER_BYTES + u32_at(header, 8) as usize)
}

/// Checks a whole frame. The error says what is wrong with it.
pub(crate) fn parse(bytes: &[u8], salt: u32) -> Result<FrameRef<'_>, &'static str> {
    if length(bytes) != Some(bytes.len()) {
        return Err("no frame begins here");
    }
    if u32_at(bytes, 4) != checksum(salt, &bytes[8..]) {
        return Err("the frame's checksum does not match");
    }
    let count = u32_at(bytes, 24);
    let body = &bytes[HEADER_BYTES..];
    let key_bytes = count as usize * KEY_BYTES;
    if key_bytes > body.len() || count == 0 {
        return Err("the frame's record count does not fit its length");
    }
    let (keys, payload) = body.split_at(key_bytes);
    Ok(FrameRef {
        first: u64::from_le_bytes([16, 17, 18, 19, 20, 21, 22, 23].map(|i: usize| bytes[i])),
        count,
        codec: u32_at(bytes, 28),
        payload_len: u32_at(bytes, 12) as usize,
        keys,
        payload,
    })
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

impl FrameRef<'_> {
    /// The offset after the frame's last record.
    pub(crate) fn end(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = u128> + '_ {
        let (keys, _) = self.keys.as_chunks::<KEY_BYTES>();
        keys.iter().map(|key| u128::from_le_bytes(*key))
    }

    pub(crate) fn unpack(&self) -> Result<Frame, &'static str> {
        let payload = match self.codec {
            PLAIN => self.payload.to_vec(),
            LZ4 => {
                let mut payload = vec![0; self.payload_len];
                let len = decompress_into(self.payload, &mut payload).map_err(|_| "the frame cannot be unpacked")?;
                payload.truncate(len);
                payload
            }
            _ => return Err("the frame has an unknown codec"),
        };
        let table = self.count as usize * LENGTH_BYTES;
        if payload.len() != self.payload_len || payload.len() < table {
            return Err("the frame's payload has the wrong length");
        }
        let frame = Frame { first: self.first, count: self.count as usize, payload };
        let bytes: u64 = (0..frame.count).map(|i| frame.record_len(i) as u64).sum();
        if bytes != (frame.payload.len() - table) as u64 {
            return Err("the frame's records do not fill its payload");
        }
        Ok(frame)
    }
}

/// An unpacked frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) first: u64,
    pub(crate) count: usize,
    payload: Vec<u8>,
}

impl Frame {
    /// Bytes of a record; 0 for one that was forgotten.
    pub(crate) fn record_len(&self, index: usize) -> usize {
        match u32_at(&self.payload, index * LENGTH_BYTES) {
            FORGOTTEN => 0,
            length => length as usize,
        }
    }

    pub(crate) fn is_forgotten(&self, index: usize) -> bool {
        u32_at(&self.payload, index * LENGTH_BYTES) == FORGOTTEN
    }

    /// The records in order, none where one was forgotten.
    pub(crate) fn records(&self) -> impl Iterator<Item = Option<&[u8]>> + Clone {
        let mut at = self.records_at();
        (0..self.count).map(move |index| {
            let len = self.record_len(index);
            at += len;
            (!self.is_forgotten(index)).then(|| self.bytes(at - len, len))
        })
    }

    /// Where the first record's bytes begin.
    pub(crate) fn records_at(&self) -> usize {
        self.count * LENGTH_BYTES
    }

    pub(crate) fn bytes(&self, at: usize, len: usize) -> &[u8] {
        &self.payload[at..at + len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_gives_back_what_was_put_in() {
        let mut encoder = Encoder::new(7);
        for body in [vec![], b"x".to_vec(), b"abcabcabc".repeat(1000)] {
            let written = [Some(body.clone()), None, Some(b"other".to_vec()), Some(vec![])];
            let bytes = encoder.encode(41, &[1, 3, 2, u128::MAX], written.iter().map(Option::as_deref)).clone();
            assert_eq!(length(&bytes), Some(bytes.len()));
            let frame = parse(&bytes, 7).expect("valid frame");
            assert_eq!((frame.first, frame.count, frame.end()), (41, 4, 45));
            assert_eq!(frame.keys().collect::<Vec<_>>(), [1, 3, 2, u128::MAX]);
            let unpacked = frame.unpack().expect("unpacks");
            let records: Vec<_> = unpacked.records().map(|record| record.map(<[u8]>::to_vec)).collect();
            assert_eq!(records, written);
        }
    }

    #[test]
    fn repetitive_records_are_stored_smaller() {
        let body = br#"{"event":"Product Viewed","properties":{}}"#.repeat(50);
        let mut encoder = Encoder::new(0);
        assert!(encoder.encode(0, &[1], [Some(body.as_slice())].into_iter()).len() < body.len() / 4);
    }

    #[test]
    fn any_changed_byte_and_another_logs_salt_are_noticed() {
        let mut encoder = Encoder::new(9);
        let bytes = encoder.encode(0, &[5], [Some(b"a record".as_slice())].into_iter()).clone();
        assert!(parse(&bytes, 8).is_err());
        for position in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= 0x10;
            assert!(parse(&changed, 9).is_err(), "byte {position}");
        }
    }
}
