//! Tiers: how much a session may do, for how long, and who is told. A tier is a folder of three files, embedded in the
//! binary and replaceable by a directory.

use std::collections::{BTreeMap, BTreeSet};

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::alert::Occasion;
use crate::audit::Digest256;
use crate::ids::{InvalidId, TierName};
use crate::request::PassDuration;
use crate::template::{Template, TemplateError};

static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../policy_templates");

/// The files that make a tier, by the names they have in its folder.
pub const TIER_FILES: [&str; 3] = ["tier.toml", "permissions.json", "boundary.json"];

/// All tiers of this installation.
#[derive(Clone, Debug, Default)]
pub struct Tiers(BTreeMap<TierName, Tier>);

/// One tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Its name.
    pub name: TierName,
    /// Its limits.
    pub limits: Limits,
    /// What a session's role may do: one inline policy.
    pub permissions: Template,
    /// What no session's role may ever do, whatever its policies say: a managed policy of the account.
    pub boundary: Template,
    /// The hash over the three files; kept with every session made from them.
    pub hash: Digest256,
    /// Where the files were and which versions of them these are, if they came from where files have versions. For the
    /// trail: what counts is the hash.
    pub stored_as: Option<String>,
}

/// `tier.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "LimitsFile")]
pub struct Limits {
    /// One line for people who choose.
    pub description: String,
    /// The longest a session may live, extensions included.
    pub max: PassDuration,
    /// How long a session lives when nobody says.
    pub default: PassDuration,
    /// Whether a request must name an incident.
    pub incident_required: bool,
    /// The occasions that alert people.
    pub alerts: BTreeSet<Occasion>,
    /// How old the proof of the second factor may be, in minutes.
    pub mfa_max_age_minutes: u32,
    /// Whether roles may be made and changed as long as they carry the tier's own boundary; otherwise nothing in IAM may
    /// be changed at all. See [`crate::guard`].
    pub bounded_roles: bool,
    /// Whether somebody else has to say what came of a session once it has ended. Until then the rules see it as an open
    /// review of its holder.
    pub review_required: bool,
}

/// Why the tiers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TierError {
    /// A folder's name is not a tier name.
    #[error("`{folder}` is not a tier name")]
    Name {
        /// The folder.
        folder: String,
        /// What a name must look like.
        #[source]
        source: InvalidId,
    },
    /// A file is missing.
    #[error("tier `{tier}` has no `{file}`")]
    Missing {
        /// Which tier.
        tier: String,
        /// Which file.
        file: &'static str,
    },
    /// A file that no program reads, probably misspelt.
    #[error("`{path}` is not a file of a tier; expected are {}", TIER_FILES.join(", "))]
    Unexpected {
        /// Which file.
        path: String,
    },
    /// `tier.toml` is wrong.
    #[error("`{tier}/tier.toml` is wrong: {message}")]
    Limits {
        /// Which tier.
        tier: String,
        /// What is wrong, with its place.
        message: String,
    },
    /// A policy template is wrong.
    #[error("`{tier}/{file}` is wrong")]
    Template {
        /// Which tier.
        tier: String,
        /// Which file.
        file: &'static str,
        /// What is wrong.
        #[source]
        source: TemplateError,
    },
    /// There is no tier at all.
    #[error("there is no tier")]
    Empty,
}

impl Tiers {
    /// The tiers that ship with Daypass.
    ///
    /// # Errors
    /// When a shipped file is broken; a test keeps it from happening.
    pub fn shipped() -> Result<Self, TierError> {
        let files = SHIPPED.dirs().flat_map(Dir::files);
        Self::from_files(files.filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?))))
    }

    /// The tiers made of these files, given as (`tier/file`, content).
    ///
    /// # Errors
    /// See [`TierError`]; the first thing that is wrong.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, TierError> {
        let mut folders: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for (path, content) in files {
            match path.split_once('/') {
                Some((folder, file)) if TIER_FILES.contains(&file) => {
                    folders.entry(folder).or_default().insert(file, content);
                }
                _ => return Err(TierError::Unexpected { path: path.to_owned() }),
            }
        }
        let tiers = folders.into_iter().map(|(folder, files)| load_tier(folder, &files));
        let tiers: BTreeMap<_, _> =
            tiers.map(|tier| tier.map(|tier| (tier.name.clone(), tier))).collect::<Result<_, _>>()?;
        if tiers.is_empty() { Err(TierError::Empty) } else { Ok(Self(tiers)) }
    }

    /// The same tiers, each with a note of where its files were and which versions (`tier/file`, version) they had.
    #[must_use]
    pub fn stored_as<'a>(mut self, place: &str, versions: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut notes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (path, version) in versions {
            if let Some((folder, file)) = path.split_once('/') {
                notes.entry(folder).or_default().push(format!("{file}@{version}"));
            }
        }
        for (name, tier) in &mut self.0 {
            let files = notes.get(name.as_str()).map(|files| files.join(" "));
            tier.stored_as = files.map(|files| format!("{place}{name}/ {files}"));
        }
        self
    }

    /// The tier of this name.
    #[must_use]
    pub fn get(&self, name: &TierName) -> Option<&Tier> {
        self.0.get(name)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All tiers, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Tier> {
        self.0.values()
    }
}

/// `tier.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsFile {
    description: String,
    max_hours: i64,
    default_hours: i64,
    incident_required: bool,
    alerts: BTreeSet<Occasion>,
    mfa_max_age_minutes: u32,
    #[serde(default)]
    bounded_roles: bool,
    #[serde(default)]
    review_required: bool,
}

impl TryFrom<LimitsFile> for Limits {
    type Error = String;

    fn try_from(file: LimitsFile) -> Result<Self, String> {
        let hours = |field: &str, hours| PassDuration::from_hours(hours).map_err(|error| format!("{field}: {error}"));
        let (max, default) = (hours("max_hours", file.max_hours)?, hours("default_hours", file.default_hours)?);
        if default > max {
            return Err("default_hours is more than max_hours".to_owned());
        }
        Ok(Self {
            description: file.description,
            max,
            default,
            incident_required: file.incident_required,
            alerts: file.alerts,
            mfa_max_age_minutes: file.mfa_max_age_minutes,
            bounded_roles: file.bounded_roles,
            review_required: file.review_required,
        })
    }
}

fn load_tier(folder: &str, files: &BTreeMap<&str, &str>) -> Result<Tier, TierError> {
    let name = folder.parse::<TierName>().map_err(|source| TierError::Name { folder: folder.to_owned(), source })?;
    let tier = || folder.to_owned();
    let file = |file| files.get(file).copied().ok_or_else(|| TierError::Missing { tier: tier(), file });
    let (limits, permissions, boundary) = (file("tier.toml")?, file("permissions.json")?, file("boundary.json")?);
    let template = |file, loaded: Result<Template, TemplateError>| {
        loaded.map_err(|source| TierError::Template { tier: tier(), file, source })
    };
    Ok(Tier {
        name,
        limits: toml::from_str(limits)
            .map_err(|error| TierError::Limits { tier: tier(), message: error.to_string() })?,
        hash: Digest256::of([limits, permissions, boundary].join("\0").as_bytes()),
        permissions: template("permissions.json", Template::per_session(permissions))?,
        boundary: template("boundary.json", Template::shared(boundary))?,
        stored_as: None,
    })
}
