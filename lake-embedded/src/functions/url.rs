//! Addresses: their parts, as Java's `java.net.URI` takes them apart (RFC 2396 and, for letters beyond ASCII, more), and
//! escapes. What is no address has no parts; a part that is missing is an empty text.

use lake_sql::types::Type;

use super::columns::{Text, map1, map2};
use crate::error::{Fault, Result};
use crate::eval::Kernel;

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    Some(match (name, types.len()) {
        ("url_extract_protocol", 1) => |args| map1::<Text, _>(args, |url| part(url, |url| url.scheme)),
        ("url_extract_host", 1) => |args| map1::<Text, _>(args, |url| part(url, |url| url.host)),
        ("url_extract_path", 1) => |args| map1::<Text, _>(args, |url| part(url, |url| url.path)),
        ("url_extract_query", 1) => |args| map1::<Text, _>(args, |url| part(url, |url| url.query)),
        ("url_extract_fragment", 1) => |args| map1::<Text, _>(args, |url| part(url, |url| url.fragment)),
        ("url_extract_port", 1) => |args| map1::<Text, _>(args, |url| Url::read(url)?.port),
        ("url_extract_parameter", 2) => |args| map2::<Text, Text, _>(args, parameter),
        ("url_encode", 1) => |args| map1::<Text, _>(args, encoded),
        ("url_decode", 1) => |args| map1::<Text, _>(args, |text| decoded(text, true)),
        _ => return None,
    })
}

fn part(url: &str, choose: for<'a> fn(Url<'a>) -> Option<&'a str>) -> Option<String> {
    let url = Url::read(url)?;
    // Escapes were checked when the address was read.
    Some(choose(url).map(|part| decoded(part, false).unwrap_or_default()).unwrap_or_default())
}

/// The value of the first parameter of a name.
fn parameter(url: &str, name: &str) -> Option<String> {
    let query = Url::read(url)?.query?;
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| decoded(value, true).ok()).flatten()
    })
}

/// The parts as they are written.
#[derive(Default)]
struct Url<'a> {
    scheme: Option<&'a str>,
    host: Option<&'a str>,
    port: Option<i64>,
    path: Option<&'a str>,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Url<'a> {
    /// None for what is no address.
    fn read(text: &'a str) -> Option<Self> {
        let (text, fragment) = split_once(text, '#');
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if !scheme.contains(['/', '?']) => (Some(scheme), rest),
            _ => (None, text),
        };
        if !scheme.is_none_or(is_scheme) || !fragment.is_none_or(|fragment| is_legal(fragment, "[]")) {
            return None;
        }
        let mut url = Url { scheme, fragment, ..Self::default() };
        if scheme.is_some() && !rest.starts_with('/') {
            // Such as `mailto:a@b.c`: it has no path.
            return (!rest.is_empty() && is_legal(rest, "[]")).then_some(url);
        }
        let (rest, query) = split_once(rest, '?');
        url.query = query;
        let path = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                if authority.is_empty() && path.is_empty() {
                    return None;
                }
                if !is_legal(authority, "[]") {
                    return None;
                }
                (url.host, url.port) = host(authority);
                path
            }
            None => rest,
        };
        url.path = Some(path);
        (is_legal(path, "") && query.is_none_or(|query| is_legal(query, "[]"))).then_some(url)
    }
}

fn split_once(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, behind)| (before, Some(behind)))
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Whether all is a letter that may stand there, or an escape.
fn is_legal(part: &str, also: &str) -> bool {
    let escapes = part.match_indices('%').all(|(at, _)| {
        part.as_bytes().get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let legal = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        c if c.is_ascii() => "-_.!~*'();/?:@&=+$,%".contains(c) || also.contains(c),
        c => !c.is_control() && !c.is_whitespace(),
    };
    escapes && part.chars().all(legal)
}

/// Host and port of `user@host:port`; none if it is not that, which is no error.
fn host(authority: &str) -> (Option<&str>, Option<i64>) {
    let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
    let end = match server.starts_with('[') {
        true => server.find(']').map_or(server.len(), |end| end + 1),
        false => server.find(':').unwrap_or(server.len()),
    };
    let (host, port) = server.split_at(end);
    let digits = port.strip_prefix(':').unwrap_or("");
    let port: Option<i64> = digits.parse().ok();
    let sound = is_host(host) && (digits.is_empty() || port.is_some());
    if sound { (Some(host), port) } else { (None, None) }
}

/// A name of labels, the last of which starts with a letter, or four numbers, or an address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(inside) = host.strip_prefix('[') {
        return inside.strip_suffix(']').is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or_default();
    host.parse::<std::net::Ipv4Addr>().is_ok()
        || name.split('.').all(label) && last.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// As forms are sent.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Without escapes; in forms a plus is a blank.
fn decoded(text: &str, form: bool) -> Result<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'+' if form => out.push(b' '),
            b'%' => {
                let Some(digits) = bytes.get(at + 1..at + 3) else {
                    return Err(Fault::data("URLDecoder: Incomplete trailing escape (%) pattern"));
                };
                out.push(digit(digits[0])? << 4 | digit(digits[1])?);
                at += 2;
            }
            byte => out.push(*byte),
        }
        at += 1;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn digit(byte: u8) -> Result<u8> {
    let letter = char::from(byte);
    letter.to_digit(16).map(|digit| digit as u8).ok_or_else(|| {
        Fault::data(format!(
            "URLDecoder: Illegal hex characters in escape (%) pattern - not a hexadecimal digit: \"{letter}\" = {byte}"
        ))
    })
}
