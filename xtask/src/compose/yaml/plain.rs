//! What a word without quotes means, by go-yaml's rules: `010` is 8, `1_000` is 1000, `yes` is a word.

use serde_json::{Number, Value};

/// The prefix of YAML's own tags.
const OWN: &str = "tag:yaml.org,2002:";

/// A scalar's value. `is_plain`: without quotes.
pub fn resolve(text: String, is_plain: bool, tag: Option<&str>) -> Value {
    let by_tag = tag.and_then(|tag| tag.strip_prefix(OWN)).is_some_and(|own| matches!(own, "int" | "float" | "bool"));
    if tag.and_then(|tag| tag.strip_prefix(OWN)) == Some("null") {
        return Value::Null;
    }
    // With any other tag it is text: `!override 10`.
    let is_word = is_plain && tag.is_none();
    if !by_tag && !is_word {
        return Value::String(text);
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    number(&text).map_or(Value::String(text), Value::Number)
}

fn number(text: &str) -> Option<Number> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let digits = text.replace('_', "");
    let (sign, unsigned) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let small = unsigned.to_ascii_lowercase();
    let (base, rest) = [("0x", 16), ("0b", 2), ("0o", 8)]
        .iter()
        .find_map(|(prefix, base)| Some((*base, small.strip_prefix(prefix)?)))
        .or_else(|| Some((8, small.strip_prefix('0').filter(|rest| !rest.is_empty())?)))
        .unwrap_or((10, small.as_str()));
    if !rest.starts_with(['+', '-']) {
        if let Ok(number) = i64::from_str_radix(&format!("{sign}{rest}"), base) {
            return Some(number.into());
        }
        if let (true, Ok(number)) = (sign.is_empty(), u64::from_str_radix(rest, base)) {
            return Some(number.into());
        }
    }
    if is_decimal(unsigned) { Number::from_f64(digits.parse().ok()?) } else { None }
}

/// `1.`, `.5`, `1.5e+3`; not `1.2.3`, `infinity`.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_is_right = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && all_digits(exponent)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    exponent_is_right && has_digits && all_digits(whole) && all_digits(fraction)
}

/// A scalar as compose writes it into an argument: a float as Go prints it (`1.0` is `1`, `1e21` is `1e+21`).
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => float(number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

fn float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..21).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.abs())
        }
        _ => number.to_string(),
    }
}
