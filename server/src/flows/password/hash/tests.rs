//! Does every hash that others made verify, and is every other text refused?

use super::*;

/// What Django 5.2, passlib 1.7, bcrypt 5.0 and argon2-cffi 25.1 made of [`PASSWORD`] at next to no cost; PHP's `$2y$` is their `$2b$`.
const SAMPLES: [&str; 11] = [
    "pbkdf2_sha256$1000$saltOfDjango22$IOk70Qdr1eL84NDE20GGuS/DYJQKjKQ2anWplyQQHn8=",
    "scrypt$16$saltOfDjango22$8$5$KyiPCLFLypjIG+ubKqH6MWFuq3+oDZrnwqyF7L6S7n9tuxURwESAndZIEQB4TIhueczc0a805ezEPZrP/ablVA==",
    "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuysyESTA6LglCDyXfoAK0sMn7teQq06G",
    "$2a$04$abcdefghijklmnopqrstuuqVfy9ZyJ3VTJeYp32YFw5q9lcNLHqX2",
    "$2b$04$abcdefghijklmnopqrstuuqVfy9ZyJ3VTJeYp32YFw5q9lcNLHqX2",
    "$2y$04$abcdefghijklmnopqrstuuqVfy9ZyJ3VTJeYp32YFw5q9lcNLHqX2",
    "$pbkdf2-sha256$1000$....IHNhbHQgb2YgMTYgYg$AJ31Nyh8lOg11OH9zJIxcWeqq9kMWvGe0ZgfSK4tO1g",
    "$pbkdf2-sha256$i=1000,l=32$++++IHNhbHQgb2YgMTYgYg$AJ31Nyh8lOg11OH9zJIxcWeqq9kMWvGe0ZgfSK4tO1g",
    "$scrypt$ln=4,r=8,p=1$++++IHNhbHQgb2YgMTYgYg$EFp1vPcTy/piNw5Em1rl/uy6GHHnhn3/lT/zcJnr1VI",
    "$argon2id$v=19$m=64,t=1,p=2$++++IHNhbHQgb2YgMTYgYg$2YHZeCPi0wCz1gSgp1Yn+Fli+U7nGgVTUgRrShqvbvg",
    "$argon2id$v=19$m=64,t=1,p=2$++++IHNhbHQgb2YgMTYgYg$fbfu22ZO2qT37n2QbOMWgw",
];
const PASSWORD: &str = "a few words of Zoë";

fn is_of(hash: &str, password: &str) -> bool {
    let hash = PasswordHash::parse(hash).unwrap_or_else(|fault| panic!("{fault}: {hash}"));
    hash.is_of(&mut Vec::new(), &Password::typed(password).unwrap())
}

fn fault(hash: &str) -> Option<HashFault> {
    PasswordHash::parse(hash).err()
}

#[test]
fn every_kind_knows_its_password_and_no_other() {
    for sample in SAMPLES {
        assert!(is_of(sample, PASSWORD), "{sample}");
        for other in
            ["", "a few words of Zoe", "A few words of Zoë", "a few words of Zoë ", "\0", "a few words of Zoë\0"]
        {
            assert!(!is_of(sample, other), "{other:?}: {sample}");
        }
    }
}

#[test]
fn parameters_stand_in_any_order_and_those_that_may_be_missing_are() {
    for hash in [
        "$pbkdf2-sha256$i=1000$++++IHNhbHQgb2YgMTYgYg$AJ31Nyh8lOg11OH9zJIxcWeqq9kMWvGe0ZgfSK4tO1g",
        "$pbkdf2-sha256$l=64,i=1000$++++IHNhbHQgb2YgMTYgYg$AJ31Nyh8lOg11OH9zJIxcWeqq9kMWvGe0ZgfSK4tO1icG6iK+6JdKn1one1mY47JfCMOcc3c63Ywk7yLCRKnXA",
        "$scrypt$r=8,p=1,ln=4$++++IHNhbHQgb2YgMTYgYg$EFp1vPcTy/piNw5Em1rl/uy6GHHnhn3/lT/zcJnr1VI",
        "$argon2id$v=19$p=2,m=64,t=1$++++IHNhbHQgb2YgMTYgYg$fbfu22ZO2qT37n2QbOMWgw",
    ] {
        assert!(is_of(hash, PASSWORD), "{hash}");
    }
}

