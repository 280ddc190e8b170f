//! The text of a JSON path: whether it is one, and which variables it names.
//!
//! What the path finds is the engine's to compute; only its grammar (SQL:2016, case-sensitive) is known here.

/// Reads a path: the variables that it names, or what is expected where it breaks off.
pub(super) fn variables(text: &str) -> Result<Vec<&str>, Broken> {
    let mut path = Path { text, at: 0, depth: 0, variables: vec![] };
    path.path()?;
    Ok(path.variables)
}

/// Where a path is no path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// What would fit.
    pub expected: &'static str,
    /// Byte in the text.
    pub at: usize,
}

/// Parentheses and filters may nest so deep.
const MAX_DEPTH: u32 = 50;

/// Methods; `datetime` may be given a template.
const METHODS: &[&str] = &["type", "size", "double", "ceiling", "floor", "abs", "datetime", "keyvalue"];

struct Path<'t> {
    text: &'t str,
    at: usize,
    depth: u32,
    variables: Vec<&'t str>,
}

type Rule<T = ()> = Result<T, Broken>;

impl<'t> Path<'t> {
    fn path(&mut self) -> Rule {
        match self.word() {
            Some("lax" | "strict") => {}
            _ => return Err(Broken { expected: "`lax` or `strict`", at: 0 }),
        }
        self.expression()?;
        self.skip_blanks();
        if self.at < self.text.len() { self.broken("an operator, or the end of the path") } else { Ok(()) }
    }

    fn broken<T>(&self, expected: &'static str) -> Rule<T> {
        Err(Broken { expected, at: self.at })
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        let blanks = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        self.at += self.rest().len() - self.rest().trim_start_matches(blanks).len();
    }

    fn eat(&mut self, sign: &str) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn expect(&mut self, sign: &str, expected: &'static str) -> Rule {
        if self.eat(sign) { Ok(()) } else { self.broken(expected) }
    }

