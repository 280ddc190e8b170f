//! The parser: a cursor over tokens, recovery, and what all grammar rules share. The rules are in the submodules.
//!
//! Rules return `Err(Failed)` after they reported a mistake; lists and clauses catch it, skip to their next element and
//! go on. Directly behind a reported mistake nothing else is reported, so one mistake gives one finding.

#[cfg(feature = "query")]
mod athena;
mod call;
mod expression;
mod json;
mod json_table;
mod literal;
mod names;
mod primary;
mod query;
mod relation;
mod row_pattern;
#[cfg(feature = "query")]
mod session;
#[cfg(feature = "query")]
mod statement;
mod table_function;
mod types;
mod window;

use super::token::{Keyword, Kind, Symbol, Token};
#[cfg(feature = "query")]
use super::tree::Statement;
use super::{Parsed, Templates, lexer};
use crate::finding::{Finding, syntax};
use crate::span::Span;

/// A mistake was reported; somebody above must recover.
#[derive(Debug)]
pub(super) struct Failed;

type Rule<T> = Result<T, Failed>;

/// How deep a tree may be. In a debug build the parser takes about 15 KB of stack for a level of nesting, and the binder
/// 5 KB for a link of a chain of operators: so nesting counts more, and both fit into a thread's usual 2 MB.
const MAX_DEPTH: u32 = 300;
const NESTING: u32 = 5;

/// Nobody reads more of them.
const MAX_FINDINGS: usize = 100;

