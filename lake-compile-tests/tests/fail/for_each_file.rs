//! A list that is not there.

use lakehouse::prelude::*;

for_each!("tests/lists/nowhere.txt", {
    #[model(schema = "marts")]
    pub fn __name___numbers() -> Table<_> {
        sql!("select 1 as one")
    }
});

fn main() {}
