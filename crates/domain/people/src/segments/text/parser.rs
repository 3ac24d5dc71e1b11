//! From text to a rule: recursive descent, one function a construct.

use fanvine_kernel::event::filter::text::VERBS;
use fanvine_kernel::{LocalDate, Money};

use super::lexer::{Piece, Token, cut};
use super::{Expected, TextError};
use crate::segments::rule::{
    Bound, EventTest, Field, Filter, FollowTest, Literal, Measure, Period, Rule, Selection, SequenceTest, TagTest,
    Test, ValueTest, Window,
};
use crate::segments::span::{Span, Unit};

/// Levels of parentheses and `not` that are read; keeps the stack small.
const DEEPEST: usize = 32;

/// Reads a rule.
///
/// ```
/// # use fanvine_people::segments::text::parse;
/// let rule = parse(r#"bought >= 2 in last 30 days and trait city = "上海""#).unwrap();
/// assert_eq!(parse(&rule.to_string()), Ok(rule));
/// let error = parse("bought in last 30 weeks").unwrap_err();
/// assert_eq!(error.to_string(), "at character 19: expected minutes, hours, days or calendar days, found `weeks`");
/// ```
pub fn parse(text: &str) -> Result<Rule, TextError> {
    let mut parser = Parser { pieces: cut(text)?, place: 0, depth: 0 };
    let rule = parser.rule()?;
    match parser.peek() {
        Token::End => Ok(rule),
        _ => Err(parser.unexpected(Expected::Joint)),
    }
}

struct Parser {
    pieces: Vec<Piece>,
    place: usize,
    depth: usize,
}

type Parsed<T> = Result<T, TextError>;

impl Parser {
    fn rule(&mut self) -> Parsed<Rule> {
        self.joined("or", Self::conjunction, Rule::Any)
    }

    fn conjunction(&mut self) -> Parsed<Rule> {
        self.joined("and", Self::unary, Rule::All)
    }

