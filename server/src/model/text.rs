//! When are two texts the same? Unicode's forms, in one place.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};

const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfc();
const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfkc();

/// Normal form C: what one keyboard composes and another does not becomes one text.
#[must_use]
pub fn nfc(text: &str) -> String {
    NFC.normalize(text).into_owned()
}

/// Compared without case, width and composition: NFKC, case folded, and NFKC once more, since folding can undo it.
#[must_use]
pub fn folded(text: &str) -> String {
    NFKC.normalize(&CaseMapper::new().fold_string(&NFKC.normalize(text))).into_owned()
}

/// Characters without width, that turn the direction of writing or break the line: two texts that differ by them look alike.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
