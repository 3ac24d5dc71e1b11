//! Money: checked integer minor units with a currency. Floats never hold money.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why an amount or a currency was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not three letters.
    #[error("`{0}` is not a currency code of ISO 4217, such as CNY")]
    NotACurrency(String),
    /// Not a decimal number.
    #[error("`{0}` is not a decimal amount")]
    NotAnAmount(String),
    /// The result does not fit 63 bits of minor units.
    #[error("the amount {0} is too large to hold")]
    TooLarge(String),
    /// Two amounts of different currencies met.
    #[error("cannot combine {left} with {right}")]
    Mixed {
        /// The currency of the left amount.
        left: Currency,
        /// The currency of the right amount.
        right: Currency,
    },
}

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// How many decimal digits its minor unit has: 2 for most, 0 for the yen, 3 for the dinar (ISO 4217).
    pub fn minor_digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    /// Reads three letters of either case.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match text.trim().as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|letter| letter.is_ascii_alphabetic()) => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
            }
            _ => Err(MoneyError::NotACurrency(text.chars().take(32).collect())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(input)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount in integer minor units of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units: cents, fen, pence.
    pub minor: i64,
    /// Whose minor units they are.
    pub currency: Currency,
}

impl Money {
    /// This many minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a decimal text in major units (`-12.5`, `1e3`), rounding half away from zero to the
    /// currency's minor unit.
    ///
    /// ```
    /// # use fanvine_kernel::{Currency, Money};
    /// let gbp: Currency = "GBP".parse().unwrap();
    /// assert_eq!(Money::from_decimal("2.545", gbp).unwrap().minor, 255);
    /// assert_eq!(Money::from_decimal("-0.004", gbp).unwrap().minor, 0);
    /// ```
    pub fn from_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Self::from_product(text, 1, currency)
    }

    /// A decimal unit price times a whole quantity, rounded once, after the multiplication.
    pub fn from_product(unit_price: &str, quantity: i64, currency: Currency) -> Result<Self, MoneyError> {
        let (digits, exponent) = parse_decimal(unit_price)?;
        let too_large = || MoneyError::TooLarge(format!("{unit_price} × {quantity} {currency}"));
        let product = digits.checked_mul(i128::from(quantity)).ok_or_else(too_large)?;
        let shift = exponent + currency.minor_digits() as i32;
        let minor = scale(product, shift).ok_or_else(too_large)?;
        i64::try_from(minor).map(|minor| Self { minor, currency }).map_err(|_| too_large())
    }

    /// The sum, if both are of one currency and it fits.
    pub fn plus(self, other: Money) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed { left: self.currency, right: other.currency });
        }
        let minor =
            self.minor.checked_add(other.minor).ok_or_else(|| MoneyError::TooLarge(format!("{self} + {other}")))?;
        Ok(Self { minor, ..self })
    }

    /// The same amount with its sign turned.
    pub fn negated(self) -> Self {
        Self { minor: self.minor.saturating_neg(), ..self }
    }
}

impl fmt::Display for Money {
    /// Major units with the currency behind: `12.50 GBP`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.currency.minor_digits() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let text = format!("{:0>width$}", self.minor.unsigned_abs(), width = digits + 1);
        let (major, minor) = text.split_at(text.len() - digits);
        let point = if digits == 0 { "" } else { "." };
        write!(out, "{sign}{major}{point}{minor} {}", self.currency)
    }
}

/// A decimal text as an integer and a power of ten: `12.50` is `(1250, -2)`.
fn parse_decimal(text: &str) -> Result<(i128, i32), MoneyError> {
    let refused = || MoneyError::NotAnAmount(text.chars().take(64).collect());
    let trimmed = text.trim();
    let (mantissa, exponent) = match trimmed.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| refused())?),
        None => (trimmed, 0),
    };
    let (sign, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.len() + fraction.len() == 0 || exponent.unsigned_abs() > 30 || trimmed.len() > 64 {
        return Err(refused());
    }
    let mut digits: i128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return Err(refused());
        }
        digits = digits
            .checked_mul(10)
            .and_then(|tens| tens.checked_add(i128::from(byte - b'0')))
            .ok_or_else(|| MoneyError::TooLarge(trimmed.to_owned()))?;
    }
    Ok((sign * digits, exponent - fraction.len() as i32))
}

/// `value · 10^shift`, rounded half away from zero when `shift` is negative.
fn scale(value: i128, shift: i32) -> Option<i128> {
    if shift >= 0 {
        return 10i128.checked_pow(shift.unsigned_abs()).and_then(|power| value.checked_mul(power));
    }
    let Some(divisor) = 10i128.checked_pow(shift.unsigned_abs()) else { return Some(0) };
    let rounded = (value.unsigned_abs() + divisor.unsigned_abs() / 2) / divisor.unsigned_abs();
    i128::try_from(rounded).ok().map(|rounded| rounded * value.signum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn decimals_become_minor_units_of_their_currency() {
        assert_eq!(Money::from_decimal("25", currency("usd")).unwrap().minor, 2_500);
        assert_eq!(Money::from_decimal("25.99", currency("JPY")).unwrap().minor, 26);
        assert_eq!(Money::from_decimal("1.2345", currency("KWD")).unwrap().minor, 1_235);
        assert_eq!(Money::from_decimal("-11062.06", currency("GBP")).unwrap().minor, -1_106_206);
        assert_eq!(Money::from_decimal("1e3", currency("GBP")).unwrap().minor, 100_000);
        assert_eq!(Money::from_product("0.001", 1500, currency("GBP")).unwrap().minor, 150);
    }

    #[test]
    fn what_is_not_an_amount_is_refused_by_name() {
        for text in ["", ".", "-", "1,000", "NaN", "1e999", "0x10", "1.2.3"] {
            assert!(Money::from_decimal(text, currency("CNY")).is_err(), "{text}");
        }
        let huge = Money::from_decimal("99999999999999999999", currency("CNY")).unwrap_err();
        assert!(matches!(huge, MoneyError::TooLarge(_)));
        assert!("EURO".parse::<Currency>().is_err());
    }

    #[test]
    fn currencies_never_mix() {
        let error = Money::new(1, currency("CNY")).plus(Money::new(1, currency("USD"))).unwrap_err();
        assert_eq!(error.to_string(), "cannot combine CNY with USD");
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_as_the_same_amount(minor in -10i64.pow(15)..10i64.pow(15), code in "(CNY|JPY|KWD)") {
            let money = Money::new(minor, currency(&code));
            let shown = money.to_string();
            let (amount, _) = shown.split_once(' ').unwrap();
            prop_assert_eq!(Money::from_decimal(amount, money.currency).unwrap(), money);
        }

        #[test]
        fn arbitrary_text_never_panics(text in ".{0,80}") {
            let _ = Money::from_decimal(&text, currency("CNY"));
        }
    }
}
