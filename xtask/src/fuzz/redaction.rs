//! Texts with secrets in them, and what is then taken out of any text.

use crate::compose::redact::Secrets;

pub const TEXTS: &[&str] = &[
    "TOKEN=abc def-1\nA='b\nc'\nURL=redis://:geheim@cache/0\n",
    "services:\n  a:\n    environment: { B_KEY: geheim-2 }\n    build:\n      args:\n      - C_TOKEN=geheim-3\n",
    "FROM a\nARG D_TOKEN=geheim-4 E=f\nENV F_KEY 'geheim 5' \\\n  x\nENV G=\"h\" I_KEY=geheim\\ 6\n",
    "FROM a\nENV \"é\" x\nENV \\é x\nRUN <<EOF\nenv \"ü\" cmd\nEOF\n",
    "a: { b: \"c ${J_KEY:-geheim-${K}7}\" }\nsecrets: { s: { environment: L } }\n",
    "FROM a\nENV M_KEY=$N-geheim-8 O=${P_KEY:-{geheim-9}\n",
    "-----BEGIN KEY-----\nMIIabc/def\n-----END KEY-----\n",
];

pub fn read(text: &str) -> bool {
    let secrets = Secrets::of_text(text);
    let reversed: String = text.chars().rev().collect();
    let _ = secrets.redact(&reversed);
    secrets.redact(text) != text
}
