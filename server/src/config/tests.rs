use std::collections::BTreeSet;

use super::*;

fn args(text: &str) -> (tempfile::TempDir, ConfigArgs) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kumoichi.toml");
    std::fs::write(&file, text).unwrap();
    (folder, ConfigArgs { config: Some(file), ..ConfigArgs::default() })
}

fn nothing(_: &str) -> Option<String> {
    None
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let (_folder, mut args) = args("workers = 1\nlisten = '127.0.0.1:1000'\nlog = 'warn'\n");
    let environment = |name: &str| match name {
        "KUMOICHI_WORKERS" => Some("2".to_owned()),
        "KUMOICHI_LISTEN" => Some("127.0.0.1:2000".to_owned()),
        _ => None,
    };
    assert_eq!(args.resolve_with(&nothing).unwrap().workers, 1);
    let settings = args.resolve_with(&environment).unwrap();
    assert_eq!((settings.workers, settings.listen.port()), (2, 2000));
    args.layer.workers = Some(3);
    let settings = args.resolve_with(&environment).unwrap();
    assert_eq!((settings.workers, settings.listen.port()), (3, 2000));
    assert_eq!(settings.log.as_deref(), Some("warn"));
}

#[test]
fn the_port_of_the_environment_changes_the_port_and_a_flag_wins_over_it() {
    let (_folder, mut args) = args("listen = '127.0.0.9:1000'\n");
    let environment = |name: &str| (name == "PORT").then(|| "4000".to_owned());
    assert_eq!(args.resolve_with(&environment).unwrap().listen.to_string(), "127.0.0.9:4000");
    args.layer.listen = Some("127.0.0.2:5000".parse().unwrap());
    assert_eq!(args.resolve_with(&environment).unwrap().listen.to_string(), "127.0.0.2:5000");
    args.port = Some(6000);
    assert_eq!(args.resolve_with(&environment).unwrap().listen.to_string(), "127.0.0.2:6000");
}

#[test]
fn an_unknown_key_is_refused_with_its_name_and_line() {
    let (_folder, args) = args("workers = 1\nwokers = 2\n");
    let error = format!("{:#}", args.resolve_with(&nothing).unwrap_err());
    assert!(error.contains("wokers") && error.contains("line 2"), "{error}");
}

#[test]
fn a_value_of_the_wrong_kind_is_told_in_plain_words_with_line_key_and_what_is_allowed() {
    for (text, said) in [
        ("workers = 'x'", "line 1: workers: found \"x\"; allowed: a whole number, 0 or more"),
        ("workers = -1", "line 1: workers: found -1; allowed: a whole number, 0 or more"),
        (
            "log = 'info'\nlease_seconds = 1.5",
            "line 2: lease_seconds: found 1.5; allowed: a whole number from 0 to 4294967295",
        ),
        (
            "clouds_port = 70000",
            "line 1: clouds_port: found 70000; allowed: a whole number from 0 to 65535",
        ),
        ("secure_cookies = 'yes'", "line 1: secure_cookies: found \"yes\"; allowed: true or false"),
        ("data = 7", "line 1: data: found 7; allowed: text"),
        ("allowed_networks = 'ten'", "line 1: allowed_networks: found \"ten\"; allowed: a list"),
        ("allowed_networks = [10]", "line 1: allowed_networks[0]: found 10; allowed: text"),
        (
            "listen = 'here'",
            "line 1: listen: found 'here'; allowed: an address and a port, such as 127.0.0.1:7600",
        ),
        ("log_format = 'xml'", "line 1: log_format: found xml; allowed: plain, json"),
        ("log_format = 7", "allowed: plain, json"),
        (
            "wokers = 2",
            "line 1: there is no field wokers here; did you mean workers?; allowed: data,",
        ),
    ] {
        let (_folder, args) = args(text);
        let error = format!("{:#}", args.resolve_with(&nothing).unwrap_err());
        assert!(error.contains(said), "{text}: {error}");
        for word in ["usize", "u32", "u16", "invalid type", "struct", "sequence", "variant"] {
            assert!(!error.contains(word), "{text}: {error}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_name() {
    for (name, value) in [
        ("PORT", "70000"),
        ("KUMOICHI_WORKERS", "many"),
        ("KUMOICHI_SECURE_COOKIES", "maybe"),
        ("KUMOICHI_LOG_FORMAT", "xml"),
    ] {
        let (_folder, args) = args("");
        let environment = |asked: &str| (asked == name).then(|| value.to_owned());
        let error = format!("{:#}", args.resolve_with(&environment).unwrap_err());
        assert!(error.contains(name) && error.contains(value), "{error}");
        assert!(!error.contains("digit found"), "{error}");
    }
    for text in ["language = 'fr'", "allowed_networks = ['ten']", "public_origin = 'https://a/b'"] {
        let (_folder, args) = args(text);
        assert!(args.resolve_with(&nothing).is_err(), "{text}");
    }
}

#[test]
fn cookies_are_secure_when_the_public_origin_is() {
    let (_folder, args) = args("public_origin = 'https://market.example'\n");
    let settings = args.resolve_with(&nothing).unwrap();
    assert!(settings.secure_cookies);
    assert_eq!(settings.public_origin.as_deref(), Some("https://market.example"));
}

#[test]
fn the_example_file_explains_every_key_and_can_be_used() {
    let text = include_str!("../../../kumoichi.example.toml");
    // Every key stands there as a comment with its default: `# key = value`.
    let keys: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# ")?.split_once(" = "))
        .map(|(key, _)| key)
        .filter(|key| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
        .collect();
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if keys.iter().any(|key| rest.starts_with(&format!("{key} = "))) => rest,
            _ => line,
        })
        .fold(String::new(), |whole, line| whole + line + "\n");
    let parsed: toml::Table = toml::from_str(&uncommented).unwrap();
    let _: Layer = toml::from_str(&uncommented).unwrap();
    let refused = toml::from_str::<Layer>("no_such_key = 1").unwrap_err().to_string();
    let known: BTreeSet<&str> = refused
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|key| *key != "no_such_key" && !key.contains(' '))
        .collect();
    let explained: BTreeSet<&str> = parsed.keys().map(String::as_str).collect();
    assert_eq!(explained, known);
}