#[test]
fn bcrypt_counts_72_bytes_of_a_password() {
    let hash = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
    for (length, right) in [(71, false), (72, true), (73, true), (256, true)] {
        assert_eq!(is_of(hash, &"x".repeat(length)), right, "{length}");
    }
}

#[test]
fn bcrypt_looks_past_the_last_bits_of_a_salt() {
    assert!(is_of("$2b$04$abcdefghijklmnopqrstuvqVfy9ZyJ3VTJeYp32YFw5q9lcNLHqX2", PASSWORD));
}

#[test]
fn what_was_hashed_as_it_was_typed_is_known_too() {
    let decomposed = "Zoe\u{308} of old";
    let hash = "pbkdf2_sha256$1000$saltOfDjango22$a3Fgg7dFORX5gAY66/GXgEnUwCOrNHZq8TTML2Zar/I=";
    assert!(is_of(hash, decomposed) && !is_of(hash, "Zo\u{eb} of old"));
    assert!(is_of(SAMPLES[0], "a few words of Zoe\u{308}"));
}

#[test]
fn what_others_have_by_default_is_affordable() {
    let (django, phc) = (SAMPLES[0].split_at(18).1, SAMPLES[8].split_at(20).1);
    let bcrypt = SAMPLES[4].split_at(6).1;
    for hash in [
        format!("pbkdf2_sha256$1500000{django}"),
        format!("scrypt$16384$saltOfDjango22$8$5${}", SAMPLES[1].split_at(29).1),
        format!("bcrypt_sha256$$2b$12{bcrypt}"),
        format!("$2y$14{bcrypt}"),
        format!("$scrypt$ln=17,r=8,p=1{phc}"),
        format!("$scrypt$ln=13,r=8,p=10{phc}"),
        format!("$argon2id$v=19$m=65536,t=3,p=4{phc}"),
        // RFC 9106 §4, the first choice.
        format!("$argon2id$v=19$m=2097152,t=1,p=4{phc}"),
    ] {
        assert_eq!(fault(&hash), None, "{hash}");
    }
}

#[test]
fn a_cost_at_its_limit_is_taken_and_one_beyond_is_not() {
    let (django, phc) = (SAMPLES[0].split_at(18).1, SAMPLES[8].split_at(20).1);
    let bcrypt = SAMPLES[4].split_at(6).1;
    for (taken, refused) in [
        (format!("$2b$15{bcrypt}"), format!("$2b$16{bcrypt}")),
        (format!("bcrypt_sha256$$2b$15{bcrypt}"), format!("bcrypt_sha256$$2b$31{bcrypt}")),
        (format!("pbkdf2_sha256$10000000{django}"), format!("pbkdf2_sha256$10000001{django}")),
        (format!("$pbkdf2-sha256$10000000{phc}"), format!("$pbkdf2-sha256$i=4294967296,l=32{phc}")),
        (format!("$scrypt$ln=19,r=8,p=1{phc}"), format!("$scrypt$ln=20,r=8,p=1{phc}")),
        (format!("$scrypt$ln=17,r=8,p=4{phc}"), format!("$scrypt$ln=17,r=8,p=5{phc}")),
        (format!("$scrypt$ln=1,r=1,p=1{phc}"), format!("$scrypt$ln=64,r=1,p=1{phc}")),
        (format!("$argon2id$v=19$m=4194304,t=1,p=1{phc}"), format!("$argon2id$v=19$m=4194304,t=2,p=1{phc}")),
        (format!("$argon2id$v=19$m=8,t=1,p=1{phc}"), format!("$argon2id$v=19$m=8,t=99999999999999999999,p=1{phc}")),
    ] {
        assert_eq!((fault(&taken), fault(&refused)), (None, Some(HashFault::TooCostly)), "{taken} {refused}");
    }
    let (n, rest) = ("scrypt$1048576", SAMPLES[1].split_at(9).1);
    assert_eq!(fault(&format!("{n}{rest}")), Some(HashFault::TooCostly));
}