pub(super) struct Parser<'a> {
    text: &'a str,
    templates: Templates,
    tokens: Vec<Token>,
    /// For each opening parenthesis or bracket the index of its closing one.
    closing: Vec<Option<usize>>,
    at: usize,
    depth: u32,
    /// Whether an expression may name variables of a row pattern.
    pattern: bool,
    /// Whether names may stand in back-ticks.
    hive: bool,
    /// Whether tables are only declared, so that they may have keys.
    declarations: bool,
    /// Mistakes at this token follow from one that was reported.
    quiet_at: Option<usize>,
    findings: Vec<Finding>,
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a str, templates: Templates) -> Self {
        let (tokens, findings) = lexer::tokens(text, templates);
        let closing = match_parentheses(&tokens);
        Self {
            text,
            templates,
            tokens,
            closing,
            at: 0,
            depth: 0,
            pattern: false,
            hive: false,
            declarations: false,
            quiet_at: None,
            findings,
        }
    }

    #[cfg(feature = "query")]
    /// Reads tables with keys, too.
    pub fn with_keys(mut self) -> Self {
        self.declarations = true;
        self
    }

    /// Applies `rule` to the whole text.
    pub fn run<T>(mut self, rule: impl FnOnce(&mut Self) -> Rule<T>) -> Parsed<T> {
        let tree = rule(&mut self).ok();
        if tree.is_some() {
            self.expect_end();
        }
        self.parsed(tree)
    }

    #[cfg(feature = "query")]
    /// Statements with semicolons between them; behind a mistake it goes on at the next semicolon.
    pub fn script(mut self) -> Parsed<Vec<Statement>> {
        let mut statements = vec![];
        loop {
            while self.eat(Symbol::Semicolon) {}
            if self.kind() == Kind::End {
                return self.parsed(Some(statements));
            }
            if let Ok(statement) = self.inner_statement() {
                statements.push(statement);
                if !self.is_symbol(Symbol::Semicolon) && self.kind() != Kind::End {
                    self.unexpected("`;` or the end of the text");
                }
            }
            while !self.is_symbol(Symbol::Semicolon) && self.kind() != Kind::End {
                self.bump();
            }
        }
    }

    fn parsed<T>(mut self, tree: Option<T>) -> Parsed<T> {
        self.findings.sort_by_key(|finding| finding.span.start);
        self.findings.truncate(MAX_FINDINGS);
        Parsed { tree, findings: self.findings }
    }

    fn expect_end(&mut self) {
        if self.eat(Symbol::Semicolon) {
            let last = self.kind() == Kind::End;
            self.findings.push(syntax::semicolon(self.previous(), last));
        } else if self.kind() != Kind::End {
            self.unexpected("the end of the query");
        }
    }

    // Looking.

    fn kind(&self) -> Kind {
        self.kind_at(0)
    }

    fn kind_at(&self, ahead: usize) -> Kind {
        self.tokens.get(self.at + ahead).map_or(Kind::End, |token| token.kind)
    }

    fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    /// The span of the token before the cursor.
    fn previous(&self) -> Span {
        match self.at {
            0 => Span::new(0, 0),
            at => self.tokens[at - 1].span,
        }
    }

    /// From `start` to the token before the cursor; where nothing was taken, the empty place behind that token.
    fn since(&self, start: usize) -> Span {
        let end = self.previous().end;
        Span::new(start.min(end), end)
    }

    fn start(&self) -> usize {
        self.span().start
    }

    fn text_of(&self, span: Span) -> &'a str {
        span.text(self.text)
    }

    fn is(&self, keyword: Keyword) -> bool {
        self.kind().is(keyword)
    }

    fn is_symbol(&self, symbol: Symbol) -> bool {
        self.kind() == Kind::Symbol(symbol)
    }

    fn symbol_at(&self, ahead: usize, symbol: Symbol) -> bool {
        self.kind_at(ahead) == Kind::Symbol(symbol)
    }

    /// Whether the next tokens are these words.
    fn are(&self, keywords: &[Keyword]) -> bool {
        keywords.iter().enumerate().all(|(ahead, keyword)| self.kind_at(ahead).is(*keyword))
    }

    /// Whether the next token is the plain word `word`, which the grammar does not know.
    fn is_word(&self, word: &str) -> bool {
        matches!(self.kind(), Kind::Word(_)) && self.text_of(self.span()).eq_ignore_ascii_case(word)
    }

    /// The word `ahead` tokens further, if it is one.
    fn word_at(&self, ahead: usize) -> Option<&'a str> {
        let token = self.tokens.get(self.at + ahead).filter(|token| matches!(token.kind, Kind::Word(_)))?;
        Some(self.text_of(token.span))
    }

    // Taking.

    fn bump(&mut self) -> Token {
        let token = self.tokens[self.at];
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    /// Takes a token: its text.
    fn bump_text(&mut self) -> &'a str {
        let span = self.bump().span;
        self.text_of(span)
    }

    fn eat(&mut self, symbol: Symbol) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.bump();
        }
        found
    }

    fn eat_word(&mut self, keyword: Keyword) -> bool {
        let found = self.is(keyword);
        if found {
            self.bump();
        }
        found
    }

    fn eat_words(&mut self, keywords: &[Keyword]) -> bool {
        let found = self.are(keywords);
        if found {
            keywords.iter().for_each(|_| {
                self.bump();
            });
        }
        found
    }

    /// Takes a word that the grammar knows in one place only.
    fn eat_plain(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.bump();
        }
        found
    }

    fn expect_plain(&mut self, words: &[&str]) -> Rule<()> {
        for word in words {
            if !self.eat_plain(word) {
                return Err(self.unexpected(&format!("`{word}`")));
            }
        }
        Ok(())
    }

    fn expect(&mut self, symbol: Symbol, expected: &str) -> Rule<Span> {
        match self.is_symbol(symbol) {
            true => Ok(self.bump().span),
            false => Err(self.unexpected(expected)),
        }
    }

    fn expect_word(&mut self, keyword: Keyword, expected: &str) -> Rule<Span> {
        match self.is(keyword) {
            true => Ok(self.bump().span),
            false => Err(self.unexpected(expected)),
        }
    }

    // Reporting.

    /// Reports unless the place is directly behind a reported mistake.
    fn report(&mut self, finding: Finding) -> Failed {
        if self.quiet_at != Some(self.at) {
            self.findings.push(finding);
        }
        self.hush();
        Failed
    }

    /// Says that whatever is wrong at the cursor was reported.
    fn hush(&mut self) {
        self.quiet_at = Some(self.at);
    }

    fn unexpected(&mut self, expected: &str) -> Failed {
        if self.kind() == Kind::Bad {
            self.hush();
            return Failed;
        }
        if self.kind() == Kind::End && self.at > 0 && self.tokens[self.at - 1].kind == Kind::Bad {
            self.hush();
        }
        let finding = self.known_mistake().unwrap_or_else(|| {
            let finding = syntax::expected(self.span(), expected, &self.found());
            match self.misspelt() {
                Some((span, meant)) => syntax::misspelt(finding, span, self.text_of(span), meant),
                None => finding,
            }
        });
        self.report(finding)
    }

    /// What people mean by a token that no rule takes.
    fn known_mistake(&self) -> Option<Finding> {
        let span = self.span();
        let Kind::Symbol(symbol) = self.kind() else { return self.known_word() };
        let instead = match symbol {
            Symbol::Semicolon => {
                return Some(syntax::semicolon(span, self.kind_at(1) == Kind::End));
            }
            Symbol::LeftBrace if self.jinja_end().is_some() => {
                let end = self.jinja_end()?;
                return Some(syntax::jinja(Span::new(span.start, end), self.text));
            }
            Symbol::Bang => return Some(syntax::bang(span)),
            Symbol::DoubleEqual => return Some(syntax::double_equal(span)),
            Symbol::Ampersand => "write `bitwise_and(a, b)`",
            Symbol::Pipe => "write `bitwise_or(a, b)`; strings are joined with `||`",
            Symbol::Caret => "write `power(a, b)`, or `bitwise_xor(a, b)`",
            Symbol::Tilde => "write `regexp_like(text, pattern)`, or `bitwise_not(a)`",
            Symbol::Arrow | Symbol::LongArrow => "write `json_extract_scalar(json, '$.name')`",
            Symbol::Hash => "a comment starts with `--`",
            Symbol::At => "variables do not exist; a parameter of the model is written `{name}`",
            _ => return None,
        };
        Some(syntax::foreign_operator(span, self.text_of(span), instead))
    }

    /// A word at the cursor, or before it, that is nearly one that starts a clause: `form t`, `oder by`.
    fn misspelt(&self) -> Option<(Span, &'static str)> {
        const CLAUSES: &[&str] = &[
            "select", "from", "where", "group", "having", "order", "union", "join", "limit", "then", "values", "with",
        ];
        let candidates = [Some(self.at), self.at.checked_sub(1)];
        let words = candidates.into_iter().flatten().map(|at| self.tokens[at]);
        words.filter(|token| token.kind == Kind::Word(Keyword::Other)).find_map(|token| {
            let written = self.text_of(token.span).to_ascii_lowercase();
            let near = |clause: &&&str| strsim::osa_distance(clause, &written) == 1 && written.len() > 3;
            CLAUSES.iter().find(near).map(|clause| (token.span, *clause))
        })
    }

    fn known_word(&self) -> Option<Finding> {
        if self.are(&[Keyword::Not, Keyword::Null]) {
            return Some(syntax::not_null(self.span().to(self.tokens[self.at + 1].span)));
        }
        if self.is_word("qualify") {
            return Some(syntax::qualify(self.span()));
        }
        if self.are(&[Keyword::Ignore, Keyword::Nulls]) || self.are(&[Keyword::Respect, Keyword::Nulls]) {
            return Some(syntax::nulls_inside(self.span().to(self.tokens[self.at + 1].span)));
        }
        (self.kind() == Kind::Backquoted).then(|| self.backquoted())
    }

    fn backquoted(&self) -> Finding {
        let span = self.span();
        syntax::backquoted(span, self.text_of(span).trim_matches('`'))
    }

    /// Where `{{ … }}` or `{% … %}` at the cursor ends.
    fn jinja_end(&self) -> Option<usize> {
        lexer::jinja_end(self.text, self.start())
    }

    /// How messages call the token at the cursor.
    fn found(&self) -> String {
        match self.kind() {
            Kind::End => "the end of the query".to_owned(),
            _ => {
                let written = self.text_of(self.span());
                match written.char_indices().nth(40) {
                    Some((end, _)) => format!("`{}…`", &written[..end]),
                    None => format!("`{written}`"),
                }
            }
        }
    }

    // Recovering.

    /// Skips to what may follow an element of a list: a comma, a closing parenthesis, a clause, the end.
    fn recover(&mut self) {
        loop {
            match self.kind() {
                Kind::Symbol(Symbol::LeftParen | Symbol::LeftBracket) => self.skip_group(),
                Kind::Symbol(Symbol::LeftBrace) => self.skip_jinja(),
                _ if self.at_boundary() => break,
                _ => {
                    self.bump();
                }
            }
        }
        self.hush();
    }

    fn skip_group(&mut self) {
        self.at = self.closing[self.at].unwrap_or(self.at) + 1;
    }

    fn skip_jinja(&mut self) {
        let end = self.jinja_end().unwrap_or(self.start() + 1);
        while self.kind() != Kind::End && self.start() < end {
            self.bump();
        }
    }

    /// Whether the cursor is where an element of a clause may end.
    fn at_boundary(&self) -> bool {
        use Keyword::*;
        match self.kind() {
            Kind::End => true,
            Kind::Symbol(
                Symbol::Comma
                | Symbol::RightParen
                | Symbol::RightBracket
                | Symbol::Semicolon
                | Symbol::PlaceholderClose,
            ) => true,
            Kind::Word(From | Where | Group | Having | Order | Union | Intersect | Except | With | On | When) => true,
            Kind::Word(Limit | Offset | Fetch | Window) => self.at_soft_clause(),
            _ => false,
        }
    }

    /// Whether a word that may also be a name starts a clause here.
    fn at_soft_clause(&self) -> bool {
        use Keyword::*;
        let next = self.kind_at(1);
        match self.kind() {
            Kind::Word(Limit) => {
                matches!(next, Kind::Integer | Kind::Symbol(Symbol::Question | Symbol::Minus) | Kind::Word(All))
                    || matches!(next, Kind::Decimal | Kind::Double | Kind::Text)
                    || matches!(next, Kind::Symbol(Symbol::PlaceholderOpen) | Kind::Word(Null))
                    || (next == Kind::Symbol(Symbol::LeftParen) && self.kind_at(2).starts_query())
            }
            Kind::Word(Offset) => matches!(next, Kind::Integer | Kind::Symbol(Symbol::Question | Symbol::Minus)),
            Kind::Word(Fetch) => matches!(next, Kind::Word(First | Next)),
            Kind::Word(Window) => next.is_name() && self.kind_at(2).is(As),
            _ => false,
        }
    }

    /// Reports what stands between an element and the next boundary.
    fn end_of_element(&mut self, expected: &str) {
        if !self.at_boundary() {
            self.unexpected(expected);
            self.recover();
        }
    }

    /// Applies `rule` to one element of a list; after a mistake skips to the next one.
    fn element<T>(&mut self, rule: impl FnOnce(&mut Self) -> Rule<T>) -> Option<T> {
        match rule(self) {
            Ok(element) => Some(element),
            Err(Failed) => {
                self.recover();
                None
            }
        }
    }

    /// One or more elements with commas between; a trailing comma is reported as such.
    fn comma_list<T>(&mut self, mut rule: impl FnMut(&mut Self) -> Rule<T>) -> Vec<T> {
        let mut elements = vec![];
        loop {
            elements.extend(self.element(&mut rule));
            let comma = self.span();
            if !self.eat(Symbol::Comma) {
                return elements;
            }
            if self.at_boundary() && !self.is_symbol(Symbol::Comma) {
                let finding = syntax::trailing_comma(comma, &self.found());
                self.report(finding);
                return elements;
            }
        }
    }

    /// `( … )`; the opening one is at the cursor. A missing closing one is reported, and passed over.
    fn parens<T>(&mut self, rule: impl FnOnce(&mut Self) -> Rule<T>) -> Rule<T> {
        self.open_paren()?;
        self.rest_of_parens(self.at - 1, rule)
    }

    fn open_paren(&mut self) -> Rule<Span> {
        if self.kind().starts_query() {
            let finding = syntax::subquery_without_parens(self.span(), &self.found());
            return Err(self.report(finding));
        }
        self.expect(Symbol::LeftParen, "`(`")
    }

    /// The inside and the closing parenthesis of the opening one at `open`.
    fn rest_of_parens<T>(&mut self, open: usize, rule: impl FnOnce(&mut Self) -> Rule<T>) -> Rule<T> {
        let inside = rule(self);
        match (&inside, self.closing[open]) {
            (Err(Failed), Some(close)) => {
                self.at = self.at.max(close + 1);
                self.hush();
            }
            (Err(Failed), None) => {}
            (Ok(_), _) => self.close(open),
        }
        inside
    }

    /// `)` or `]` for the opening one at `open`.
    fn close(&mut self, open: usize) {
        let (symbol, sign) = match self.tokens[open].kind {
            Kind::Symbol(Symbol::LeftBracket) => (Symbol::RightBracket, "]"),
            _ => (Symbol::RightParen, ")"),
        };
        if self.eat(symbol) {
            return;
        }
        let opened = self.tokens[open].span;
        let finding = match self.known_mistake() {
            Some(finding) => finding,
            None if self.closing[open].is_some() => {
                syntax::expected(self.span(), &format!("a comma, an operator or `{sign}`"), &self.found())
            }
            None => syntax::unclosed(self.span(), opened, sign, &self.found()),
        };
        if self.kind() != Kind::Bad {
            self.report(finding);
        }
        if let Some(close) = self.closing[open] {
            self.at = self.at.max(close + 1);
        }
        self.hush();
    }

    // Depth.

    /// Applies a rule that may contain itself: every way back to a rule leads through here.
    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Rule<T>) -> Rule<T> {
        self.deeper(NESTING)?;
        let result = rule(self);
        self.depth -= NESTING;
        result
    }

    /// Goes `levels` deeper; the caller restores `depth`.
    fn deeper(&mut self, levels: u32) -> Rule<()> {
        if self.depth + levels > MAX_DEPTH {
            let finding = syntax::too_deep(self.span());
            self.report(finding);
            self.at = self.tokens.len() - 1;
            self.hush();
            return Err(Failed);
        }
        self.depth += levels;
        Ok(())
    }

    /// Applies a rule that grows a chain with [`Parser::link`], and forgets its depth afterwards.
    fn chain<T>(&mut self, rule: impl FnOnce(&mut Self) -> Rule<T>) -> Rule<T> {
        let depth = self.depth;
        let result = rule(self);
        self.depth = depth;
        result
    }

    /// One more link of a chain such as `a + b + c`, whose tree is as deep as the chain is long.
    fn link(&mut self) -> Rule<()> {
        self.deeper(1)
    }
}

fn match_parentheses(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut closing = vec![None; tokens.len()];
    let mut open = vec![];
    for (index, token) in tokens.iter().enumerate() {
        let Kind::Symbol(symbol) = token.kind else { continue };
        let opener = match symbol {
            Symbol::LeftParen | Symbol::LeftBracket => {
                open.push(index);
                continue;
            }
            Symbol::RightParen => Symbol::LeftParen,
            Symbol::RightBracket => Symbol::LeftBracket,
            _ => continue,
        };
        if open.last().is_some_and(|last: &usize| tokens[*last].kind == Kind::Symbol(opener)) {
            closing[open.pop().expect("checked")] = Some(index);
        }
    }
    closing
}
