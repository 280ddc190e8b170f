//! `word_stem`: stems of English words.
//!
//! The English stemmer that Martin Porter published as "Porter2" (snowballstem.org), as of Snowball 2.2. Capital letters
//! are no vowels to it, nor are letters beyond ASCII.

use lake_sql::types::Type;

use super::columns::{Text, map1, map2};
use crate::error::{Fault, Result};
use crate::eval::Kernel;

/// Languages for which Trino has a stemmer, but for English.
const OTHERS: [&str; 19] =
    ["ca", "da", "de", "es", "eu", "fi", "fr", "hu", "hy", "ir", "it", "lt", "nl", "no", "pt", "ro", "ru", "sv", "tr"];
/// Words whose stem no rule gives.
const SPECIAL: [(&str, &str); 18] = [
    ("skis", "ski"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("idly", "idl"),
    ("gently", "gentl"),
    ("ugly", "ugli"),
    ("early", "earli"),
    ("only", "onli"),
    ("singly", "singl"),
    ("sky", "sky"),
    ("news", "news"),
    ("howe", "howe"),
    ("atlas", "atlas"),
    ("cosmos", "cosmos"),
    ("bias", "bias"),
    ("andes", "andes"),
];
/// Words that are stems once their plural is gone.
const WHOLE: [&str; 8] = ["inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed"];
/// Suffixes and what takes their place in the first region.
const SECOND: [(&str, &str); 22] = [
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("abli", "able"),
    ("entli", "ent"),
    ("izer", "ize"),
    ("ization", "ize"),
    ("ational", "ate"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("aliti", "al"),
    ("alli", "al"),
    ("fulness", "ful"),
    ("ousli", "ous"),
    ("ousness", "ous"),
    ("iveness", "ive"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("bli", "ble"),
    ("fulli", "ful"),
    ("lessli", "less"),
];
const THIRD: [(&str, &str); 8] = [
    ("tional", "tion"),
    ("ational", "ate"),
    ("alize", "al"),
    ("icate", "ic"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];
const FOURTH: [&str; 18] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ism", "ate", "iti", "ous", "ive",
    "ize", "ion",
];

pub(super) fn find(name: &str, types: &[Type], _: &Type) -> Option<Kernel> {
    Some(match (name, types.len()) {
        ("word_stem", 1) => |args| map1::<Text, _>(args, stem),
        ("word_stem", 2) => |args| map2::<Text, Text, _>(args, stem_in),
        _ => return None,
    })
}

fn stem_in(word: &str, language: &str) -> Result<String> {
    match language {
        "en" => Ok(stem(word)),
        other if OTHERS.contains(&other) => Err(Fault::unsupported(format!("word_stem in the language {other}"))),
        other => Err(Fault::data(format!("Unknown stemmer language: {other}"))),
    }
}

fn stem(word: &str) -> String {
    if let Some((_, stem)) = SPECIAL.iter().find(|(special, _)| *special == word) {
        return (*stem).to_owned();
    }
    if word.chars().count() < 3 {
        return word.to_owned();
    }
    let mut word = Word::new(word);
    word.plural();
    if !WHOLE.contains(&word.letters.iter().collect::<String>().as_str()) {
        word.participle();
        word.last_y();
        word.second();
        word.third();
        word.fourth();
        word.fifth();
    }
    word.finish()
}

/// A word on its way. A `y` that is a consonant is written `Y`.
struct Word {
    letters: Vec<char>,
    /// Whether any `y` was written so.
    marked: bool,
    /// Where the regions begin: behind the first consonant behind a vowel, and behind the next such one.
    first: usize,
    second: usize,
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

impl Word {
    fn new(word: &str) -> Self {
        let mut letters: Vec<char> = word.strip_prefix('\'').unwrap_or(word).chars().collect();
        let mut marked = false;
        for at in 0..letters.len() {
            if letters[at] == 'y' && (at == 0 || is_vowel(letters[at - 1])) {
                letters[at] = 'Y';
                marked = true;
            }
        }
        let text: String = letters.iter().collect();
        let first = match ["gener", "commun", "arsen"].iter().find(|start| text.starts_with(**start)) {
            Some(start) => start.len(),
            None => behind(&letters, 0),
        };
        let second = behind(&letters, first);
        Self { letters, marked, first, second }
    }

    fn finish(self) -> String {
        let plain = |letter: char| if letter == 'Y' && self.marked { 'y' } else { letter };
        self.letters.into_iter().map(plain).collect()
    }

    fn ends(&self, suffix: &str) -> bool {
        let suffix: Vec<char> = suffix.chars().collect();
        self.letters.ends_with(&suffix)
    }

    /// The longest of these that the word ends in.
    fn longest<'a>(&self, suffixes: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        suffixes.into_iter().filter(|suffix| self.ends(suffix)).max_by_key(|suffix| suffix.len())
    }

    /// Length of what stands in front of a suffix.
    fn before(&self, suffix: &str) -> usize {
        self.letters.len() - suffix.len()
    }

    fn replace(&mut self, suffix: &str, by: &str) {
        self.letters.truncate(self.before(suffix));
        self.letters.extend(by.chars());
    }

    fn has_vowel(&self, to: usize) -> bool {
        self.letters[..to].iter().any(|letter| is_vowel(*letter))
    }

    /// Whether the letters up to here end in a short syllable.
    fn is_short(&self, to: usize) -> bool {
        match &self.letters[..to] {
            [vowel, consonant] => is_vowel(*vowel) && !is_vowel(*consonant),
            [.., before, vowel, last] => {
                !is_vowel(*before) && is_vowel(*vowel) && !is_vowel(*last) && !matches!(last, 'w' | 'x' | 'Y')
            }
            _ => false,
        }
    }

    fn plural(&mut self) {
        if let Some(suffix) = self.longest(["'", "'s", "'s'"]) {
            self.replace(suffix, "");
        }
        match self.longest(["sses", "ied", "ies", "s", "us", "ss"]) {
            Some("sses") => self.replace("sses", "ss"),
            Some(suffix @ ("ied" | "ies")) => {
                let by = if self.before(suffix) > 1 { "i" } else { "ie" };
                self.replace(suffix, by);
            }
            Some("s") if self.before("s") > 0 && self.has_vowel(self.before("s") - 1) => self.replace("s", ""),
            _ => {}
        }
    }

    fn participle(&mut self) {
        match self.longest(["eed", "eedly", "ed", "edly", "ing", "ingly"]) {
            Some(suffix @ ("eed" | "eedly")) if self.before(suffix) >= self.first => self.replace(suffix, "ee"),
            Some("eed" | "eedly") => {}
            Some(suffix) if self.has_vowel(self.before(suffix)) => {
                self.replace(suffix, "");
                self.repair();
            }
            _ => {}
        }
    }

    /// What a word without its participle needs.
    fn repair(&mut self) {
        let doubled = ["bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt"];
        if self.longest(["at", "bl", "iz"]).is_some() {
            self.letters.push('e');
        } else if self.longest(doubled).is_some() {
            // `added`, `egged`, `offed` have their double letters from the start.
            if !matches!(self.letters.as_slice(), ['a' | 'e' | 'o', _, _]) {
                self.letters.pop();
            }
        } else if self.letters.len() == self.first && self.is_short(self.letters.len()) {
            self.letters.push('e');
        }
    }

    fn last_y(&mut self) {
        if let [_, .., before, last @ ('y' | 'Y')] = self.letters.as_mut_slice()
            && !is_vowel(*before)
        {
            *last = 'i';
        }
    }

    fn second(&mut self) {
        let suffixes = SECOND.iter().map(|(suffix, _)| *suffix).chain(["ogi", "li"]);
        let Some(suffix) = self.longest(suffixes).filter(|suffix| self.before(suffix) >= self.first) else { return };
        let before = self.before(suffix).checked_sub(1).map(|at| self.letters[at]);
        match (suffix, before) {
            ("ogi", Some('l')) => self.replace("ogi", "og"),
            ("li", Some('c' | 'd' | 'e' | 'g' | 'h' | 'k' | 'm' | 'n' | 'r' | 't')) => self.replace("li", ""),
            _ => self.replace_by(suffix, &SECOND),
        }
    }

    fn third(&mut self) {
        let suffixes = THIRD.iter().map(|(suffix, _)| *suffix).chain(["ative"]);
        let Some(suffix) = self.longest(suffixes).filter(|suffix| self.before(suffix) >= self.first) else { return };
        match suffix {
            "ative" if self.before(suffix) >= self.second => self.replace(suffix, ""),
            _ => self.replace_by(suffix, &THIRD),
        }
    }

    fn replace_by(&mut self, suffix: &str, rules: &[(&str, &str)]) {
        if let Some((_, by)) = rules.iter().find(|(known, _)| *known == suffix) {
            self.replace(suffix, by);
        }
    }

    fn fourth(&mut self) {
        let Some(suffix) = self.longest(FOURTH).filter(|suffix| self.before(suffix) >= self.second) else { return };
        let before = self.before(suffix).checked_sub(1).map(|at| self.letters[at]);
        if suffix != "ion" || matches!(before, Some('s' | 't')) {
            self.replace(suffix, "");
        }
    }

    fn fifth(&mut self) {
        let Some(stem) = self.letters.len().checked_sub(1) else { return };
        let goes = match self.letters[stem] {
            'e' => stem >= self.second || stem >= self.first && !self.is_short(stem),
            'l' => stem >= self.second && stem > 0 && self.letters[stem - 1] == 'l',
            _ => false,
        };
        if goes {
            self.letters.pop();
        }
    }
}

/// The place behind the first consonant that follows a vowel.
fn behind(letters: &[char], from: usize) -> usize {
    let vowel = (from..letters.len()).find(|at| is_vowel(letters[*at]));
    let consonant = vowel.and_then(|vowel| (vowel..letters.len()).find(|at| !is_vowel(letters[*at])));
    consonant.map_or(letters.len(), |consonant| consonant + 1)
}
