//! Compact bytes: numbers in groups of seven bits, lists of ascending numbers as their differences.

/// Why stored bytes cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Written by a version of this program that does things differently.
    #[error("{what}: version {found} of the bytes is not the known {known}")]
    Version {
        /// What was being read.
        what: &'static str,
        /// The version the bytes say.
        found: u8,
        /// The version this program writes.
        known: u8,
    },
    /// They end too early.
    #[error("{what}: the bytes end at {at}")]
    Ended {
        /// What was being read.
        what: &'static str,
        /// Where they end.
        at: usize,
    },
    /// There is more than belongs to it.
    #[error("{what}: {left} bytes are left over at byte {at}")]
    LeftOver {
        /// What was being read.
        what: &'static str,
        /// Where it ended.
        at: usize,
        /// How many follow.
        left: usize,
    },
    /// A value cannot be.
    #[error("{what}: {field} is {value} at byte {at}")]
    Wrong {
        /// What was being read.
        what: &'static str,
        /// Which part of it.
        field: &'static str,
        /// What it holds.
        value: u64,
        /// Behind which byte.
        at: usize,
    },
}

/// FNV-1a, 64 bits: the same on every machine and for ever, and short. It only has to tell apart the orders of one
/// shopper, or one catalogue from the next.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Writes a number: seven bits a byte, the lowest first (LEB128).
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number as u8 & 0x7f) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Writes a number of either sign: small ones of both are short.
pub(crate) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)) as u64);
}

/// Writes bytes behind their number.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what the functions above wrote.
pub(crate) struct Reader<'a> {
    what: &'static str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, bytes, at: 0 }
    }

    /// Reads the version and refuses any other than `known`.
    pub(crate) fn version(&mut self, known: u8) -> Result<(), DecodeError> {
        let [found] = self.array()?;
        if found == known { Ok(()) } else { Err(DecodeError::Version { what: self.what, found, known }) }
    }

    pub(crate) fn number(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                break;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.wrong("a number longer than 64 bits", number))
    }

    pub(crate) fn signed(&mut self) -> Result<i64, DecodeError> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub(crate) fn small(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        let number = self.number()?;
        u32::try_from(number).map_err(|_| self.wrong(field, number))
    }

    /// How many entries follow; never more than the bytes left could hold at one byte each.
    pub(crate) fn length(&mut self) -> Result<usize, DecodeError> {
        let number = self.number()?;
        match usize::try_from(number) {
            Ok(length) if length <= self.bytes.len() - self.at => Ok(length),
            _ => Err(self.wrong("length", number)),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let end = self.at + N;
        let found = self.bytes.get(self.at..end).and_then(|bytes| bytes.try_into().ok());
        self.at = if found.is_some() { end } else { self.at };
        found.ok_or(DecodeError::Ended { what: self.what, at: self.bytes.len() })
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.length()?;
        let end = self.at + length;
        let text = self.bytes.get(self.at..end).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let text = text.ok_or_else(|| self.wrong("the length of a text that is not UTF-8", length as u64))?;
        self.at = end;
        Ok(text)
    }

    pub(crate) fn wrong(&self, field: &'static str, value: u64) -> DecodeError {
        DecodeError::Wrong { what: self.what, field, value, at: self.at }
    }

    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        match self.bytes.len() - self.at {
            0 => Ok(()),
            left => Err(DecodeError::LeftOver { what: self.what, at: self.at, left }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_read_back_as_they_were_written(plain: u64, signed: i64, text in ".*") {
            let mut bytes = Vec::new();
            put(&mut bytes, plain);
            put_signed(&mut bytes, signed);
            put_bytes(&mut bytes, text.as_bytes());
            let mut reader = Reader::new("test", &bytes);
            prop_assert_eq!(reader.number(), Ok(plain));
            prop_assert_eq!(reader.signed(), Ok(signed));
            prop_assert_eq!(reader.text(), Ok(text.as_str()));
            prop_assert_eq!(reader.finish(), Ok(()));
        }
    }

    #[test]
    fn bad_bytes_are_named() {
        let error = |bytes: &[u8]| Reader::new("test", bytes).number().unwrap_err().to_string();
        assert_eq!(error(&[]), "test: the bytes end at 0");
        assert_eq!(error(&[0x80]), "test: the bytes end at 1");
        assert!(error(&[0xff; 10]).starts_with("test: a number longer than 64 bits is"));
        assert_eq!(Reader::new("test", &[9, 1]).length().unwrap_err().to_string(), "test: length is 9 at byte 1");
        assert_eq!(
            Reader::new("test", &[3]).version(1).unwrap_err().to_string(),
            "test: version 3 of the bytes is not the known 1"
        );
    }
}
