//! Exact decimals from text. No float takes part: `0.1` is one tenth, `1e6` a million.

use rust_decimal::Decimal;

/// Reads `12`, `-0.5`, `.5`, `1e6` or `2.5E-3` without rounding; `None` for anything else and for
/// numbers of more than 28 significant digits. The result is normalised.
#[must_use]
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (body, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !only_digits(whole) || !only_digits(fraction) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let dropped = i64::try_from(digits.len() - significant.len()).ok()?;
    let scale = i64::try_from(fraction.len()).ok()? - exponent - dropped;
    build(significant.trim_start_matches('0'), scale, negative)
}

fn build(significant: &str, scale: i64, negative: bool) -> Option<Decimal> {
    if significant.is_empty() {
        return Some(Decimal::ZERO);
    }
    let zeros = usize::try_from(-scale).unwrap_or(0);
    // 29 digits always fit i128; whether they fit 96 bits is checked below.
    if significant.len() + zeros > 29 {
        return None;
    }
    let mantissa: i128 = format!("{significant}{}", "0".repeat(zeros)).parse().ok()?;
    let scale = u32::try_from(scale.max(0)).ok()?;
    let signed = if negative { -mantissa } else { mantissa };
    Decimal::try_from_i128_with_scale(signed, scale).ok().map(|number| number.normalize())
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Beyond 4 digits no exponent can lead to a number that fits.
    if !plain || digits.trim_start_matches('0').len() > 4 {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_without_rounding() {
        for (text, exact) in [
            ("0.1", "0.1"),
            ("0.99995", "0.99995"),
            ("1e6", "1000000"),
            ("1E+2", "100"),
            ("2.5e-3", "0.0025"),
            ("-0.50", "-0.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("000", "0"),
            ("0e9999", "0"),
            ("79228162514264337593543950335", "79228162514264337593543950335"),
            ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
        ] {
            assert_eq!(
                parse_decimal(text).map(|n| n.to_string()).as_deref(),
                Some(exact),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_exact_number_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "e5",
            "1e",
            "1,000",
            "1_000",
            "0x10",
            "1e99999",
            "1e30",
            "NaN",
            ".inf",
            "１",
            "1 ",
            "--1",
            "79228162514264337593543950336",
            "0.00000000000000000000000000001",
        ] {
            assert_eq!(parse_decimal(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn printed_numbers_read_back(mantissa in any::<i64>(), scale in 0_u32..=28) {
            let number = Decimal::from_i128_with_scale(i128::from(mantissa), scale).normalize();
            prop_assert_eq!(parse_decimal(&number.to_string()), Some(number));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = parse_decimal(&text);
        }
    }
}
