use super::*;
use crate::bench::changes::Change;
use crate::bench::figures::Measure;
use crate::installers::said::Said;
use crate::installers::table::by_name;

/// The number before a unit, as in `packages 34.9 s`.
fn number(text: &str, before: &str, after: &str) -> Option<f64> {
    let (left, _) = text.split_once(after)?;
    left.rsplit(before).next()?.trim().parse().ok()
}

/// The build of a line of the picture. Its bar is not read: it has to come out the same.
fn measure(line: &str) -> Measure {
    let seconds = number(&line[COLUMNS[0].len() + 2..], "  ", " s").expect("seconds");
    let details = line.rsplit("  ").next().unwrap_or(line).trim_start_matches(['█', ' ']);
    let packages = number(details, "packages ", " s,");
    let bytes = number(details, ", ", " MB fetched").map_or(0, |bytes| (bytes * 1e6) as u64);
    let said = Said { fetched: Some(bytes.min(1)), fetched_bytes: Some(bytes), at_least: bytes, cached: None };
    let steps = |after| number(details, ", ", after).expect("steps") as usize;
    let (ran, cached) = (steps(" run"), steps(" cached"));
    Measure { seconds, packages: packages.unwrap_or_default(), installed: packages.is_some(), said, ran, cached }
}

/// Ratios are of figures that were not rounded.
fn without_ratios(text: &str) -> String {
    let line = |line: &str| match line.contains(" × as fast") {
        true => line.replace(|c: char| c.is_ascii_digit(), "N"),
        false => line.to_owned(),
    };
    text.lines().map(|text| line(text.trim_end()) + "\n").collect()
}

/// Its figures are read, and come out of the report in the same words. `.ci/pictures bench` makes it. Where the package was
/// copied into another repository, the picture is not there.
#[test]
#[allow(clippy::disallowed_methods)] // a test reads its own file
fn the_picture_of_bench_says_what_bench_says() {
    let svg = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/pictures/bench.svg"));
    let Ok(svg) = svg else { return };
    let text = |line: &str| {
        let parts = line.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        parts.collect::<String>()
    };
    let picture: Vec<String> = svg.lines().filter(|line| line.starts_with("<text ")).skip(2).map(text).collect();
    let rows: Vec<Line> = Case::ALL
        .into_iter()
        .map(|case| {
            let at =
                picture.iter().position(|line| line == case.name() || line.starts_with(&format!("{}: ", case.name())));
            let at = at.unwrap_or_else(|| panic!("no row of {case:?}"));
            let change = picture[at].split_once(": ").map(|(_, what)| Change {
                path: String::new(),
                text: String::new(),
                what: what.to_owned(),
            });
            let cells = [1, 2].map(|below| Cell(vec![measure(&picture[at + below])]));
            Line { case, change, cells }
        })
        .collect();
    let mut made = screen(&Styles::default(), &picture[0], &rows);
    for sentence in sentences(&rows, by_name("pip"), "xtask") {
        made.push_str(&format!("\n{sentence}\n"));
    }
    assert_eq!(without_ratios(&(picture.join("\n") + "\n")), without_ratios(&made));
}