#[test]
fn a_hash_that_lost_its_end_or_got_another_is_refused() {
    for sample in SAMPLES {
        for cut in 1..=7 {
            let rest = &sample[..sample.len() - cut];
            assert_eq!(fault(rest), Some(HashFault::Unknown), "{rest}");
        }
        for end in ["x", "=", "$", "$x", " ", "\n", "\0", "ë", &"x".repeat(10_000_000)] {
            assert_eq!(fault(&format!("{sample}{end}")), Some(HashFault::Unknown), "{} more: {sample}", end.len());
            assert_eq!(fault(&format!("{end}{sample}")), Some(HashFault::Unknown), "{} before: {sample}", end.len());
        }
        assert_eq!(
            fault(&format!("{}!{}", &sample[..sample.len() - 8], &sample[sample.len() - 7..])),
            Some(HashFault::Unknown),
            "{sample}"
        );
        assert_eq!(fault(&sample.replace('$', "$$")), Some(HashFault::Unknown), "{sample}");
    }
}

#[test]
fn a_hash_of_another_kind_or_of_impossible_costs_is_refused() {
    let phc = SAMPLES[8].split_at(20).1;
    let bcrypt = SAMPLES[4].split_at(6).1;
    let impossible = [
        format!("$2b$03{bcrypt}"),
        format!("$2b$4{bcrypt}"),
        format!("$2b$+4{bcrypt}"),
        format!("$2x$04{bcrypt}"),
        format!("$2${}", bcrypt.trim_start_matches('$')),
        format!("$pbkdf2-sha256$0{phc}"),
        format!("$pbkdf2-sha256$+1000{phc}"),
        format!("$pbkdf2-sha256$i=-1{phc}"),
        format!("$pbkdf2-sha256$l=32{phc}"),
        format!("$pbkdf2-sha256$i=1000,l=16{phc}"),
        format!("$pbkdf2-sha256$i=1000,i=1000{phc}"),
        format!("$pbkdf2-sha256$i=1000,{phc}"),
        format!("$pbkdf2-sha256${phc}"),
        format!("$pbkdf2-sha512$1000{phc}"),
        format!("$scrypt$ln=0,r=8,p=1{phc}"),
        format!("$scrypt$ln=4,r=0,p=1{phc}"),
        format!("$scrypt$ln=4,r=8,p=0{phc}"),
        format!("$scrypt$ln=4,r=8{phc}"),
        format!("$argon2id$v=19$m=7,t=1,p=1{phc}"),
        format!("$argon2id$v=19$m=8,t=0,p=1{phc}"),
        format!("$argon2id$v=19$m=8,t=1,p=0{phc}"),
        format!("$argon2id$v=19$m=8,t=1,p=1,data=AAAA{phc}"),
        format!("$argon2id$v=16$m=8,t=1,p=1{phc}"),
        format!("$argon2id$m=8,t=1,p=1{phc}"),
        format!("$argon2i$v=19$m=8,t=1,p=1{phc}"),
        format!("$argon2d$v=19$m=8,t=1,p=1{phc}"),
    ];
    let others = [
        "",
        "$",
        "password",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "md5$salt$67a1e09bb1f83f5007dc119c14d663aa",
        "sha1$salt$59b3e8d637cf97edbe2384cf59cb7453dfe30789",
        "pbkdf2_sha1$1000$salt$6NaXi0P5MBPQjxYhPMMxMlgNYt8=",
        "pbkdf2_sha256$1000$$IOk70Qdr1eL84NDE20GGuS/DYJQKjKQ2anWplyQQHn8=",
        "scrypt$15$salt$8$5$KyiPCLFLypjIG+ubKqH6MWFuq3+oDZrnwqyF7L6S7n9tuxURwESAndZIEQB4TIhueczc0a805ezEPZrP/ablVA==",
        "scrypt:32768:8:1$lkGLSe2bYMBpXbgk$6a9fc8fb0c7ec7a5a1b3d0b9f2c3d4e5",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$5$salt$Gcm6FsVtF/Qa77ZKD.iwsJlCVPY0XSMgLJL0Hnww/c1",
        "$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.",
        "$argon2id$v=19$m=64,t=1,p=2$c2FsdA$fbfu22ZO2qT37n2QbOMWgw",
        "!unusable",
    ];
    for hash in impossible.iter().map(String::as_str).chain(others) {
        assert_eq!(fault(hash), Some(HashFault::Unknown), "{hash}");
    }
}