    fn peek_word(&mut self) -> Option<&'t str> {
        self.skip_blanks();
        let rest = self.rest();
        let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let word = &rest[..end];
        word.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()).then_some(word)
    }

    fn word(&mut self) -> Option<&'t str> {
        let word = self.peek_word()?;
        self.at += word.len();
        Some(word)
    }

    fn eat_word(&mut self, wanted: &str) -> bool {
        let found = self.peek_word() == Some(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    /// `"text"`, in which a doubled quote is one.
    fn string(&mut self) -> bool {
        self.skip_blanks();
        let Some(mut rest) = self.rest().strip_prefix('"') else { return false };
        while let Some(end) = rest.find('"') {
            rest = &rest[end + 1..];
            match rest.strip_prefix('"') {
                Some(more) => rest = more,
                None => {
                    self.at = self.text.len() - rest.len();
                    return true;
                }
            }
        }
        false
    }

    fn number(&mut self) -> bool {
        self.skip_blanks();
        let rest = self.rest();
        let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mut end = digits(rest);
        let whole = end > 0;
        if rest[end..].starts_with('.') && !rest[end..].starts_with("..") {
            let fraction = digits(&rest[end + 1..]);
            if fraction == 0 {
                return false;
            }
            end += 1 + fraction;
        }
        if end == 0 || (!whole && end == 1) {
            return false;
        }
        if let Some(exponent) = rest[end..].strip_prefix(['e', 'E']) {
            let sign = usize::from(exponent.starts_with(['+', '-']));
            let power = digits(&exponent[sign..]);
            end += if power > 0 { 1 + sign + power } else { 0 };
        }
        self.at += end;
        true
    }

    fn deeper<T>(&mut self, rule: impl FnOnce(&mut Self) -> Rule<T>) -> Rule<T> {
        if self.depth == MAX_DEPTH {
            return self.broken("a path that is nested less deeply");
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }

    /// Operands with `+ - * / %` between them.
    fn expression(&mut self) -> Rule {
        loop {
            while self.eat("+") || self.eat("-") {}
            self.accessors()?;
            if !["+", "-", "*", "/", "%"].into_iter().any(|operator| self.eat(operator)) {
                return Ok(());
            }
        }
    }

    fn accessors(&mut self) -> Rule {
        self.primary()?;
        loop {
            if self.eat("..") {
                self.member()?;
            } else if self.eat(".") {
                if !self.eat("*") {
                    self.member_or_method()?;
                }
            } else if self.eat("[") {
                if !self.eat("*") {
                    self.deeper(Self::subscripts)?;
                }
                self.expect("]", "`]`")?;
            } else if self.eat("?") {
                self.expect("(", "`(` and a condition")?;
                self.deeper(Self::predicate)?;
                self.expect(")", "`)`")?;
            } else {
                return Ok(());
            }
        }
    }

    fn primary(&mut self) -> Rule {
        if self.eat("(") {
            self.deeper(Self::expression)?;
            return self.expect(")", "`)`");
        }
        if self.eat("$") {
            // A variable's name follows without a blank.
            let named = self.rest().starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
            if let Some(name) = named.then(|| self.word()).flatten() {
                self.variables.push(name);
            }
            return Ok(());
        }
        if self.eat("@") || self.string() || self.number() {
            return Ok(());
        }
        match self.peek_word() {
            Some(word @ ("last" | "null" | "true" | "false")) => {
                self.at += word.len();
                Ok(())
            }
            _ => self.broken("`$`, a variable such as `$name`, or a constant"),
        }
    }

    fn member(&mut self) -> Rule {
        if self.string() || self.word().is_some() { Ok(()) } else { self.broken("the name of a member") }
    }

    fn member_or_method(&mut self) -> Rule {
        let word = self.peek_word();
        self.member()?;
        let Some(word) = word.filter(|_| self.eat("(")) else { return Ok(()) };
        if !METHODS.contains(&word) {
            return self.broken("a member, or a method such as `size()`");
        }
        if word == "datetime" {
            self.string();
        }
        self.expect(")", "`)`")
    }

    fn subscripts(&mut self) -> Rule {
        loop {
            self.expression()?;
            if self.eat_word("to") {
                self.expression()?;
            }
            if !self.eat(",") {
                return Ok(());
            }
        }
    }

    /// Conditions with `&&` and `||` between them.
    fn predicate(&mut self) -> Rule {
        loop {
            self.predicate_primary()?;
            if !self.eat("&&") && !self.eat("||") {
                return Ok(());
            }
        }
    }

    fn predicate_primary(&mut self) -> Rule {
        if self.eat("!") {
            let delimited = self.rest().trim_start().starts_with('(') || self.peek_word() == Some("exists");
            return if delimited { self.deeper(Self::predicate_primary) } else { self.broken("`(` or `exists`") };
        }
        if self.eat_word("exists") {
            self.expect("(", "`(`")?;
            self.deeper(Self::expression)?;
            return self.expect(")", "`)`");
        }
        let (start, named) = (self.at, self.variables.len());
        if self.eat("(") && self.deeper(Self::predicate).is_ok() && self.eat(")") {
            if self.eat_word("is") {
                return if self.eat_word("unknown") { Ok(()) } else { self.broken("`unknown`") };
            }
            return Ok(());
        }
        // Not a condition in parentheses, but perhaps a path in some.
        self.at = start;
        self.variables.truncate(named);
        self.comparison()
    }

    fn comparison(&mut self) -> Rule {
        self.expression()?;
        if ["==", "<>", "!=", "<=", ">=", "<", ">"].into_iter().any(|operator| self.eat(operator)) {
            return self.expression();
        }
        if self.eat_word("like_regex") {
            if !self.string() || self.eat_word("flag") && !self.string() {
                return self.broken("a string in double quotes");
            }
            return Ok(());
        }
        if self.eat_word("starts") {
            if !self.eat_word("with") {
                return self.broken("`with`");
            }
            let variable = self.eat("$");
            if variable && let Some(name) = self.word() {
                self.variables.push(name);
                return Ok(());
            }
            return if !variable && self.string() { Ok(()) } else { self.broken("a string or a variable") };
        }
        self.broken("a comparison such as `==`")
    }
}

#[cfg(test)]
mod tests {
    use super::variables;

    #[test]
    fn paths_are_read() {
        for path in [
            "lax $",
            "strict $.a.b[0].\"c d\"",
            "lax $[*]",
            "lax $..a",
            "lax $[0, 2 to last - 1]",
            "lax -$.a * 2 + 1.5e0",
            "lax $.a ? (@.b > 1 && exists(@.c) || !(@.d == \"x\"))",
            "lax $.a ? ((@.b == 1) is unknown)",
            "lax $.a ? ((@.b + 1) * 2 == 4)",
            "lax $.*.size()",
            "lax $.a.datetime(\"YYYY\")",
            "lax $.a ? (@ like_regex \"^a\" flag \"i\")",
            "lax $.size",
        ] {
            assert_eq!(variables(path), Ok(vec![]), "{path}");
        }
        assert_eq!(variables("lax $.a ? (@ > $low && @ starts with $text)"), Ok(vec!["low", "text"]));
    }

    #[test]
    fn what_is_no_path_is_not_read() {
        for path in
            ["", "$", "lax", "lax $.", "lax $[", "lax $[1", "lax a", "LAX $", "lax $ ? (@.a)", "lax $.a()", "lax $ $"]
        {
            assert!(variables(path).is_err(), "{path}");
        }
        assert!(variables(&format!("lax {}$", "(".repeat(100_000))).is_err());
        assert!(variables(&format!("lax $ ? {}", "(".repeat(100_000))).is_err());
    }
}
