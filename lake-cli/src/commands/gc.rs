//! `gc`: removes files that no table refers to.

use std::io::{self, Write, stdout};

use super::Context;
use crate::args::Gc;
use crate::error::Error;
use crate::{Exit, Garbage, Sweep, Swept};

/// Folders that are listed; of more only the number is told.
const LISTED: usize = 20;

pub fn run(context: &Context<'_>, args: &Gc) -> Result<Exit, Error> {
    let target = context.target()?;
    let kind = context.kind(&target)?;
    let collect = match kind.garbage {
        Garbage::Ours(collect) => collect,
        Garbage::Theirs(instead) => {
            let message = format!("the engine `{}` of target `{}` keeps files of its own", kind.name, target.name);
            return Err(Error::usage(message).help(instead));
        }
    };
    let sweep = Sweep { older_than: args.older_than, dry_run: args.dry_run };
    let swept = collect(&target, &sweep)?;
    write(&swept, args.dry_run, &mut stdout().lock())?;
    Ok(Exit::Success)
}

fn write(swept: &Swept, dry_run: bool, out: &mut dyn Write) -> io::Result<()> {
    if swept.files.is_empty() {
        return writeln!(out, "nothing to remove");
    }
    for path in swept.files.iter().take(LISTED) {
        writeln!(out, "{path}")?;
    }
    if swept.files.len() > LISTED {
        writeln!(out, "… and {} more", swept.files.len() - LISTED)?;
    }
    let count = swept.files.len();
    let (verb, plural) = (if dry_run { "would remove" } else { "removed" }, if count == 1 { "" } else { "s" });
    writeln!(out, "{verb} {count} file{plural}, {}", size(swept.bytes))
}

/// `999 bytes`, `1.5 MiB`
fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut shown = bytes as f64 / 1024.0;
    if shown < 1.0 {
        return format!("{bytes} bytes");
    }
    let mut unit = 0;
    while shown >= 1024.0 && unit + 1 < units.len() {
        shown /= 1024.0;
        unit += 1;
    }
    format!("{shown:.1} {}", units[unit])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn written(files: usize, bytes: u64, dry_run: bool) -> String {
        let files = (0..files).map(|n| format!("tables/t-1/data/{n}.parquet")).collect();
        let mut out = vec![];
        write(&Swept { files, bytes }, dry_run, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_has_gone_is_said() {
        assert_eq!(written(0, 0, false), "nothing to remove\n");
        assert_eq!(written(1, 999, false), "tables/t-1/data/0.parquet\nremoved 1 file, 999 bytes\n");
        assert_eq!(written(22, 3 << 19, true).lines().count(), LISTED + 2);
        assert!(written(22, 3 << 19, true).ends_with("… and 2 more\nwould remove 22 files, 1.5 MiB\n"));
    }
}
