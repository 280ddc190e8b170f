//! Hive's names of types, as Glue keeps them.

use lake_sql::types::{Field, Type};

/// Reads a type such as `array<struct<id:bigint,name:string>>`. What is not known stays a name.
pub(crate) fn parse(text: &str) -> Type {
    let mut reader = Reader { rest: text.trim() };
    match reader.ty() {
        Some(ty) if reader.rest.is_empty() => ty,
        _ => Type::Opaque(text.to_owned()),
    }
}

/// Whether Hive's name says less than the type: it has one word for timestamps with and without time zone.
pub(crate) fn is_vague(ty: &Type) -> bool {
    match ty {
        Type::Timestamp(_) | Type::TimestampTz(_) | Type::Opaque(_) => true,
        Type::Array(element) => is_vague(element),
        Type::Map(key, value) => is_vague(key) || is_vague(value),
        Type::Row(fields) => fields.iter().any(|field| is_vague(&field.ty)),
        _ => false,
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn ty(&mut self) -> Option<Type> {
        let word = self.take(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ' '));
        Some(match word.trim().to_lowercase().as_str() {
            "boolean" => Type::Boolean,
            "tinyint" => Type::TinyInt,
            "smallint" => Type::SmallInt,
            "int" | "integer" => Type::Integer,
            "bigint" => Type::BigInt,
            "float" | "real" => Type::Real,
            "double" => Type::Double,
            "string" => Type::Varchar(None),
            "binary" => Type::Varbinary,
            "date" => Type::Date,
            "timestamp" => Type::Timestamp(6),
            "varchar" => Type::Varchar(Some(self.arguments()?.first()?.parse().ok()?)),
            "char" => Type::Char(self.arguments()?.first()?.parse().ok()?),
            "decimal" => match self.arguments()?.as_slice() {
                [precision, scale] => Type::Decimal { precision: precision.parse().ok()?, scale: scale.parse().ok()? },
                _ => return None,
            },
            "array" => {
                self.expect('<')?;
                let element = self.ty()?;
                self.expect('>')?;
                Type::Array(Box::new(element))
            }
            "map" => {
                self.expect('<')?;
                let key = self.ty()?;
                self.expect(',')?;
                let value = self.ty()?;
                self.expect('>')?;
                Type::Map(Box::new(key), Box::new(value))
            }
            "struct" => self.fields()?,
            _ => return None,
        })
    }

    fn fields(&mut self) -> Option<Type> {
        self.expect('<')?;
        let mut fields = vec![];
        loop {
            let name = self.take(|c| c != ':').trim().to_owned();
            self.expect(':')?;
            fields.push(Field { name: Some(name), ty: self.ty()? });
            match self.rest.chars().next()? {
                ',' => self.expect(',')?,
                _ => break,
            }
        }
        self.expect('>')?;
        Some(Type::Row(fields))
    }

    /// `(10,2)`
    fn arguments(&mut self) -> Option<Vec<String>> {
        self.expect('(')?;
        let inner = self.take(|c| c != ')');
        self.expect(')')?;
        Some(inner.split(',').map(|part| part.trim().to_owned()).collect())
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn expect(&mut self, wanted: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(wanted)?.trim_start();
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use lake_sql::render::dialect::Dialect;

    use super::*;

    #[test]
    fn names_of_types_are_read() {
        let cases = [
            ("bigint", "bigint"),
            ("decimal(18,6)", "decimal(18, 6)"),
            ("string", "varchar"),
            ("timestamp", "timestamp(6)"),
            ("array<struct<id:bigint,tags:map<string,double>>>", "array(row(id bigint, tags map(varchar, double)))"),
            ("varchar(3)", "varchar(3)"),
        ];
        let compact = |text: &str| text.replace([' ', '"'], "");
        for (hive, trino) in cases {
            assert_eq!(compact(&parse(hive).to_string()), compact(trino), "{hive}");
        }
        assert_eq!(parse("uniontype<int>"), Type::Opaque("uniontype<int>".into()));
    }

    #[test]
    fn what_tables_keep_is_read_back() {
        for text in ["integer", "real", "varchar", "varbinary", "date", "array(row(a bigint, b map(integer, varchar)))"]
        {
            let ty: Type = text.parse().unwrap_or(Type::Error);
            let hive = Dialect::ATHENA.ddl_type(&ty).unwrap_or_default();
            assert_eq!(parse(&hive), ty, "{hive}");
        }
    }
}