    fn joined(
        &mut self,
        word: &'static str,
        part: fn(&mut Self) -> Parsed<Rule>,
        join: fn(Vec<Rule>) -> Rule,
    ) -> Parsed<Rule> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.takes(word) {
            parts.push(part(self)?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => join(parts),
        })
    }

    fn unary(&mut self) -> Parsed<Rule> {
        if self.depth == DEEPEST {
            return Err(TextError::TooDeep { at: self.piece().at, limit: DEEPEST });
        }
        self.depth += 1;
        let rule = if self.takes("not") { Rule::Not(Box::new(self.unary()?)) } else { self.primary()? };
        self.depth -= 1;
        Ok(rule)
    }

    fn primary(&mut self) -> Parsed<Rule> {
        if self.takes_sign("(") {
            let rule = self.rule()?;
            self.sign(")")?;
            return Ok(rule);
        }
        for (word, join) in [("all", Rule::All as fn(Vec<Rule>) -> Rule), ("any", Rule::Any)] {
            if self.takes(word) {
                self.sign("(")?;
                return Ok(join(self.list(Self::rule)?));
            }
        }
        if self.takes("trait") {
            return Ok(Rule::Trait(ValueTest { name: self.name()?, is: self.test()? }));
        }
        if self.takes("value") {
            return Ok(Rule::Computed(ValueTest { name: self.name()?, is: self.test()? }));
        }
        if self.takes("tag") {
            return self.tag();
        }
        if self.takes("sum") {
            return self.sum();
        }
        if self.takes("of") {
            return self.last_of();
        }
        if self.takes("in") {
            let kind = if self.takes("list") {
                Rule::List
            } else {
                self.word("segment")?;
                Rule::Segment
            };
            return Ok(kind(self.name()?));
        }
        if self.takes("did") || self.verb().is_some() {
            return self.did();
        }
        Err(self.unexpected(Expected::Clause))
    }

    fn tag(&mut self) -> Parsed<Rule> {
        let tag = self.name()?;
        let term = if self.takes_sign(":") { Some(self.name()?) } else { None };
        let weight = if self.at_comparison() { self.bound(Self::number)? } else { Bound::Gt(0.0) };
        Ok(Rule::Tag(TagTest { tag, term, weight }))
    }

    fn did(&mut self) -> Parsed<Rule> {
        let of = self.selection()?;
        if self.at_word("then") {
            return self.sequence(of);
        }
        let measure = if self.takes("on") {
            let days = self.bound(Self::whole)?;
            if !self.takes("day") {
                self.word("days")?;
            }
            Measure::Days(days)
        } else if self.at_comparison() {
            let count = self.bound(Self::whole)?;
            let _ = self.takes("times") || self.takes("time");
            Measure::Count(count)
        } else {
            Measure::Count(Bound::Ge(1))
        };
        Ok(Rule::Event(EventTest { of, measure, window: self.window()? }))
    }

    fn sequence(&mut self, first: Selection) -> Parsed<Rule> {
        let mut steps = vec![first];
        while self.takes("then") {
            steps.push(self.selection()?);
        }
        self.word("within")?;
        let within = self.span()?;
        let without = if self.takes("without") { Some(self.selection()?) } else { None };
        let window = self.period()?.ok_or_else(|| self.unexpected(Expected::Period))?;
        Ok(Rule::Sequence(SequenceTest { steps, within, without, window }))
    }

    fn sum(&mut self) -> Parsed<Rule> {
        self.word("of")?;
        let place = self.place;
        let field = self.field()?;
        self.word("of")?;
        let of = self.selection()?;
        let measure = match field {
            Field::Revenue => Measure::Revenue(self.bound(Self::money)?),
            Field::Quantity => Measure::Quantity(self.bound(Self::whole)?),
            Field::Property(path) => Measure::Property { path, sum: self.bound(Self::number)? },
            _ => {
                self.place = place;
                return Err(self.unexpected(Expected::Summable));
            }
        };
        Ok(Rule::Event(EventTest { of, measure, window: self.window()? }))
    }

    fn last_of(&mut self) -> Parsed<Rule> {
        self.word("last")?;
        let last = self.whole()?;
        let of = self.selection()?;
        self.word("followed")?;
        self.word("by")?;
        let by = self.selection()?;
        let on = if self.takes("on") { Some(self.field()?) } else { None };
        Ok(Rule::LastOf(FollowTest { last, of, by, on, count: self.bound(Self::whole)? }))
    }

    fn selection(&mut self) -> Parsed<Selection> {
        let names = if let Some(event) = self.verb() {
            self.place += 1;
            Some(vec![event.to_owned()])
        } else if self.takes("anything") {
            None
        } else if self.takes_sign("(") {
            Some(self.list(Self::text)?)
        } else {
            match self.peek() {
                Token::Text(_) => Some(vec![self.text()?]),
                _ => return Err(self.unexpected(Expected::Event)),
            }
        };
        let filters = if self.takes_sign("(") { self.list(Self::filter)? } else { Vec::new() };
        Ok(Selection { names, filters })
    }

    fn filter(&mut self) -> Parsed<Filter> {
        Ok(Filter { field: self.field()?, is: self.test()? })
    }

    fn field(&mut self) -> Parsed<Field> {
        let Token::Word(word) = self.peek().clone() else { return Err(self.unexpected(Expected::Field)) };
        if word == "properties." {
            self.place += 1;
            return Ok(Field::Property(self.text()?));
        }
        if !word.starts_with("properties.") && Field::NAMED.iter().all(|(name, _)| *name != word) {
            return Err(self.unexpected(Expected::Field));
        }
        self.place += 1;
        Ok(Field::from(word))
    }

    fn window(&mut self) -> Parsed<Window> {
        if self.takes("since") {
            return Ok(Window::Since(self.selection()?));
        }
        let _ = self.takes("ever");
        Ok(self.period()?.map_or(Window::Ever, Window::from))
    }

    fn period(&mut self) -> Parsed<Option<Period>> {
        if self.takes("in") {
            self.word("last")?;
            return Ok(Some(Period::Last(self.span()?)));
        }
        if self.takes("between") {
            let from = self.day()?;
            self.word("and")?;
            return Ok(Some(Period::Between { from, to: self.day()? }));
        }
        Ok(None)
    }

    fn span(&mut self) -> Parsed<Span> {
        let count = self.whole()?;
        let calendar = self.takes("calendar");
        let unit = match self.peek() {
            Token::Word(word) if word == "day" || word == "days" => {
                if calendar {
                    Unit::CalendarDays
                } else {
                    Unit::Days
                }
            }
            Token::Word(word) if !calendar && (word == "hour" || word == "hours") => Unit::Hours,
            Token::Word(word) if !calendar && (word == "minute" || word == "minutes") => Unit::Minutes,
            _ => return Err(self.unexpected(Expected::Unit)),
        };
        self.place += 1;
        Ok(Span { count, unit })
    }

    fn test(&mut self) -> Parsed<Test> {
        if self.at_comparison() {
            return Ok(match self.bound(Self::literal)? {
                Bound::Eq(value) => Test::Eq(value),
                Bound::Ne(value) => Test::Ne(value),
                Bound::Lt(value) => Test::Lt(value),
                Bound::Le(value) => Test::Le(value),
                Bound::Gt(value) => Test::Gt(value),
                Bound::Ge(value) => Test::Ge(value),
            });
        }
        if self.takes("in") {
            self.sign("(")?;
            return Ok(Test::In(self.list(Self::literal)?));
        }
        if self.takes("between") {
            let low = self.literal()?;
            self.word("and")?;
            return Ok(Test::Between(low, self.literal()?));
        }
        if self.takes("exists") {
            return Ok(Test::Exists);
        }
        if self.takes("contains") {
            return Ok(Test::Contains(self.text()?));
        }
        if self.takes("starts") {
            self.word("with")?;
            return Ok(Test::StartsWith(self.text()?));
        }
        if self.takes("within") {
            self.word("last")?;
            return Ok(Test::Within(self.span()?));
        }
        if self.takes("over") {
            let span = self.span()?;
            self.word("ago")?;
            return Ok(Test::Over(span));
        }
        Err(self.unexpected(Expected::Comparison))
    }

    fn literal(&mut self) -> Parsed<Literal> {
        let literal = match self.peek().clone() {
            Token::Text(text) => Literal::Text(text),
            Token::Day(day) => Literal::Day { day },
            Token::Number(_) if self.currency_follows() => return self.money().map(Literal::Money),
            Token::Number(_) => return self.number().map(Literal::Number),
            Token::Word(word) if word == "true" || word == "false" => Literal::Bool(word == "true"),
            _ => return Err(self.unexpected(Expected::Value)),
        };
        self.place += 1;
        Ok(literal)
    }

    fn bound<T>(&mut self, value: fn(&mut Self) -> Parsed<T>) -> Parsed<Bound<T>> {
        let make = match self.peek() {
            Token::Sign("=") => Bound::Eq,
            Token::Sign("!=") => Bound::Ne,
            Token::Sign("<") => Bound::Lt,
            Token::Sign("<=") => Bound::Le,
            Token::Sign(">") => Bound::Gt,
            Token::Sign(">=") => Bound::Ge,
            _ => return Err(self.unexpected(Expected::Comparison)),
        };
        self.place += 1;
        Ok(make(value(self)?))
    }

    fn number(&mut self) -> Parsed<f64> {
        match self.peek() {
            Token::Number(number) => {
                let number = number.parse().ok().filter(|number: &f64| number.is_finite());
                self.taken(number)
            }
            _ => Err(self.unexpected(Expected::Number)),
        }
    }

    fn whole<T: std::str::FromStr>(&mut self) -> Parsed<T> {
        match self.peek() {
            Token::Number(number) if !number.contains('.') => {
                let number = number.parse().ok();
                self.taken(number)
            }
            _ => Err(self.unexpected(Expected::Whole)),
        }
    }

    fn money(&mut self) -> Parsed<Money> {
        let Token::Number(amount) = self.peek().clone() else { return Err(self.unexpected(Expected::Amount)) };
        if !self.currency_follows() {
            return Err(self.unexpected(Expected::Amount));
        }
        let currency = self.pieces.get(self.place + 1).and_then(|piece| piece.written.parse().ok());
        let money = currency.and_then(|currency| Money::from_decimal(&amount, currency).ok());
        let money = self.taken(money)?;
        self.place += 1;
        Ok(money)
    }

    /// Whether a currency code stands after the next piece.
    fn currency_follows(&self) -> bool {
        self.pieces.get(self.place + 1).is_some_and(|piece| {
            matches!(&piece.token, Token::Word(word)
                if word.len() == 3 && word != "AND" && word.bytes().all(|letter| letter.is_ascii_uppercase()))
        })
    }

    fn day(&mut self) -> Parsed<LocalDate> {
        match *self.peek() {
            Token::Day(day) => self.taken(Some(day)),
            _ => Err(self.unexpected(Expected::Day)),
        }
    }

    fn text(&mut self) -> Parsed<String> {
        match self.peek().clone() {
            Token::Text(text) => self.taken(Some(text)),
            _ => Err(self.unexpected(Expected::Text)),
        }
    }

    fn name(&mut self) -> Parsed<String> {
        match self.peek().clone() {
            Token::Text(name) | Token::Word(name) => self.taken(Some(name)),
            _ => Err(self.unexpected(Expected::Name)),
        }
    }

    /// What stands between here and a closing parenthesis, separated by commas.
    fn list<T>(&mut self, entry: fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut entries = Vec::new();
        if self.takes_sign(")") {
            return Ok(entries);
        }
        loop {
            entries.push(entry(self)?);
            if self.takes_sign(")") {
                return Ok(entries);
            }
            if !self.takes_sign(",") {
                return Err(self.unexpected(Expected::Exactly(")")));
            }
        }
    }

    /// The event meant by the verb that stands here.
    fn verb(&self) -> Option<&'static str> {
        let Token::Word(word) = self.peek() else { return None };
        VERBS.into_iter().find(|(verb, _)| word.eq_ignore_ascii_case(verb)).map(|(_, event)| event)
    }

    fn at_comparison(&self) -> bool {
        matches!(self.peek(), Token::Sign("=" | "!=" | "<" | "<=" | ">" | ">="))
    }

    fn at_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn takes(&mut self, word: &str) -> bool {
        let here = self.at_word(word);
        self.place += usize::from(here);
        here
    }

    fn takes_sign(&mut self, sign: &'static str) -> bool {
        let here = *self.peek() == Token::Sign(sign);
        self.place += usize::from(here);
        here
    }

    fn word(&mut self, word: &'static str) -> Parsed<()> {
        if self.takes(word) { Ok(()) } else { Err(self.unexpected(Expected::Exactly(word))) }
    }

    fn sign(&mut self, sign: &'static str) -> Parsed<()> {
        if self.takes_sign(sign) { Ok(()) } else { Err(self.unexpected(Expected::Exactly(sign))) }
    }

    /// Steps over the piece whose value this is; none if it does not fit.
    fn taken<T>(&mut self, value: Option<T>) -> Parsed<T> {
        let piece = self.piece();
        let value = value.ok_or_else(|| TextError::OutOfRange { at: piece.at, found: piece.written.clone() })?;
        self.place += 1;
        Ok(value)
    }

    fn unexpected(&self, expected: Expected) -> TextError {
        let piece = self.piece();
        TextError::Unexpected { at: piece.at, expected, found: piece.written.clone() }
    }

    fn peek(&self) -> &Token {
        &self.piece().token
    }

    /// The piece that stands here. The last one, the end, is never stepped over.
    fn piece(&self) -> &Piece {
        &self.pieces[self.place.min(self.pieces.len() - 1)]
    }
}
