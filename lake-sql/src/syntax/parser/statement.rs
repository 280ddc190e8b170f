//! Statements.

use super::{Parser, Rule};
use crate::finding::syntax;
use crate::span::Span;
use crate::syntax::token::{Keyword, Kind, Symbol};
use crate::syntax::tree::{
    AlterAction, ColumnDefinition, ColumnPlace, Commented, Expr, Ident, Key, MergeAction, MergeClause, Name,
    ObjectKind, Query, Statement, StatementKind,
};

impl Parser<'_> {
    pub(in crate::syntax) fn statement(&mut self) -> Rule<Statement> {
        let statement = self.inner_statement()?;
        if self.is_symbol(Symbol::Semicolon) && self.kind_at(1) == Kind::End {
            self.bump();
        }
        Ok(statement)
    }

    pub(super) fn inner_statement(&mut self) -> Rule<Statement> {
        let start = self.start();
        let kind = self.statement_kind()?;
        Ok(Statement { kind, span: self.since(start) })
    }

    fn statement_kind(&mut self) -> Rule<StatementKind> {
        match self.kind() {
            Kind::Word(Keyword::Create) => self.create(),
            Kind::Word(Keyword::Drop) => self.drop_object(),
            Kind::Word(Keyword::Alter) => self.alter(),
            Kind::Word(Keyword::Insert) => self.insert(),
            Kind::Word(Keyword::Update) => self.update(),
            Kind::Word(Keyword::Delete) => self.delete(),
            Kind::Word(Keyword::Truncate) => {
                self.bump();
                self.expect_word(Keyword::Table, "`table`")?;
                Ok(StatementKind::Truncate { name: self.name()? })
            }
            Kind::Word(Keyword::Merge) => self.merge(),
            Kind::Word(Keyword::Explain) => self.explain(),
            Kind::Word(Keyword::Prepare) => self.prepare(),
            Kind::Word(Keyword::Execute) => self.execute(),
            Kind::Word(Keyword::Show) => self.in_hive(Self::show),
            Kind::Word(Keyword::Describe | Keyword::Desc) => self.in_hive(Self::describe),
            kind if kind.starts_query() || kind == Kind::Symbol(Symbol::LeftParen) => {
                Ok(StatementKind::Query(self.query()?))
            }
            Kind::Word(Keyword::Comment) => self.comment_on(),
            Kind::Word(_) if self.is_word("call") => self.call_procedure(),
            _ => match self.in_hive(Self::athena_statement)? {
                Some(statement) => Ok(statement),
                None => {
                    let other = self.other_statement();
                    other.ok_or_else(|| self.unexpected("a statement, such as `select` or `create table`"))
                }
            },
        }
    }

    fn create(&mut self) -> Rule<StatementKind> {
        self.bump();
        let replace = self.eat_words(&[Keyword::Or, Keyword::Replace]);
        if !replace && self.eat_plain("external") {
            self.expect_word(Keyword::Table, "`table`")?;
            return self.in_hive(Self::hive_table);
        }
        if self.eat_word(Keyword::View) {
            let name = self.name()?;
            if self.is_symbol(Symbol::LeftParen) {
                let finding = syntax::expected(self.span(), "`as`", "a list of columns")
                    .help("a view has the columns of its query: name them there");
                return Err(self.report(finding));
            }
            let comment = self.comment()?;
            if self.eat_word(Keyword::Security) && !self.eat_word(Keyword::Definer) {
                self.expect_word(Keyword::Invoker, "`definer` or `invoker`")?;
            }
            self.expect_word(Keyword::As, "`as`")?;
            return Ok(StatementKind::CreateView { name, replace, comment, query: self.query()? });
        }
        if !replace && (self.eat_word(Keyword::Schema) || self.eat_plain("database")) {
            let if_not_exists = self.if_not_exists();
            let name = self.name()?;
            if self.eat_word(Keyword::With) {
                self.properties_in_parens()?;
            }
            return Ok(StatementKind::CreateSchema { name, if_not_exists });
        }
        self.expect_word(Keyword::Table, "`table`, `view` or `schema`")?;
        self.create_table(replace)
    }

    fn create_table(&mut self, replace: bool) -> Rule<StatementKind> {
        if !replace && self.names_hive_table() {
            return self.in_hive(Self::hive_table);
        }
        let if_not_exists = self.if_not_exists();
        let name = self.name()?;
        let names_only = self.symbol_at(0, Symbol::LeftParen)
            && matches!(self.kind_at(2), Kind::Symbol(Symbol::Comma | Symbol::RightParen));
        let mut columns = vec![];
        let (mut definitions, mut keys) = (vec![], vec![]);
        if names_only {
            columns = self.column_names()?;
        } else if self.is_symbol(Symbol::LeftParen) {
            let elements = self.parens(|p| Ok(p.comma_list(Self::table_element)))?;
            for (definition, key) in elements {
                definitions.extend(definition);
                keys.extend(key);
            }
        }
        let comment = self.comment()?;
        let properties = if self.eat_word(Keyword::With) { self.properties_in_parens()? } else { vec![] };
        if !definitions.is_empty() {
            let columns = definitions;
            return Ok(StatementKind::CreateTable { name, replace, if_not_exists, columns, keys, comment, properties });
        }
        self.expect_word(Keyword::As, "`as` and a query, or columns in parentheses")?;
        let query = self.table_query()?;
        let with_data = self.with_data()?;
        Ok(StatementKind::CreateTableAs {
            name,
            replace,
            if_not_exists,
            columns,
            comment,
            properties,
            query,
            with_data,
        })
    }

    /// Whether the table that is created here has its columns in Hive's grammar; the cursor is behind TABLE.
    fn names_hive_table(&mut self) -> bool {
        let before = self.at;
        self.if_not_exists();
        while self.kind().is_name() || self.is_symbol(Symbol::Dot) {
            self.bump();
        }
        let hive = self.is_symbol(Symbol::LeftParen) && self.is_hive_table();
        self.at = before;
        hive
    }

    /// A column, perhaps with a key of its own, or the key of a table.
    fn table_element(&mut self) -> Rule<(Option<ColumnDefinition>, Option<Key>)> {
        let start = self.start();
        let next = self.kind_at(1);
        let primary = self.is_word("primary") && next == Kind::Word(Keyword::Key);
        if primary || self.is(Keyword::Unique) && next == Kind::Symbol(Symbol::LeftParen) {
            self.at += if primary { 2 } else { 1 };
            let columns = self.column_names()?;
            self.no_keys(start);
            return Ok((None, Some(Key { columns, span: self.since(start) })));
        }
        let definition = self.column_definition()?;
        let place = self.start();
        let keyed = self.is_word("primary") || self.is(Keyword::Unique);
        if !keyed {
            return Ok((Some(definition), None));
        }
        if !self.eat_word(Keyword::Unique) {
            self.expect_plain(&["primary", "key"])?;
        }
        self.no_keys(place);
        let key = Key { columns: vec![definition.name.clone()], span: self.since(place) };
        Ok((Some(definition), Some(key)))
    }

    /// The query of CREATE TABLE AS, which may stand in parentheses.
    fn table_query(&mut self) -> Rule<Query> {
        match self.is_symbol(Symbol::LeftParen) && self.kind_at(1).is(Keyword::With) {
            true => self.parens(Self::query),
            false => self.query(),
        }
    }

    fn with_data(&mut self) -> Rule<bool> {
        if !self.eat_word(Keyword::With) {
            return Ok(true);
        }
        let without = self.eat_word(Keyword::No);
        self.expect_word(Keyword::Data, "`data` or `no data`")?;
        Ok(!without)
    }

    fn if_not_exists(&mut self) -> bool {
        self.eat_words(&[Keyword::If, Keyword::Not, Keyword::Exists])
    }

    fn if_exists(&mut self) -> bool {
        self.eat_words(&[Keyword::If, Keyword::Exists])
    }

    fn comment(&mut self) -> Rule<Option<String>> {
        match self.eat_word(Keyword::Comment) {
            true => self.string().map(Some),
            false => Ok(None),
        }
    }

    fn column_definition(&mut self) -> Rule<ColumnDefinition> {
        let name = self.ident()?;
        let ty = self.type_name()?;
        let default = if self.eat_word(Keyword::Default) { Some(self.try_expr()?) } else { None };
        let not_null = self.eat_words(&[Keyword::Not, Keyword::Null]);
        let comment = self.comment()?;
        if self.eat_word(Keyword::With) {
            self.properties_in_parens()?;
        }
        let span = self.since(name.span.start);
        Ok(ColumnDefinition { name, ty, default, not_null, comment, span })
    }

    pub(super) fn properties_in_parens(&mut self) -> Rule<Vec<(Ident, Expr)>> {
        self.parens(|p| Ok(p.comma_list(Self::assignment)))
    }

    /// `a = expression`
    fn assignment(&mut self) -> Rule<(Ident, Expr)> {
        let name = self.ident()?;
        if self.is_symbol(Symbol::Dot) {
            let finding = syntax::expected(self.span(), "`=`", "`.`")
                .help("a column that is set has no table in front, and a field of a row cannot be set alone");
            return Err(self.report(finding));
        }
        self.expect(Symbol::Equal, "`=`")?;
        let value = match self.is(Keyword::Default) && matches!(self.kind_at(1), Kind::End | Kind::Symbol(_)) {
            true => {
                let span = self.bump().span;
                Expr { kind: crate::syntax::tree::ExprKind::Column(default_word(span)), span }
            }
            false => self.try_expr()?,
        };
        Ok((name, value))
    }

    fn object_kind(&mut self) -> Rule<ObjectKind> {
        for (word, object) in [
            (Keyword::Table, ObjectKind::Table),
            (Keyword::View, ObjectKind::View),
            (Keyword::Schema, ObjectKind::Schema),
        ] {
            if self.eat_word(word) {
                return Ok(object);
            }
        }
        if self.eat_plain("database") {
            return Ok(ObjectKind::Schema);
        }
        Err(self.unexpected("`table`, `view` or `schema`"))
    }

    fn drop_object(&mut self) -> Rule<StatementKind> {
        self.bump();
        let object = self.object_kind()?;
        let if_exists = self.if_exists();
        let name = self.name()?;
        let cascade = object == ObjectKind::Schema && self.eat_word(Keyword::Cascade);
        if object == ObjectKind::Schema && !cascade {
            self.eat_word(Keyword::Restrict);
        }
        Ok(StatementKind::Drop { object, if_exists, name, cascade })
    }

    fn alter(&mut self) -> Rule<StatementKind> {
        self.bump();
        if self.is(Keyword::View)
            && let Some(rename) = self.rename_view()?
        {
            return Ok(rename);
        }
        if self.is(Keyword::View) || self.is(Keyword::Schema) || self.is(Keyword::Materialized) {
            self.skip_statement();
            return Ok(StatementKind::Other("alter"));
        }
        self.expect_word(Keyword::Table, "`table`, `view` or `schema`")?;
        let if_exists = self.if_exists();
        let name = self.in_hive(Self::name)?;
        let action = match self.in_hive(Self::hive_alter)? {
            Some(action) => action,
            None => self.alter_action()?,
        };
        Ok(StatementKind::AlterTable { if_exists, name, action })
    }

    /// `VIEW a RENAME TO b`; the cursor stays where it is before anything else.
    fn rename_view(&mut self) -> Rule<Option<StatementKind>> {
        let before = self.at;
        self.bump();
        let from = self.name()?;
        if !self.eat_words(&[Keyword::Rename, Keyword::To]) {
            self.at = before;
            return Ok(None);
        }
        Ok(Some(StatementKind::RenameView { from, to: self.name()? }))
    }

    /// `COMMENT ON TABLE | VIEW | COLUMN name IS text`
    fn comment_on(&mut self) -> Rule<StatementKind> {
        self.bump();
        self.expect_word(Keyword::On, "`on`")?;
        let kinds = [
            (Keyword::Table, Commented::Table),
            (Keyword::View, Commented::View),
            (Keyword::Column, Commented::Column),
        ];
        let Some((_, on)) = kinds.into_iter().find(|(word, _)| self.eat_word(*word)) else {
            return Err(self.unexpected("`table`, `view` or `column`"));
        };
        let name = self.name()?;
        self.expect_word(Keyword::Is, "`is`")?;
        let text = if self.eat_word(Keyword::Null) { None } else { Some(self.string()?) };
        Ok(StatementKind::Comment { on, name, text })
    }

    fn alter_action(&mut self) -> Rule<AlterAction> {
        use Keyword::{Add, Alter, Column, Data, Drop, Execute, Properties, Rename, Set, To, Type};
        if self.eat_words(&[Rename, To]) {
            return Ok(AlterAction::RenameTo(self.name()?));
        }
        if self.eat_words(&[Rename, Column]) {
            let if_exists = self.if_exists();
            let from = self.name()?;
            self.expect_word(To, "`to`")?;
            return Ok(AlterAction::RenameColumn { from, to: self.ident()?, if_exists });
        }
        if self.eat_words(&[Add, Column]) {
            let if_not_exists = self.if_not_exists();
            let within = self.fields_before()?;
            let column = self.column_definition()?;
            return Ok(AlterAction::AddColumn { within, column, if_not_exists, place: self.column_place()? });
        }
        if self.eat_words(&[Drop, Column]) {
            let if_exists = self.if_exists();
            return Ok(AlterAction::DropColumn { column: self.name()?, if_exists });
        }
        if self.eat_words(&[Alter, Column]) {
            let column = self.name()?;
            if let [column] = column.parts.as_slice()
                && self.eat_words(&[Drop, Keyword::Not, Keyword::Null])
            {
                return Ok(AlterAction::DropNotNull(column.clone()));
            }
            return match self.eat_words(&[Set, Data, Type]) {
                true => Ok(AlterAction::SetColumnType(column, self.type_name()?)),
                false => Err(self.unexpected("`set data type` or `drop not null`")),
            };
        }
        if self.eat_words(&[Set, Properties]) {
            return Ok(AlterAction::SetProperties(self.comma_list(Self::assignment)));
        }
        if self.eat_word(Execute) {
            let procedure = self.ident()?;
            let arguments = match self.is_symbol(Symbol::LeftParen) {
                true => self.procedure_arguments()?,
                false => vec![],
            };
            return Ok(AlterAction::Execute(procedure, arguments));
        }
        Err(self.unexpected("`rename to`, `add column`, `drop column`, `set properties` or `execute`"))
    }

    /// `a.b.` before the name of a field that is added
    fn fields_before(&mut self) -> Rule<Vec<Ident>> {
        let mut within = vec![];
        while self.symbol_at(1, Symbol::Dot) {
            within.push(self.ident()?);
            self.bump();
        }
        Ok(within)
    }

    /// `FIRST`, `LAST`, `AFTER a` or nothing
    fn column_place(&mut self) -> Rule<ColumnPlace> {
        if self.eat_word(Keyword::First) {
            return Ok(ColumnPlace::First);
        }
        if self.eat_word(Keyword::After) {
            return Ok(ColumnPlace::After(self.ident()?));
        }
        self.eat_word(Keyword::Last);
        Ok(ColumnPlace::Last)
    }

    /// `CALL procedure(a => b, c)`
    fn call_procedure(&mut self) -> Rule<StatementKind> {
        self.bump();
        let procedure = self.name()?;
        Ok(StatementKind::Call { procedure, arguments: self.procedure_arguments()? })
    }

    /// `(a => b, c)`
    fn procedure_arguments(&mut self) -> Rule<Vec<(Option<Ident>, Expr)>> {
        self.parens(|p| match p.is_symbol(Symbol::RightParen) {
            true => Ok(vec![]),
            false => Ok(p.comma_list(Self::procedure_argument)),
        })
    }

    /// `a => expression` or an expression
    fn procedure_argument(&mut self) -> Rule<(Option<Ident>, Expr)> {
        if !self.kind().is_name() || !self.symbol_at(1, Symbol::FatArrow) {
            return Ok((None, self.try_expr()?));
        }
        let name = self.ident()?;
        self.bump();
        Ok((Some(name), self.try_expr()?))
    }

    fn insert(&mut self) -> Rule<StatementKind> {
        self.bump();
        self.expect_word(Keyword::Into, "`into`")?;
        let name = self.name()?;
        let is_query = self.kind_at(1).starts_query() || self.symbol_at(1, Symbol::LeftParen);
        let columns = if is_query { vec![] } else { self.optional_column_names()? };
        Ok(StatementKind::Insert { name, columns, query: self.query()? })
    }

    fn update(&mut self) -> Rule<StatementKind> {
        self.bump();
        let name = self.target()?;
        self.expect_word(Keyword::Set, "`set`")?;
        let assignments = self.comma_list(Self::assignment);
        Ok(StatementKind::Update { name, assignments, filter: self.statement_filter() })
    }

    fn delete(&mut self) -> Rule<StatementKind> {
        self.bump();
        self.expect_word(Keyword::From, "`from`")?;
        let name = self.target()?;
        Ok(StatementKind::Delete { name, filter: self.statement_filter() })
    }

    /// The table of UPDATE and DELETE.
    fn target(&mut self) -> Rule<Name> {
        let name = self.name()?;
        if self.kind().is_name() && !self.is(Keyword::Set) {
            let finding = syntax::mistake(self.span(), "the table of `update` and `delete` takes no alias")
                .label("alias")
                .help(format!("call it `{}` in the condition", self.text_of(name.span)));
            self.report(finding);
            self.bump();
        }
        Ok(name)
    }

    fn statement_filter(&mut self) -> Option<Expr> {
        match self.eat_word(Keyword::Where) {
            true => Some(self.expr()),
            false => None,
        }
    }

    fn merge(&mut self) -> Rule<StatementKind> {
        self.bump();
        self.expect_word(Keyword::Into, "`into`")?;
        let name = self.name()?;
        let alias = self.alias()?;
        self.expect_word(Keyword::Using, "`using`")?;
        let source = self.relation()?;
        self.expect_word(Keyword::On, "`on`")?;
        let on = self.expr();
        let mut clauses = vec![];
        while self.is(Keyword::When) {
            clauses.push(self.merge_clause()?);
        }
        match clauses.is_empty() {
            true => Err(self.unexpected("`when`")),
            false => Ok(StatementKind::Merge { name, alias, source, on, clauses }),
        }
    }

    fn merge_clause(&mut self) -> Rule<MergeClause> {
        let start = self.bump().span.start;
        let matched = !self.eat_word(Keyword::Not);
        self.expect_word(Keyword::Matched, "`matched` or `not matched`")?;
        if self.is(Keyword::By) {
            let finding = syntax::mistake(self.span(), "Trino has no `not matched by source`")
                .label("not in Trino")
                .help("delete such rows with `delete from … where not exists (…)`");
            return Err(self.report(finding));
        }
        let condition = if self.eat_word(Keyword::And) { Some(self.try_expr()?) } else { None };
        self.expect_word(Keyword::Then, "`and` or `then`")?;
        let action = match (matched, self.kind()) {
            (true, Kind::Word(Keyword::Update)) => {
                self.bump();
                self.expect_word(Keyword::Set, "`set`")?;
                MergeAction::Update(self.comma_list(Self::assignment))
            }
            (true, Kind::Word(Keyword::Delete)) => {
                self.bump();
                MergeAction::Delete
            }
            (true, _) => return Err(self.unexpected("`update set` or `delete`")),
            (false, _) => self.merge_insert()?,
        };
        Ok(MergeClause { matched, condition, action, span: self.since(start) })
    }

    fn merge_insert(&mut self) -> Rule<MergeAction> {
        self.expect_word(Keyword::Insert, "`insert`")?;
        let columns = self.optional_column_names()?;
        self.expect_word(Keyword::Values, "`values`")?;
        let values = self.parens(|p| Ok(p.comma_list(Self::expr_element)))?;
        Ok(MergeAction::Insert(columns, values))
    }
}

/// DEFAULT as the value of a property.
fn default_word(span: Span) -> Ident {
    Ident { value: "default".to_owned(), quoted: false, span }
}
