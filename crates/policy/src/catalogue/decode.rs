//! Unpacking the embedded file. `xtask/src/iam_data/encode.rs` writes it and documents its format.

use std::sync::{Arc, OnceLock};

use super::Catalogue;
use super::entries::{AccessLevel, Form, KeyType, KnownAction, KnownKey, ResourceType, ResourceUse, Service};

static PACKED: &[u8] = include_bytes!("iam-data.deflate");

/// The text of the file and, side by side, all full names of actions as written and in lower case: everything else
/// points into these.
struct Source {
    text: String,
    names: String,
    lower_names: String,
}

/// Why the file cannot be read: the line that was not understood, or that it cannot be unpacked at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot understand `{0}`")]
pub(super) struct Malformed(String);

pub(super) fn embedded() -> Result<Catalogue, Malformed> {
    static SOURCE: OnceLock<Source> = OnceLock::new();
    let source = Source::unpack(PACKED)?;
    read(SOURCE.get_or_init(|| source))
}

impl Source {
    fn unpack(packed: &[u8]) -> Result<Source, Malformed> {
        let bytes = miniz_oxide::inflate::decompress_to_vec(packed).map_err(|error| Malformed(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| Malformed(error.to_string()))?;
        let mut names = String::new();
        let mut prefix = "";
        for line in text.lines() {
            if let Some(service) = line.strip_prefix('S') {
                prefix = first_field(service);
            } else if let Some(action) = line.strip_prefix('A') {
                names.extend([prefix, ":", first_field(action), "\n"]);
            }
        }
        let lower_names = names.to_ascii_lowercase();
        Ok(Source { text, names, lower_names })
    }
}

/// A service whose lines are being read.
struct OpenService {
    prefix: &'static str,
    name: &'static str,
    supports_rcp: bool,
    resource_types: Vec<Arc<ResourceType>>,
    forms: Vec<Arc<Form>>,
    /// Name, name in lower case, form.
    actions: Vec<(&'static str, &'static str, Arc<Form>)>,
}

fn read(source: &'static Source) -> Result<Catalogue, Malformed> {
    let mut lines = source.text.lines();
    let head = lines.next().unwrap_or_default();
    let (version, date) = read_head(head).ok_or_else(|| Malformed(head.to_owned()))?;
    let mut names = source.names.lines().zip(source.lower_names.lines());
    let (mut keys, mut services, mut actions) = (Vec::new(), Vec::new(), Vec::new());
    let mut open: Option<OpenService> = None;
    for line in lines {
        let understood = match line.as_bytes().first() {
            Some(b'K') => read_key(line).map(|key| keys.push(Arc::new(key))),
            Some(b'S') => {
                close(open.take(), &mut services, &mut actions);
                open = read_service(line);
                open.is_some().then_some(())
            }
            _ => open.as_mut().and_then(|service| read_member(line, service, &keys, &mut names)),
        };
        understood.ok_or_else(|| Malformed(line.to_owned()))?;
    }
    close(open, &mut services, &mut actions);
    let templates = keys.iter().enumerate().filter(|(_, key)| key.template.is_some()).map(|(at, _)| at);
    let templates = templates.collect();
    Ok(Catalogue { version, date, services: services.into(), actions: actions.into(), keys: keys.into(), templates })
}

fn read_head(line: &'static str) -> Option<(&'static str, &'static str)> {
    line.strip_prefix("daypass iam-data 1\t")?.split_once('\t')
}

fn read_key(line: &'static str) -> Option<KnownKey> {
    let [name, kind, mark] = fields(line.strip_prefix('K')?);
    let key_type = match kind {
        "s" | "S" => KeyType::String,
        "a" | "A" => KeyType::Arn,
        "b" | "B" => KeyType::Bool,
        "n" => KeyType::Numeric,
        "d" => KeyType::Date,
        "i" => KeyType::IpAddress,
        _ => return None,
    };
    Some(KnownKey::new(name, key_type, kind.bytes().all(|byte| byte.is_ascii_uppercase()), mark == "*"))
}

fn read_service(line: &'static str) -> Option<OpenService> {
    let [prefix, name, mark] = fields(line.strip_prefix('S')?);
    Some(OpenService {
        prefix,
        name,
        supports_rcp: mark == "r",
        resource_types: Vec::new(),
        forms: Vec::new(),
        actions: Vec::new(),
    })
}

fn read_member(
    line: &'static str,
    service: &mut OpenService,
    keys: &[Arc<KnownKey>],
    names: &mut impl Iterator<Item = (&'static str, &'static str)>,
) -> Option<()> {
    let (kind, rest) = line.split_at_checked(1)?;
    let [first, second, third] = fields(rest);
    match kind {
        "R" => {
            let arns = second.split(", ").collect();
            let keys = key_list(third, keys)?;
            service.resource_types.push(Arc::new(ResourceType { name: first, arns, keys }));
        }
        "F" => {
            let access_level = access_level(first)?;
            let uses = second.split(';').filter(|used| !used.is_empty());
            let resource_types = uses.map(|used| read_use(used, service, keys)).collect::<Option<_>>()?;
            service.forms.push(Arc::new(Form { access_level, resource_types, keys: key_list(third, keys)? }));
        }
        "A" => {
            let form = service.forms.get(second.parse::<usize>().ok()?)?;
            let (name, lower) = names.next()?;
            service.actions.push((name, lower, Arc::clone(form)));
        }
        _ => return None,
    }
    Some(())
}

fn read_use(text: &str, service: &OpenService, keys: &[Arc<KnownKey>]) -> Option<ResourceUse> {
    let (number, own_keys) = text.split_once(':').unwrap_or((text, ""));
    let (number, is_required) = number.strip_suffix('!').map_or((number, false), |number| (number, true));
    let resource_type = service.resource_types.get(number.parse::<usize>().ok()?)?;
    Some(ResourceUse { resource_type: Arc::clone(resource_type), is_required, keys: key_list(own_keys, keys)? })
}

fn close(open: Option<OpenService>, services: &mut Vec<Arc<Service>>, actions: &mut Vec<KnownAction>) {
    let Some(open) = open else { return };
    let from = actions.len();
    let service = Arc::new(Service {
        prefix: open.prefix,
        name: open.name,
        supports_rcp: open.supports_rcp,
        resource_types: open.resource_types.into(),
        actions: from..from + open.actions.len(),
    });
    let known = open.actions.into_iter().enumerate();
    actions.extend(known.map(|(at, (name, lower, form))| {
        let service = Arc::clone(&service);
        KnownAction { index: from + at, name, lower, service, form }
    }));
    services.push(service);
}

fn access_level(letter: &str) -> Option<AccessLevel> {
    Some(match letter {
        "l" => AccessLevel::List,
        "r" => AccessLevel::Read,
        "t" => AccessLevel::Tagging,
        "w" => AccessLevel::Write,
        "p" => AccessLevel::PermissionsManagement,
        _ => return None,
    })
}

fn key_list(numbers: &str, keys: &[Arc<KnownKey>]) -> Option<Box<[Arc<KnownKey>]>> {
    let numbers = numbers.split(',').filter(|number| !number.is_empty());
    numbers.map(|number| keys.get(number.parse::<usize>().ok()?).cloned()).collect()
}

/// Three fields; those that are left out at the end are empty.
fn fields(text: &str) -> [&str; 3] {
    let mut fields = text.split('\t');
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}

fn first_field(text: &str) -> &str {
    text.split('\t').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Source, read};

    #[test]
    fn a_damaged_file_is_an_error() {
        assert!(Source::unpack(b"no deflate at all").is_err());
        for text in [
            "",
            "daypass iam-data 2\t1\t2026-01-01\n",
            "daypass iam-data 1\t1\t2026-01-01\nKs3:prefix\tx\n",
            "daypass iam-data 1\t1\t2026-01-01\nSs3\tAmazon S3\nFq\n",
            "daypass iam-data 1\t1\t2026-01-01\nSs3\tAmazon S3\nFr\t\t7\n",
            "daypass iam-data 1\t1\t2026-01-01\nSs3\tAmazon S3\nFr\t0!\n",
            "daypass iam-data 1\t1\t2026-01-01\nSs3\tAmazon S3\nAGetObject\t0\n",
            "daypass iam-data 1\t1\t2026-01-01\nAGetObject\t0\n",
        ] {
            let packed = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 1);
            let source = Box::leak(Box::new(Source::unpack(&packed).unwrap()));
            assert!(read(source).is_err(), "{text:?}");
        }
    }
}
