//! States as bytes: variable-length numbers, moments as differences from the one before.

use super::state::{State, States};

/// Bytes that are not states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// They end too early, or a number in them does not.
    #[error("the states are cut off")]
    CutOff,
    /// They were written by another version.
    #[error("the states are of form {0}, not {FORM}")]
    Form(u8),
    /// A state of a kind there is not.
    #[error("there is no kind {0} of state")]
    Kind(u8),
}

/// The form written here.
const FORM: u8 = 1;

impl States {
    /// Appends the states' bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(FORM);
        put(out, self.held.len() as u64);
        for (clause, state) in &self.held {
            put(out, *clause);
            state.encode(out);
        }
    }

    /// Reads what [`Self::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut input = Input(bytes);
        let form = input.byte()?;
        if form != FORM {
            return Err(StateError::Form(form));
        }
        let mut states = Self::default();
        for _ in 0..input.number()? {
            let clause = input.number()?;
            let state = State::decode(&mut input)?;
            match states.place(clause) {
                Ok(_) => {}
                Err(place) => states.held.insert(place, (clause, state)),
            }
        }
        Ok(states)
    }
}

impl State {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Moments { held, since } => {
                out.push(0);
                put_moments(out, held.iter().copied(), |_| {});
                put_moments(out, since.iter().copied(), |_| {});
            }
            Self::Amounts { held, since } => {
                out.push(1);
                let mut amounts = held.iter().map(|entry| entry.1);
                put_moments(out, held.iter().map(|entry| entry.0), |out| put(out, zigzag(amounts.next().unwrap_or(0))));
                put_moments(out, since.iter().copied(), |_| {});
            }
            Self::Followed { firsts, seconds } => {
                out.push(2);
                for list in [firsts, seconds] {
                    let mut keys = list.iter().map(|entry| entry.1);
                    put_moments(out, list.iter().map(|entry| entry.0), |out| {
                        out.extend_from_slice(&keys.next().unwrap_or(0).to_le_bytes());
                    });
                }
            }
            Self::Chain { steps, breaks } => {
                out.push(3);
                put(out, steps.len() as u64);
                for moments in steps.iter().chain([breaks]) {
                    put_moments(out, moments.iter().copied(), |_| {});
                }
            }
        }
    }

    fn decode(input: &mut Input<'_>) -> Result<Self, StateError> {
        let plain = |input: &mut Input<'_>| {
            Ok::<_, StateError>(input.moments(|_| Ok(()))?.into_iter().map(|entry| entry.0).collect::<Vec<i64>>())
        };
        Ok(match input.byte()? {
            0 => Self::Moments { held: plain(input)?, since: plain(input)?.first().copied() },
            1 => Self::Amounts {
                held: input.moments(|input| Ok(unzigzag(input.number()?)))?,
                since: plain(input)?.first().copied(),
            },
            2 => Self::Followed { firsts: input.moments(Input::word)?, seconds: input.moments(Input::word)? },
            3 => {
                let mut steps = Vec::new();
                for _ in 0..input.number()? {
                    steps.push(plain(input)?);
                }
                Self::Chain { steps, breaks: plain(input)? }
            }
            kind => return Err(StateError::Kind(kind)),
        })
    }
}

/// Writes moments, the newest first, and after each whatever belongs to it.
fn put_moments(out: &mut Vec<u8>, moments: impl ExactSizeIterator<Item = i64>, mut rest: impl FnMut(&mut Vec<u8>)) {
    put(out, moments.len() as u64);
    let mut before = 0i64;
    for moment in moments {
        put(out, zigzag(moment.wrapping_sub(before)));
        before = moment;
        rest(out);
    }
}

/// Seven bits a byte, the lowest first; the eighth says that more follow (LEB128).
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        out.push(number.to_le_bytes()[0] | 128);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Small numbers of either sign as small numbers.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Result<u8, StateError> {
        let (first, rest) = self.0.split_first().ok_or(StateError::CutOff)?;
        self.0 = rest;
        Ok(*first)
    }

    fn word(&mut self) -> Result<u64, StateError> {
        let (first, rest) = self.0.split_first_chunk().ok_or(StateError::CutOff)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*first))
    }

    fn number(&mut self) -> Result<u64, StateError> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(number);
            }
        }
        Err(StateError::CutOff)
    }

    fn moments<T>(
        &mut self,
        mut rest: impl FnMut(&mut Self) -> Result<T, StateError>,
    ) -> Result<Vec<(i64, T)>, StateError> {
        let mut moments = Vec::new();
        let mut before = 0i64;
        for _ in 0..self.number()? {
            before = before.wrapping_add(unzigzag(self.number()?));
            moments.push((before, rest(self)?));
        }
        Ok(moments)
    }
}
