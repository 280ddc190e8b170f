//! Hive's names of types in DDL, as the engine spells them.

/// `array<struct<a:int>>` becomes `array(row("a" integer))`; None if it is no type that an Iceberg table of Athena has.
pub(super) fn trino(hive: &str) -> Option<String> {
    let text = hive.trim().to_lowercase();
    let inner =
        |name: &str| text.strip_prefix(name)?.trim_start().strip_prefix('<')?.strip_suffix('>').map(str::to_owned);
    if let Some(element) = inner("array") {
        return Some(format!("array({})", trino(&element)?));
    }
    if let Some(both) = inner("map") {
        let parts = split(&both, ',');
        let [key, value] = parts.as_slice() else { return None };
        return Some(format!("map({}, {})", trino(key)?, trino(value)?));
    }
    if let Some(fields) = inner("struct") {
        let field = |part: &String| {
            let (name, ty) = part.split_once(':')?;
            Some(format!("\"{}\" {}", name.trim(), trino(ty)?))
        };
        let fields: Option<Vec<String>> = split(&fields, ',').iter().map(field).collect();
        return Some(format!("row({})", fields?.join(", ")));
    }
    Some(match text.as_str() {
        "boolean" | "bigint" | "double" | "date" => text,
        "int" => "integer".into(),
        "float" => "real".into(),
        "string" => "varchar".into(),
        "binary" => "varbinary".into(),
        "timestamp" => "timestamp(6)".into(),
        decimal if decimal.starts_with("decimal(") => text,
        _ => return None,
    })
}

/// Parts between separators that stand outside of brackets.
fn split(text: &str, separator: char) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in text.chars() {
        match c {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            Some(_) if c == separator && depth == 0 => parts.push(String::new()),
            Some(last) => last.push(c),
            None => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_respelt() {
        let nested = "map<string,array<struct<a:int,b:decimal(10,2)>>>";
        assert_eq!(trino(nested).as_deref(), Some("map(varchar, array(row(\"a\" integer, \"b\" decimal(10,2))))"));
        assert_eq!(trino("smallint"), None);
    }
}
